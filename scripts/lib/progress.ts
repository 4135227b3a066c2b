/** What a step returns when everything was already in place: nothing is printed then. */
export const nothingToDo = Symbol("nothing to do");

const width = 34;

export function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** Runs one step of a set-up and prints one line with its time; a string result is printed behind it. */
export async function step<T>(label: string, action: () => Promise<T> | T): Promise<T> {
  const start = performance.now();
  try {
    const result = await action();
    if (result !== nothingToDo) {
      const detail = typeof result === "string" && !result.includes("\n") ? `  ${result}` : "";
      process.stdout.write(`✓ ${label.padEnd(width)} ${seconds(start).padStart(8)}${detail}\n`);
    }
    return result;
  } catch (error) {
    process.stdout.write(`✗ ${label.padEnd(width)} ${seconds(start).padStart(8)}\n`);
    throw error;
  }
}

export function note(text: string): void {
  process.stdout.write(`  ${text}\n`);
}

/** A failure meant for the user's eyes: printed as it is, without a stack. */
export class UserError extends Error {}

/** Runs a script's main function, whose number is the exit code; a UserError becomes its one sentence, everything else is a bug and keeps its stack. */
export function main(run: () => Promise<unknown>): void {
  run().then(
    (code) => {
      // Connections that the provider keeps open for the next call would keep the process alive.
      process.exit(typeof code === "number" ? code : 0);
    },
    (error: unknown) => {
      process.stderr.write(
        `${error instanceof UserError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
      );
      process.exit(1);
    },
  );
}
