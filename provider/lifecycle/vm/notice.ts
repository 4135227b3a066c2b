import { logicalName } from "../../schema/table/owner";
import { formatPath, type Change } from "../engine/diff";
import type { Plain } from "../engine/state";

/** What a preview says of changes for which a running guest has to be restarted. */
export function restartNotice(changes: readonly Change[], news: Plain): string | undefined {
  // A VM that the program keeps off has no guest to wait.
  const off = news["running"] === false || news["running"] === "saved";
  if (off || changes.some(({ fate }) => fate === "replace")) return undefined;
  const waiting = changes
    .filter(({ fate, path }) => fate === "restart" && path[0] !== "name")
    .map(({ path }) => formatPath(path));
  const triggered = changes.some(({ path }) => path[0] === "restartTrigger");
  // A name waits for nothing: the guest is off for it, or the preview is refused.
  const renamed = news["restart"] === "ifNeeded" && changes.some(({ path }) => formatPath(path) === "name");
  if (waiting.length === 0 && !triggered && !renamed) return undefined;
  const fields = waiting.length === 0 ? "" : `${waiting.join(", ")} at its next start; `;
  return `VM ${logicalName(news["owner"])}: ${fields}${consequence(triggered, news)}`;
}

function consequence(triggered: boolean, news: Plain): string {
  if (triggered) return "a running guest is restarted now (restartTrigger)";
  return news["restart"] === "ifNeeded"
    ? "a running guest is restarted now (restart: ifNeeded)"
    : "the guest is not restarted (restart: never)";
}
