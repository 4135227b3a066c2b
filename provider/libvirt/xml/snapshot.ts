import type { Consistency } from "../../driver/contract";
import { diskName, diskPath, disksOf } from "./domain/disks";
import { attribute, childrenOf, el, find, setText, textOf, type XmlElement } from "./tree";

/** A namespace of its own: libvirt keeps one element of each, and the VM itself may belong to somebody else. */
export const SNAPSHOTS_NAMESPACE = "urn:pulumi-vmhost:snapshots:1";
export const SNAPSHOTS_KEY = "vmsnap";

/** What we write on the VM about a snapshot of ours, before it is taken; libvirt has no place for it on the snapshot itself. */
export interface SnapshotMark {
  readonly name: string;
  readonly owner: string;
  readonly consistency: Consistency;
  /** The new images of an external snapshot. */
  readonly overlays: readonly Overlay[];
  /** Removed by the program while later ones stood on it: it goes with the last of them. */
  readonly leaving?: boolean;
}

/** An image that takes what a disk writes after a snapshot, so that the one below stays as it was. */
export interface Overlay {
  /** `pool/name`. */
  readonly key: string;
  readonly path: string;
  /** Our name for the disk. */
  readonly disk: string;
  /** Path and format of the image below. */
  readonly base: string;
  readonly format: string;
}

export function readSnapshotMarks(domain: XmlElement): SnapshotMark[] {
  return named(find(domain, "metadata", `${SNAPSHOTS_KEY}:snapshots`), "snapshot").map((mark) => ({
    name: attribute(mark, "name") ?? "",
    owner: attribute(mark, "owner") ?? "",
    consistency: (attribute(mark, "consistency") ?? "crash") as Consistency,
    overlays: named(mark, "overlay").map((overlay) => ({
      key: attribute(overlay, "key") ?? "",
      path: attribute(overlay, "path") ?? "",
      disk: attribute(overlay, "disk") ?? "",
      base: attribute(overlay, "base") ?? "",
      format: attribute(overlay, "format") ?? "",
    })),
    leaving: attribute(mark, "leaving") === "yes",
  }));
}

/** libvirt puts what it is given into the namespace, all the way down. */
function named(parent: XmlElement | undefined, name: string): XmlElement[] {
  return childrenOf(parent, `${SNAPSHOTS_KEY}:${name}`);
}

/** Nothing where no snapshot of ours is left. */
export function snapshotMarksElement(marks: readonly SnapshotMark[]): XmlElement | undefined {
  if (marks.length === 0) return undefined;
  const children = marks.map(({ name, owner, consistency, overlays, leaving }) =>
    el(
      "snapshot",
      { name, owner, consistency, leaving: leaving === true ? "yes" : undefined },
      ...overlays.map((overlay) => el("overlay", { ...overlay })),
    ),
  );
  return el("snapshots", {}, ...children);
}

export function overlaysOf(domain: XmlElement): readonly Overlay[] {
  return readSnapshotMarks(domain).flatMap(({ overlays }) => overlays);
}

/** The image of a disk below all overlays of snapshots of ours: the one that the program knows; nothing where there are none. */
export function imageBelow(domain: XmlElement, path: string | undefined): Overlay | undefined {
  const overlays = overlaysOf(domain);
  let below: Overlay | undefined;
  for (let next = path, steps = 0; steps <= overlays.length; steps++) {
    const found = overlays.find((overlay) => overlay.path === next);
    if (found === undefined) return below;
    below = found;
    next = found.base;
  }
  return below;
}

/** `<domainsnapshot>` to take one: inside the images, or with the given new ones; disks that are not named stay out of it. */
export function snapshotXml(
  { name, description, memory }: { name: string; description?: string; memory: boolean },
  disks: readonly { readonly target: string; readonly overlay?: string; readonly kept: boolean }[],
): XmlElement {
  return el(
    "domainsnapshot",
    {},
    el("name", {}, name),
    description === undefined ? undefined : el("description", {}, description),
    memory ? el("memory", { snapshot: "internal" }) : undefined,
    el(
      "disks",
      {},
      ...disks.map(({ target, overlay, kept }) => {
        if (!kept) return el("disk", { name: target, snapshot: "no" });
        if (overlay === undefined) return el("disk", { name: target, snapshot: "internal" });
        return el(
          "disk",
          { name: target, snapshot: "external", type: "file" },
          el("driver", { type: "qcow2" }),
          el("source", { file: overlay }),
        );
      }),
    ),
  );
}

export interface SnapshotFacts {
  readonly name: string;
  readonly description?: string;
  readonly memory: boolean;
  readonly external: boolean;
  readonly stopped: boolean;
  readonly createdAt: string;
  /** Paths that the disks in it had when it was taken, by our names for them. */
  readonly disks: ReadonlyMap<string, string>;
}

export function readSnapshot(snapshot: XmlElement): SnapshotFacts {
  const entries = childrenOf(find(snapshot, "disks"), "disk").filter(
    (disk) => attribute(disk, "snapshot") !== "no",
  );
  const memory = attribute(find(snapshot, "memory"), "snapshot") ?? "no";
  const targets = new Set(entries.map((disk) => attribute(disk, "name")));
  const disks = disksOf(find(snapshot, "domain")).flatMap((disk): [string, string][] => {
    const path = diskPath(disk);
    return path !== undefined && targets.has(attribute(find(disk, "target"), "dev"))
      ? [[diskName(disk), path]]
      : [];
  });
  return {
    name: textOf(find(snapshot, "name")) ?? "",
    description: textOf(find(snapshot, "description")),
    memory: memory !== "no",
    external: memory === "external" || entries.some((disk) => attribute(disk, "snapshot") === "external"),
    stopped: textOf(find(snapshot, "state")) === "shutoff",
    createdAt: new Date(Number(textOf(find(snapshot, "creationTime")) ?? 0) * 1000).toISOString(),
    disks: new Map(disks),
  };
}

/** The same snapshot with another description, as libvirt takes it to define it anew. */
export function describedAs(snapshot: XmlElement, description: string | undefined): XmlElement {
  setText(snapshot, "description", description);
  return snapshot;
}
