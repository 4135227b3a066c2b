/**
 * A line that a preview shows among its diagnostics: the answer of a dynamic provider to `check` or `diff` has no place for one, so
 * the process prints it. Written at once: the engine reads a provider's output line by line.
 */
export function announce(notice: string | undefined): void {
  if (notice !== undefined) process.stdout.write(`${notice}\n`);
}
