import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { expect, test } from "@jest/globals";
import * as ts from "typescript";

const ROOT = join(__dirname, "../../..");

type Imports = ReadonlyMap<string, readonly string[]>;

/** What each file of a folder imports of that folder: by import, by export from, as a type, or late. */
function importsIn(folder: string): Imports {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => posix.join(folder, relative(".", file)));
  const texts = files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")] as const);
  return importsOf(new Map(texts));
}

function importsOf(texts: ReadonlyMap<string, string>): Imports {
  const fileAt = (path: string): string[] =>
    [`${path}.ts`, `${path}/index.ts`].filter((file) => texts.has(file)).slice(0, 1);
  return new Map(
    [...texts].map(([file, text]) => {
      const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
      const near = named.filter((name) => name.startsWith("."));
      return [file, near.flatMap((name) => fileAt(posix.join(posix.dirname(file), name)))];
    }),
  );
}

/** The files on the way round, the first one again at the end; nothing where there is no circle. */
function circleIn(imports: Imports): readonly string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const round = (file: string): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    way.push(file);
    for (const next of imports.get(file) ?? []) {
      const found = round(next);
      if (found !== undefined) return found;
    }
    way.pop();
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const found = round(file);
    if (found !== undefined) return found;
  }
  return undefined;
}

test.each(["provider", "scripts", "bench", "test"])("no file of %s imports itself in a circle", (folder) => {
  const imports = importsIn(folder);
  expect(imports.size).toBeGreaterThan(10);
  expect(circleIn(imports)).toBeUndefined();
});

test.each([
  ['import { b } from "./b";', 'export * from "./c";', 'const a = () => require("./a") as unknown;'],
  ['import type { B } from "./b";', 'export type { C } from "./c";', 'type A = typeof import("./a");'],
])("a circle is seen: %s %s %s", (a, b, c) => {
  const texts = new Map([
    ["x/a.ts", a],
    ["x/b/index.ts", b.replace("./c", "../c")],
    ["x/c.ts", c],
  ]);
  expect(circleIn(importsOf(texts))).toEqual(["x/a.ts", "x/b/index.ts", "x/c.ts", "x/a.ts"]);
});
