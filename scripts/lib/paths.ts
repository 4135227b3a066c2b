import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** The checkout: the nearest folder above the working directory whose package.json is ours. */
export function checkoutDir(from: string = process.cwd()): string {
  for (let dir = from; ; dir = dirname(dir)) {
    const manifest = join(dir, "package.json");
    if (
      existsSync(manifest) &&
      (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "pulumi-vmhost"
    ) {
      return dir;
    }
    if (dir === dirname(dir)) throw new Error(`No checkout of pulumi-vmhost at or above ${from}`);
  }
}

/** Where everything that is made once per machine lives: outside the checkout, so that `git clean` does not cost ten minutes. */
export function cacheDir(...parts: string[]): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "pulumi-vmhost", ...parts);
}

/** The first executable of that name on a search path, or undefined. */
export function which(name: string, path: string = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, name))
    .find((file) => existsSync(file));
}
