import { formatPath, type Change } from "./diff";
import type { Plain } from "./state";

/**
 * What a preview says of changes that a running guest does not see before its next start. A dynamic provider's answer to
 * `diff` has no place for it; a line that the process prints stands among the diagnostics of the engine.
 */
export function restartNotice(kind: string, changes: readonly Change[], news: Plain): string | undefined {
  const waiting = changes.filter(({ fate }) => fate === "restart").map(({ path }) => formatPath(path));
  if (waiting.length === 0 || changes.some(({ fate }) => fate === "replace")) return undefined;
  // A VM that the program keeps off has no guest to wait.
  if (news["running"] === false) return undefined;
  const name = String(news["owner"]).split("/").at(-1) ?? "";
  const then =
    news["restart"] === "ifNeeded"
      ? "the guest is restarted now (restart: ifNeeded)"
      : "the guest is not restarted (restart: never)";
  return `${kind} ${name}: ${waiting.join(", ")} at its next start; ${then}`;
}

/** Written at once: the engine reads a provider's output line by line. */
export function announce(notice: string | undefined): void {
  if (notice !== undefined) process.stdout.write(`${notice}\n`);
}
