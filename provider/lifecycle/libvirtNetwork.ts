import type { VmSummary } from "../driver/contract";
import { DriverError } from "../driver/errors";
import { objectOf } from "../schema/table/gate";
import { stackOf } from "../schema/table/owner";
import { libvirtNetworkFields, libvirtNetworkRules, type LibvirtNetworkSpec } from "../schema/libvirtNetwork";
import type { KnownNetwork } from "../capacity/network";
import type { NetworkTraits } from "../capacity/wiring";
import { switchTraits } from "../schema/network/switchTraits";
import { hasUnknown } from "../schema/table/unknown";
import type { Observed } from "../driver/contract";
import { isAnothers } from "./kind/anothers";
import type { Handler } from "./kind/handler";
import { admitNetwork, libvirtClaims } from "./network/admission";
import { bridgeNotice } from "./network/notice";
import { ensure } from "./kind/ensure";
import { adoptedFields, fillAdopted } from "./kind/filling";
import { hostIn, lookupId, nameIn, touches } from "./kind/inputs";
import { made, seen } from "./kind/seen";
import { isPlain, type Plain } from "./engine/state";
import { planNetwork } from "./vm/plan/surroundings";
import { planWiring } from "./vm/plan/wiring";

export const libvirtNetwork: Handler<LibvirtNetworkSpec> = {
  kind: "LibvirtNetwork",
  fields: libvirtNetworkFields,
  type: objectOf(libvirtNetworkFields, libvirtNetworkRules),
  fill: fillAdopted,
  refine: adoptedFields,
  says: bridgeNotice,

  // VMs that name no network may be given one that is not there yet.
  async admit(news, olds, context) {
    planNetwork(news, knownAs(news), context);
    await planWiring(news, traitsOf(news), context);
    return admitNetwork(news, olds, libvirtClaims(news), context);
  },

  existing: {
    noun: "network",
    find: (wanted, news, context) => context.observe(hostIn(news), ({ networks }) => networks.find(wanted)),
  },

  // Its bridge may be the host's choice, which holds.
  async foresee(changes, news, olds, context) {
    const name = nameIn(olds);
    if (name === undefined || touches(changes, "bridge", "forward", "name")) return {};
    const observed = await context.observe(hostIn(news), ({ networks }) => networks.find(name));
    return observed === undefined ? {} : computedOf(observed);
  },

  async create(spec, context) {
    const observed = await context.act(spec.host, ({ networks }) => ensure("network", networks, spec));
    return made(spec, observed, computedOf(observed));
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), ({ networks }) => networks.find(lookupId(id)));
    return observed && seen(this, outs, observed, computedOf(observed));
  },

  async update(id, spec, _olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, ({ networks }) =>
      networks.change(id, named, { owner: spec.owner }),
    );
    return made(spec, observed, computedOf(observed));
  },

  async delete(id, outs, context) {
    await context.act(hostIn(outs), async ({ networks, vms }) => {
      const found = await networks.find(id);
      if (found === undefined || isAnothers(found, outs, "network")) return;
      refuseUsed(found.name, usersOf(found.name, String(outs["owner"]), await vms.list()));
      await networks.remove(id);
    });
  },
};

/** The bridge may be the host's choice. */
function computedOf(observed: Observed<LibvirtNetworkSpec>): Plain {
  return { bridgeName: observed.spec.bridge?.name };
}

function knownAs({ bridge, ips }: Plain): Omit<KnownNetwork, "name"> | undefined {
  if (hasUnknown(ips)) return undefined;
  const served = (Array.isArray(ips) ? ips : []).flatMap((ip: unknown) =>
    isPlain(ip) ? (ip["dhcp"] ?? []) : [],
  );
  return {
    hasDhcp: served.length > 0,
    ...(served.some((dhcp) => isPlain(dhcp) && dhcp["bootp"] !== undefined) ? { hasBootp: true } : {}),
    ...(isPlain(bridge) && typeof bridge["name"] === "string" ? { bridge: bridge["name"] } : {}),
  };
}

/** What interfaces on it can have; undefined where it hangs on what is not known yet. */
function traitsOf({
  forward,
  virtualPort,
  portGroups,
  bandwidth,
}: Plain): Omit<NetworkTraits, "name"> | undefined {
  if ([forward, virtualPort, portGroups, bandwidth].some(hasUnknown)) return undefined;
  const spec = { forward, virtualPort, portGroups, bandwidth } as Partial<LibvirtNetworkSpec>;
  const { dev = [], physicalFunction } = spec.forward ?? {};
  return {
    forwardMode: spec.forward?.mode ?? "none",
    parents: [...dev, ...(physicalFunction === undefined ? [] : [physicalFunction])],
    ...switchTraits(spec),
  };
}

/** VMs of others that run on it: of other stacks, or made by hand. The program's own go before it, or with it. */
function usersOf(network: string, owner: string, all: readonly VmSummary[]): readonly VmSummary[] {
  const stack = stackOf(owner);
  return all.filter(
    ({ state, owner: whose, attachments = [] }) =>
      state !== "stopped" &&
      (whose === undefined || stackOf(whose) !== stack) &&
      attachments.some((nic) => nic.network === network),
  );
}

function refuseUsed(network: string, users: readonly VmSummary[]): void {
  if (users.length === 0) return;
  const names = users.map(({ name, owner }) => (owner === undefined ? name : `${name} (${owner})`));
  throw new DriverError(`VMs of others run on it: ${names.join(", ")}`, {
    code: "invalid-state",
    operation: "remove",
    target: `network "${network}"`,
    remedy:
      "Take them off it or stop them first; `retainOnDelete: true` leaves the network where it is, and `virsh net-destroy` takes it away from them.",
  });
}
