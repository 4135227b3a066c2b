/** `q35` stands for the `pc-q35-7.2` that the host has made of it, `pc` for `pc-i440fx-7.2`; two versions are two machines. */
export function sameMachine(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const alias = aliasOf(a);
  return alias === aliasOf(b) && (a === alias || b === alias);
}

function aliasOf(machine: unknown): string {
  const text = String(machine);
  const [, family] = /^pc-(q35|i440fx)-/.exec(text) ?? [];
  if (family !== undefined) return family === "i440fx" ? "pc" : family;
  return text.replace(/-\d+(\.\d+)*$/, "");
}

/** A volume given as `pool/name`, and the path that it has on the host. */
export function sameImage(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "string" || typeof b !== "string" || a.startsWith("/") === b.startsWith("/")) return false;
  return baseName(a) === baseName(b);
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** `root` stands in front of the command line on the host. */
export function sameCmdline(a: unknown, b: unknown): boolean {
  return withoutRoot(a) === withoutRoot(b);
}

const withoutRoot = (cmdline: unknown): string => String(cmdline ?? "").replace(/^root=\S+ ?/, "");
