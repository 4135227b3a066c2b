/**
 * An error for people's eyes: the SDK prints `${error}: ${error.stack}` for some verbs, and the engine prints the
 * message as well. Without a stack and with an empty rendering, only the engine's line is left.
 */
export class Quiet extends Error {
  constructor(message: string) {
    super(message);
    this.stack = "";
  }

  override toString(): string {
    return "";
  }
}

/**
 * The SDK's provider process writes `console.error` of every failure with its stack before it hands the message to the
 * engine, which prints it as well. A {@link Quiet} renders as nothing; this drops the line that would be left of it.
 */
export function quietConsole(): void {
  // eslint-disable-next-line no-console -- the line that is dropped is written by the SDK
  const write = console.error.bind(console);
  // eslint-disable-next-line no-console
  console.error = (...args: unknown[]): void => {
    if (args.length === 1 && typeof args[0] === "string" && args[0].trim() === ":") return;
    write(...args);
  };
}
