import type { Attachment, Device, VirtualNetwork } from "./devices";

/** SR-IOV functions of which each guest on a network of mode `hostdev` gets one. */
export interface FunctionPool {
  /** PCI addresses. */
  readonly functions: ReadonlySet<string>;
  /** Names of the networks that give functions of the same cards. */
  readonly networks: ReadonlySet<string>;
}

/** Undefined where the network gives no functions, or the host does not tell which. */
export function functionPool(
  network: string,
  networks: readonly VirtualNetwork[],
  devices: readonly Device[],
): FunctionPool | undefined {
  const found = networks.find(({ name }) => name === network);
  const parents = found?.parents ?? [];
  if (found?.forwardMode !== "hostdev" || parents.length === 0) return undefined;
  const cards = parents.map((parent) => devices.find(({ name }) => name === parent)?.functions);
  if (cards.includes(undefined)) return undefined;
  const beside = networks.filter(
    (each) => each.forwardMode === "hostdev" && (each.parents ?? []).some((name) => parents.includes(name)),
  );
  return {
    functions: new Set(cards.flatMap((functions) => functions ?? [])),
    networks: new Set(beside.map(({ name }) => name)),
  };
}

/** How many functions of the pool a VM has: by the networks that its interfaces are on, or as a device of its own. */
export function functionsHeld(
  { functions, networks }: FunctionPool,
  attachments: readonly Pick<Attachment, "network" | "device">[],
  pciDevices: readonly string[] = [],
): number {
  const onNetworks = attachments.filter(({ network }) => network !== undefined && networks.has(network));
  const named = [...pciDevices, ...attachments.flatMap(({ device }) => device ?? [])];
  return onNetworks.length + new Set(named.filter((address) => functions.has(address))).size;
}
