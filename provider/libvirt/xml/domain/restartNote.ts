import type { Interruption } from "../../../driver/contract";
import { attribute, el, find, type XmlElement } from "../tree";

export const RESTART_NOTE = { key: "vmrestart", uri: "urn:pulumi-vmhost:restart:1" } as const;

export function readRestartNote(domain: XmlElement): Interruption | undefined {
  const note = find(domain, "metadata", `${RESTART_NOTE.key}:restart`);
  if (note === undefined) return undefined;
  return {
    was: attribute(note, "was") === "paused" ? "paused" : "running",
    hard: attribute(note, "hard") === "yes",
  };
}

/** libvirt puts it into the namespace. */
export function restartNoteElement({ was, hard }: Interruption): XmlElement {
  return el("restart", { was, hard: hard ? "yes" : undefined });
}
