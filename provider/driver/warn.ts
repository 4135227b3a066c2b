const said = new Set<string>();

/** A line for people that fails nothing; the engine shows what its provider writes there. Every sentence once. */
export function warn(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`warning: ${text}\n`);
}
