import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../support/pulumi";
import type { Objects } from "./objects";

/** Puts into the program's folder what it reads: its objects, and contents for volumes with their digests. */
export async function placeObjects(
  { dir }: Program,
  objects: Objects,
  words: Readonly<Record<string, string>>,
): Promise<void> {
  const [small, large] = [Buffer.alloc(2 ** 20, 1), Buffer.alloc(2 ** 21, 2)];
  await writeFile(join(dir, "small.raw"), small);
  await writeFile(join(dir, "large.raw"), large);
  const digest = (kind: string): string => `${kind}:${createHash(kind).update(small).digest("hex")}`;
  const all = { ...words, $sha256: digest("sha256"), $sha512: digest("sha512") };
  const text = Object.entries(all).reduce(
    (json, [word, value]) => json.replaceAll(word, value),
    JSON.stringify(objects),
  );
  await writeFile(join(dir, "objects.json"), text);
}
