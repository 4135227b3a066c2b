import type { DiskSpec } from "../../schema/vmDisk";
import { attribute, childrenOf, el, find, setChild, textOf, type XmlElement } from "./tree";

const PREFIX = "ua-disk-";

/** Where a disk's image is, once looked up. */
export interface DiskSource {
  readonly path: string;
  readonly format: string;
  /** A block device of the host instead of a file. */
  readonly block: boolean;
}

/** Our name for a disk element: the user alias, which libvirt keeps and never makes itself; else its target. */
export function diskName(disk: XmlElement): string {
  const alias = attribute(find(disk, "alias"), "name");
  return alias?.startsWith(PREFIX)
    ? alias.slice(PREFIX.length)
    : (attribute(find(disk, "target"), "dev") ?? "");
}

export function diskPath(disk: XmlElement): string | undefined {
  const source = find(disk, "source");
  return attribute(source, "file") ?? attribute(source, "dev");
}

/** The element of a disk: a new one, or what is there with what the spec says set in it. */
export function diskElement(
  spec: DiskSpec,
  source: DiskSource | undefined,
  current: XmlElement | undefined,
): XmlElement {
  const disk = current ?? el("disk");
  const { device } = spec;
  Object.assign(disk.attributes, { type: source?.block === true ? "block" : "file", device });
  const driver = find(disk, "driver") ?? el("driver", { name: "qemu" });
  assign(driver, {
    type: source?.format ?? attribute(driver, "type") ?? "raw",
    cache: spec.cache,
    io: spec.io,
    discard: spec.discard,
  });
  setChild(disk, "driver", driver);
  if (source !== undefined)
    setChild(disk, "source", el("source", source.block ? { dev: source.path } : { file: source.path }));
  const target = find(disk, "target") ?? el("target");
  assign(target, { dev: spec.target ?? attribute(target, "dev"), bus: spec.bus ?? attribute(target, "bus") });
  setChild(disk, "target", target);
  setChild(disk, "serial", spec.serial === undefined ? undefined : el("serial", {}, spec.serial));
  setChild(disk, "readonly", spec.readOnly === true || device === "cdrom" ? el("readonly") : undefined);
  setChild(disk, "boot", spec.bootOrder === undefined ? undefined : el("boot", { order: spec.bootOrder }));
  setChild(disk, "alias", el("alias", { name: PREFIX + spec.name }));
  return disk;
}

/** Sets the given attributes and takes away those that are `undefined`. */
function assign(element: XmlElement, attributes: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) delete element.attributes[name];
    else element.attributes[name] = value;
  }
}

/** What a disk element says in the table's words; size and pool are the volume's to tell. */
export function readDisk(disk: XmlElement): Partial<DiskSpec> & { name: string } {
  const driver = find(disk, "driver");
  const target = find(disk, "target");
  const order = attribute(find(disk, "boot"), "order");
  const device = (attribute(disk, "device") ?? "disk") as DiskSpec["device"];
  const cache = attribute(driver, "cache");
  return {
    name: diskName(disk),
    device,
    bus: attribute(target, "bus") as DiskSpec["bus"],
    target: attribute(target, "dev"),
    format: attribute(driver, "type") as DiskSpec["format"],
    cache: (cache === "default" ? undefined : cache) as DiskSpec["cache"],
    io: attribute(driver, "io") as DiskSpec["io"],
    discard: attribute(driver, "discard") as DiskSpec["discard"],
    serial: textOf(find(disk, "serial")),
    readOnly: device === "cdrom" ? undefined : find(disk, "readonly") === undefined ? undefined : true,
    bootOrder: order === undefined ? undefined : Number(order),
  };
}

export function disksOf(domain: XmlElement): XmlElement[] {
  return childrenOf(find(domain, "devices"), "disk");
}
