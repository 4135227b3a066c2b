/** A device that raw XML brings along, as far as rules look at it. */
export interface RawDevice {
  /** The piece of `raw` that it is in. */
  readonly piece: number;
  /** `graphics`, `hostdev`, … */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where it is on the guest's PCI buses, such as `0000:00:05.0`; absent where libvirt is to choose. */
  readonly guestPci?: string;
}

/** As fast-xml-parser gives elements in their order: a name with what is inside, and the attributes at `:@`. */
type Node = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ":@";

/** The devices in pieces of raw XML; one that is given twice in the same words is one device for libvirt, too. */
export function rawDevices(pieces: readonly string[]): readonly RawDevice[] {
  const seen = new Set<string>();
  return pieces.flatMap((text, piece) => {
    if (!/<(graphics|address)\b/.test(text)) return [];
    return devicesIn(text).flatMap((node): RawDevice[] => {
      const words = JSON.stringify(node);
      if (seen.has(words)) return [];
      seen.add(words);
      const guestPci = guestPciOf(node);
      const attributes = attributesOf(node);
      return [{ piece, name: nameOf(node), attributes, ...(guestPci === undefined ? {} : { guestPci }) }];
    });
  });
}

function devicesIn(text: string): readonly Node[] {
  const { XMLParser } = require("fast-xml-parser") as typeof import("fast-xml-parser");
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: "" });
  const top = parser.parse(`<raw>${text}</raw>`) as readonly Node[];
  const inside = top.flatMap((root) => childrenOf(root));
  const domains = inside.flatMap((node) => (nameOf(node) === "domain" ? childrenOf(node) : [node]));
  return domains.filter((node) => nameOf(node) === "devices").flatMap(childrenOf);
}

function nameOf(node: Node): string {
  return Object.keys(node).find((key) => key !== ATTRIBUTES) ?? "";
}

function childrenOf(node: Node): readonly Node[] {
  const inside = node[nameOf(node)];
  return Array.isArray(inside) ? (inside as readonly Node[]) : [];
}

function attributesOf(node: Node): Readonly<Record<string, string>> {
  return (node[ATTRIBUTES] ?? {}) as Readonly<Record<string, string>>;
}

/** The device's own `<address type='pci'>`; that of a host's device is inside of its `<source>`. */
function guestPciOf(node: Node): string | undefined {
  const address = childrenOf(node).find((child) => nameOf(child) === "address");
  if (address === undefined) return undefined;
  const { type, domain, bus, slot, function: fn } = attributesOf(address);
  if (type !== "pci" || slot === undefined) return undefined;
  const [a, b, c, d] = [domain, bus, slot, fn].map((text) => Number(text ?? 0).toString(16));
  return `${a?.padStart(4, "0")}:${b?.padStart(2, "0")}:${c?.padStart(2, "0")}.${d}`;
}
