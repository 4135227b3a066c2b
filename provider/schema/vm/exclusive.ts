import type { Complaint } from "../table/gate";
import { isUnknown, knownList } from "../table/unknown";
import { rawDevices } from "./rawDevices";

/** Something of a host that one running guest has for itself, with the place where a program asks for it. */
export interface Exclusive {
  /** `port`: at which a screen listens; libvirt keeps it for one guest, whatever the address beside it is. */
  readonly kind: "port" | "pci" | "usb";
  /** `5901`, `0000:06:12.5`, `1234:beef` or `1.4`. */
  readonly id: string;
  readonly path: readonly (string | number)[];
}

interface Holder {
  readonly graphics?: {
    readonly port?: number;
    readonly websocket?: number;
    readonly spice?: { readonly tlsPort?: number };
  };
  readonly hostDevices?: readonly { readonly pci?: string; readonly usb?: string }[];
  readonly interfaces?: readonly { readonly sriov?: string }[];
  readonly raw?: readonly string[];
}

/** What the VM has for itself while it is on, as far as it is known; of raw XML its screens count. */
export function exclusivesOf({ graphics, hostDevices, interfaces, raw }: Holder): readonly Exclusive[] {
  const found: Exclusive[] = [];
  const add = (kind: Exclusive["kind"], id: unknown, ...path: (string | number)[]): void => {
    if (id !== undefined && !isUnknown(id)) found.push({ kind, id: String(id), path });
  };
  const port = (value: unknown, ...path: (string | number)[]): void => {
    if (Number(value) > 0) add("port", value, ...path);
  };
  port(graphics?.port, "graphics", "port");
  port(graphics?.websocket, "graphics", "websocket");
  port(graphics?.spice?.tlsPort, "graphics", "spice", "tlsPort");
  for (const { piece, name, attributes } of rawDevices(knownList(raw).filter((text) => !isUnknown(text)))) {
    if (name !== "graphics") continue;
    if (attributes["autoport"] !== "yes") port(attributes["port"], "raw", piece);
    port(attributes["websocket"], "raw", piece);
    if (attributes["autoport"] !== "yes") port(attributes["tlsPort"], "raw", piece);
  }
  for (const [index, { pci, usb }] of knownList(hostDevices).entries()) {
    add("pci", pci, "hostDevices", index, "pci");
    add("usb", usb, "hostDevices", index, "usb");
  }
  for (const [index, { sriov }] of knownList(interfaces).entries())
    if (sriov?.includes(":") === true) add("pci", sriov, "interfaces", index, "sriov");
  return found;
}

/** What one VM asks for twice: libvirt finds out when it is defined, of ports when it starts. */
export function* exclusiveRules(vm: Holder): Iterable<Complaint> {
  const first = new Map<string, string>();
  for (const { kind, id, path } of exclusivesOf(vm)) {
    const key = `${kind} ${id}`;
    const place = placeOf(path);
    const taken = first.get(key);
    if (taken === undefined) first.set(key, place);
    else yield { path, message: twice(kind, id, taken) };
  }
  const at = new Map<string, number>();
  for (const { piece, guestPci } of rawDevices(knownList(vm.raw).filter((text) => !isUnknown(text)))) {
    if (guestPci === undefined) continue;
    const other = at.get(guestPci);
    if (other === undefined) at.set(guestPci, piece);
    else
      yield {
        path: ["raw", piece],
        message: `the guest's PCI address ${guestPci} is that of a device in raw[${other}] too; give another, or none, and libvirt chooses`,
      };
  }
}

function twice(kind: Exclusive["kind"], id: string, taken: string): string {
  if (kind !== "port") return `${id} is given to the VM by ${taken} already`;
  return `${id} is the port of ${taken} already; give another, or none for one that is free`;
}

/** `hostDevices[0].pci`, as a program would write it. */
function placeOf(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join("");
}
