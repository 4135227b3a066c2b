import type { DiskSpec } from "../../../schema/vm/disk";
import type { RemoteSpec } from "../../../schema/vm/disk/remote";
import { readBound, writeBound } from "../bind";
import { diskBindings } from "../model/disk";
import { readRemote, remoteLabel, remoteSource } from "../model/diskSource";
import { assign, attribute, childrenOf, el, find, setChild, textOf, type XmlElement } from "../tree";

const PREFIX = "ua-disk-";

/** Where a disk's image is, once looked up. */
export interface DiskSource {
  readonly path: string;
  readonly format: string;
  /** A block device of the host instead of a file. */
  readonly block: boolean;
  /** An image on a server, in place of a path. */
  readonly remote?: RemoteSpec;
}

/** What a disk or a drive is to have, or that it is to be empty. */
export type Medium = DiskSource | "none";

/** Carries our user alias, which libvirt keeps and never makes itself. */
export function isOurDisk(disk: XmlElement): boolean {
  return attribute(find(disk, "alias"), "name")?.startsWith(PREFIX) ?? false;
}

/** Our name for a disk element; that of one made by hand is its target. */
export function diskName(disk: XmlElement): string {
  const alias = attribute(find(disk, "alias"), "name") ?? "";
  return isOurDisk(disk) ? alias.slice(PREFIX.length) : (diskTarget(disk) ?? "");
}

export function diskTarget(disk: XmlElement): string | undefined {
  return attribute(find(disk, "target"), "dev");
}

export function diskPath(disk: XmlElement): string | undefined {
  const source = find(disk, "source");
  return attribute(source, "file") ?? attribute(source, "dev");
}

/** Where a disk's data is, on the host or on a server, to tell one image from another. */
export function diskPlace(disk: XmlElement): string | undefined {
  return diskPath(disk) ?? remoteLabel(disk);
}

export function disksOf(domain: XmlElement | undefined): XmlElement[] {
  return childrenOf(find(domain, "devices"), "disk");
}

/** The element of the program's disk: by our alias; among those made by hand by image, else by target. */
export function diskNamed(
  domain: XmlElement,
  { name, target }: Pick<DiskSpec, "name" | "target">,
  path?: string,
): XmlElement | undefined {
  const disks = disksOf(domain);
  const theirs = disks.filter((disk) => !isOurDisk(disk));
  return (
    disks.find((disk) => isOurDisk(disk) && diskName(disk) === name) ??
    theirs.find((disk) => path !== undefined && diskPath(disk) === path) ??
    theirs.find((disk) => diskTarget(disk) === (target ?? name))
  );
}

/**
 * The element of a disk: a new one, or what is there with what the spec says set in it. Without a source an existing
 * disk keeps its own. What the program leaves out goes back to the default, except in an adopted VM.
 */
export function diskElement(
  spec: DiskSpec,
  source: Medium | undefined,
  current: XmlElement | undefined,
  adopted = false,
): XmlElement {
  const disk = current ?? el("disk", { type: "file" });
  const { device } = spec;
  disk.attributes["device"] = device;
  const driver = find(disk, "driver") ?? el("driver", { name: "qemu" });
  const { cache, io, discard } = spec;
  assign(driver, { cache, io, discard }, { keep: adopted });
  if (source === "none") setChild(disk, "source", undefined);
  else if (source !== undefined) {
    const before = attribute(disk, "type");
    disk.attributes["type"] = source.remote === undefined ? (source.block ? "block" : "file") : "network";
    driver.attributes["type"] = source.format;
    if (source.remote !== undefined) {
      setChild(disk, "source", remoteSource(source.remote));
      setChild(disk, "auth", undefined);
    } else if (before === "network" || diskPath(disk) !== source.path)
      setChild(disk, "source", el("source", source.block ? { dev: source.path } : { file: source.path }));
  }
  setChild(disk, "driver", driver);
  const target = find(disk, "target") ?? el("target");
  assign(target, { dev: spec.target, bus: spec.bus }, { keep: true });
  setChild(disk, "target", target);
  const readOnly = device === "cdrom" || (spec.readOnly ?? (adopted && find(disk, "readonly") !== undefined));
  setChild(disk, "readonly", readOnly ? el("readonly") : undefined);
  if (!adopted || spec.serial !== undefined)
    setChild(disk, "serial", spec.serial === undefined ? undefined : el("serial", {}, spec.serial));
  if (!adopted || spec.bootOrder !== undefined)
    setChild(disk, "boot", spec.bootOrder === undefined ? undefined : el("boot", { order: spec.bootOrder }));
  writeBound(disk, diskBindings, { ...spec }, () => !adopted);
  setChild(disk, "alias", el("alias", { name: PREFIX + spec.name }));
  return disk;
}

/** What a disk element says in the table's words; size and pool are the volume's to tell. */
export function readDisk(disk: XmlElement): Partial<DiskSpec> & { name: string } {
  const driver = find(disk, "driver");
  const target = find(disk, "target");
  const order = attribute(find(disk, "boot"), "order");
  const device = (attribute(disk, "device") ?? "disk") as DiskSpec["device"];
  const cache = attribute(driver, "cache");
  return {
    ...(readBound(disk, diskBindings) as Partial<DiskSpec>),
    name: diskName(disk),
    device,
    remote: readRemote(disk),
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
