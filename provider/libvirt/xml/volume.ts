import { attribute, el, find, textOf, type XmlElement } from "./tree";

export interface VolumeShape {
  readonly name: string;
  readonly format: string;
  readonly capacityBytes: number;
  readonly backing?: { readonly path: string; readonly format: string };
}

/** `<volume>`; space is taken as it is written, not beforehand. */
export function volumeXml({ name, format, capacityBytes, backing }: VolumeShape): XmlElement {
  return el(
    "volume",
    {},
    el("name", {}, name),
    el("capacity", { unit: "bytes" }, String(capacityBytes)),
    el("allocation", { unit: "bytes" }, "0"),
    el("target", {}, el("format", { type: format })),
    backing && el("backingStore", {}, el("path", {}, backing.path), el("format", { type: backing.format })),
  );
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
  };
}
