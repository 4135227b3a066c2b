import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { resolve } from "node:path";

/** Why a path leads to no file that could be sent; nothing where it does. */
export async function unreadable(path: string): Promise<string | undefined> {
  const file = resolve(path);
  const info = await stat(file).catch(() => undefined);
  if (info === undefined)
    return `is not there on the machine that runs Pulumi; looked for ${file}, where a relative path starts at the program's folder`;
  if (!info.isFile()) return "is not a file";
  return access(file, constants.R_OK).then(
    () => undefined,
    () => `may not be read by the account that runs Pulumi: ${file}`,
  );
}
