import { logicalName } from "../../schema/table/owner";
import { formatPath, type Change } from "./diff";
import type { Plain } from "./state";

/**
 * What a preview says of changes that a running guest does not see before its next start. A dynamic provider's answer to
 * `diff` has no place for it; a line that the process prints stands among the diagnostics of the engine.
 */
export function restartNotice(kind: string, changes: readonly Change[], news: Plain): string | undefined {
  // A VM that the program keeps off has no guest to wait.
  const off = news["running"] === false || news["running"] === "saved";
  if (off || changes.some(({ fate }) => fate === "replace")) return undefined;
  const waiting = changes
    .filter(({ fate, path }) => fate === "restart" && path[0] !== "name")
    .map(({ path }) => formatPath(path));
  const triggered = changes.some(({ path }) => path[0] === "restartTrigger");
  // A name waits for nothing: the guest is off for it, or the preview is refused.
  const renamed = news["restart"] === "ifNeeded" && changes.some(({ path }) => formatPath(path) === "name");
  const asked = triggered || renamed;
  if (waiting.length === 0 && !asked) return undefined;
  const fields = waiting.length === 0 ? "" : `${waiting.join(", ")} at its next start; `;
  return `${kind} ${logicalName(news["owner"])}: ${fields}${consequence(triggered, news)}`;
}

function consequence(asked: boolean, news: Plain): string {
  if (asked) return "a running guest is restarted now (restartTrigger)";
  return news["restart"] === "ifNeeded"
    ? "a running guest is restarted now (restart: ifNeeded)"
    : "the guest is not restarted (restart: never)";
}

/** Written at once: the engine reads a provider's output line by line. */
export function announce(notice: string | undefined): void {
  if (notice !== undefined) process.stdout.write(`${notice}\n`);
}
