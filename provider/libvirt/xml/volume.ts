import { encryptionElement } from "./model/diskSource";
import { attribute, el, find, textOf, type XmlElement } from "./tree";

export interface VolumeShape {
  readonly name: string;
  readonly format: string;
  readonly capacityBytes: number;
  readonly backing?: { readonly path: string; readonly format: string };
  readonly qcow2?: {
    readonly compat?: string;
    readonly clusterSize?: number;
    readonly lazyRefcounts?: boolean;
  };
  /** The secret with the passphrase of LUKS. */
  readonly encryption?: string;
  /** Bytes that take their space at once. */
  readonly allocationBytes?: number;
  /** The image's tables, and with them what is allocated, are written at once; said by a flag, not in the XML. */
  readonly preallocate?: boolean;
}

/** `<volume>`; space is taken as it is written, unless the shape says that it be taken beforehand. */
export function volumeXml(shape: VolumeShape): XmlElement {
  const { name, format, capacityBytes, backing, qcow2, encryption, allocationBytes = 0 } = shape;
  return el(
    "volume",
    {},
    el("name", {}, name),
    el("capacity", { unit: "bytes" }, String(capacityBytes)),
    el("allocation", { unit: "bytes" }, String(allocationBytes)),
    el(
      "target",
      {},
      el("format", { type: format }),
      encryption === undefined ? undefined : encryptionElement(encryption),
      ...(format === "qcow2" ? optionsXml(qcow2) : []),
    ),
    backing && el("backingStore", {}, el("path", {}, backing.path), el("format", { type: backing.format })),
  );
}

/** As QEMU itself has made images since 2013; libvirt's own choice lacks what came later. */
const COMPAT = "1.1";

function optionsXml({
  compat = COMPAT,
  clusterSize,
  lazyRefcounts,
}: VolumeShape["qcow2"] = {}): readonly XmlElement[] {
  return [
    el("compat", {}, compat),
    ...(clusterSize === undefined ? [] : [el("clusterSize", { unit: "B" }, String(clusterSize))]),
    ...(lazyRefcounts === true ? [el("features", {}, el("lazy_refcounts", {}))] : []),
  ];
}

export interface VolumeFacts {
  readonly name: string;
  readonly path: string;
  readonly format: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly backingPath?: string;
  /** A block device of the host (logical, disk, iscsi pools). */
  readonly block: boolean;
  readonly encrypted: boolean;
}

export function readVolume(volume: XmlElement): VolumeFacts {
  const target = find(volume, "target");
  return {
    name: textOf(find(volume, "name")) ?? "",
    path: textOf(find(target, "path")) ?? "",
    format: attribute(find(target, "format"), "type") ?? "raw",
    capacityBytes: Number(textOf(find(volume, "capacity")) ?? 0),
    allocationBytes: Number(textOf(find(volume, "allocation")) ?? 0),
    backingPath: textOf(find(volume, "backingStore", "path")),
    block: attribute(volume, "type") === "block",
    encrypted: find(target, "encryption") !== undefined,
  };
}
