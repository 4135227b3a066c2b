import type { ObservedVm } from "../../driver/contract";
import { logicalName } from "../../schema/table/owner";
import type { Change } from "../engine/diff";
import type { Plain } from "../engine/state";
import type { Power } from "./act/power";

/**
 * A run that was cut off between the stop and the start of a restart: the VM bears a note, a refresh finds it (`interrupted` of the
 * outputs), and the next update does what is left and takes the note away.
 */
export function leftToDo({ interrupted }: Pick<ObservedVm, "interrupted">): Power | undefined {
  if (interrupted === undefined || interrupted === "over") return undefined;
  return interrupted === "paused" ? "paused" : true;
}

/** What a refresh has found is a change, though the program says nothing of it. */
export function withInterruption(changes: readonly Change[], { interrupted }: Plain): readonly Change[] {
  if (interrupted === undefined) return changes;
  return [...changes, { path: ["running"], fate: "live", before: interrupted, after: undefined }];
}

export function interruptionNotice(news: Plain, { interrupted }: Plain): string | undefined {
  if (interrupted === undefined || news["running"] !== undefined) return undefined;
  const name = logicalName(news["owner"]);
  return interrupted === "over"
    ? `VM ${name}: what a run that was cut off has noted on it goes, its power stays as it is`
    : `VM ${name}: it is off since a run that was cut off, and is started again (\`running: false\` keeps it off)`;
}
