import type { InterfaceSpec } from "../../../schema/vm/interface";
import { diskPath, disksOf } from "./disks";
import { interfaceElement, interfaceNamed } from "./interfaces";
import { readMark, writeMark } from "../metadata";
import { withoutMoveNote } from "./moveNote";
import { attribute, clone, el, find, setChild, type XmlElement } from "../tree";

/** What a VM stands on elsewhere than where it comes from. */
export interface NewPlaces {
  /** Paths of images there, by their paths here. */
  readonly images: ReadonlyMap<string, string>;
  /** Volumes of the VM's own there, by `pool/name` here. */
  readonly volumes: ReadonlyMap<string, string>;
  readonly interfaces: readonly InterfaceSpec[];
  readonly defaultMacvlanMode: string;
}

/** The definition as the other host gets it: the same machine in every respect that the guest can see. */
export function movedXml(domain: XmlElement, places: NewPlaces): XmlElement {
  const moved = clone(domain);
  withoutMoveNote(moved);
  for (const disk of disksOf(moved)) {
    const path = places.images.get(diskPath(disk) ?? "");
    if (path === undefined) continue;
    const attributeName = attribute(disk, "type") === "block" ? "dev" : "file";
    setChild(disk, "source", el("source", { [attributeName]: path }));
    // A copy holds all of what was below it.
    setChild(disk, "backingStore", undefined);
  }
  for (const spec of places.interfaces) {
    const nic = interfaceNamed(moved, spec);
    if (nic !== undefined) plug(nic, interfaceElement(spec, places.defaultMacvlanMode, undefined));
  }
  const mark = readMark(moved);
  if (mark !== undefined) {
    const volumes = (mark.volumes ?? []).map((volume) => ({
      ...volume,
      key: places.volumes.get(volume.key) ?? volume.key,
    }));
    writeMark(moved, { ...mark, volumes });
  }
  return moved;
}

/** The other end of the cable: the program's, without what belongs to the port that it has here. */
function plug(nic: XmlElement, wanted: XmlElement): void {
  const [before, source] = [find(nic, "source"), find(wanted, "source")];
  const type = attribute(wanted, "type");
  if (type === undefined || source === undefined) return;
  const same = attribute(nic, "type") === type;
  nic.attributes["type"] = type;
  const portgroup =
    same && attribute(before, "network") === attribute(source, "network")
      ? attribute(before, "portgroup")
      : undefined;
  setChild(nic, "source", el("source", { ...source.attributes, portgroup }));
}
