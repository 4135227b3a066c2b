import { attribute, childrenOf, el, find, setChild, type XmlElement } from "../tree";

export const MOVE_NOTE = { key: "vmmove", uri: "urn:pulumi-vmhost:move:1" } as const;

/** Written on a VM before volumes are made for it elsewhere, so that what a run cut off leaves there is known as its own. */
export interface MoveNote {
  /** UUID of the other host. */
  readonly to: string;
  /** `pool/name` there. */
  readonly volumes: readonly string[];
}

export function readMoveNote(domain: XmlElement): MoveNote | undefined {
  const note = find(domain, "metadata", `${MOVE_NOTE.key}:move`);
  const to = attribute(note, "to");
  if (to === undefined) return undefined;
  const volumes = childrenOf(note, `${MOVE_NOTE.key}:volume`).flatMap((each) => attribute(each, "key") ?? []);
  return { to, volumes };
}

/** libvirt puts it into the namespace. */
export function moveNoteElement({ to, volumes }: MoveNote): XmlElement {
  return el("move", { to }, ...volumes.map((key) => el("volume", { key })));
}

export function withoutMoveNote(domain: XmlElement): void {
  const metadata = find(domain, "metadata");
  if (metadata !== undefined) setChild(metadata, `${MOVE_NOTE.key}:move`, undefined);
}
