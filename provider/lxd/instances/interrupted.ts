import type { Interruption, ObservedVm } from "../../driver/contract";
import { OWN, type Config, type Instance } from "../objects";

/** The note on an instance: how it was, and when it was last started. */
interface Note {
  readonly was: Interruption["was"];
  readonly started: number;
}

/** In milliseconds; 0 of one that the server has not started: one that has come from another project or member begins anew. */
function startedAt({ last_used_at: used }: Instance): number {
  return Math.max(0, Date.parse(used ?? "") || 0);
}

/** The configuration of an instance that is about to be stopped for a change, or is not any more. */
export function withStop(instance: Instance, stop: Interruption | undefined): Config {
  const { [OWN.restart]: _before, ...config } = instance.config;
  if (stop === undefined) return config;
  const note: Note = { was: stop.was, started: startedAt(instance) };
  return { ...config, [OWN.restart]: JSON.stringify(note) };
}

/** What a run that was cut off has left to do, unless the instance was started since: the server keeps when it last was. */
export function interruptedIn(instance: Instance, isOn: boolean): ObservedVm["interrupted"] {
  const text = instance.config[OWN.restart];
  if (text === undefined) return undefined;
  const note = noteIn(text);
  const now = startedAt(instance);
  return isOn || note === undefined || (now !== 0 && now !== note.started) ? "over" : note.was;
}

function noteIn(text: string): Note | undefined {
  try {
    const { was, started } = JSON.parse(text) as Partial<Note>;
    if ((was !== "running" && was !== "paused") || typeof started !== "number") return undefined;
    return { was, started };
  } catch {
    return undefined;
  }
}
