import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import ts from "typescript";
import { checkoutDir } from "./paths.ts";

/** A piece of TypeScript that a reader may copy: from a page, or from the example of a docstring. */
interface Block {
  readonly file: string;
  /** Of its first line. */
  readonly line: number;
  readonly text: string;
}

/** What stands around a block in its reader's program, by the name that all pages give it. */
const AROUND: Readonly<Record<string, string>> = {
  config: "pulumi.Config",
  kvm1: "VmHost",
  lxd1: "VmHost",
  host: "VmHost",
  pool: "StoragePool",
  debian: "StorageVolume",
  lan: "LibvirtNetwork",
  web: "Vm",
  data: "StorageVolume",
  settings: "string",
  url: "string",
};
/** A name that is declared twice: two states of one program, one under the other. */
const DECLARED_TWICE = 2451;

/** Holds every block against the types of the package in dist/, as a program of a user would; one line for each complaint. */
export async function checkPages(): Promise<string[]> {
  const root = checkoutDir();
  const blocks = (await Promise.all((await filesWithBlocks(root)).map(blocksOf))).flat();
  const names = await publicNames(root);
  const programs = new Map(
    blocks.map((block, index) => [join(root, `block-${index}.ts`), { block, ...programOf(block, names) }]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  };
  const host = ts.createCompilerHost(options);
  const onDisk = { fileExists: host.fileExists, readFile: host.readFile, getSourceFile: host.getSourceFile };
  host.fileExists = (file) => programs.has(file) || onDisk.fileExists(file);
  host.readFile = (file) => programs.get(file)?.text ?? onDisk.readFile(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = programs.get(file)?.text;
    return text === undefined
      ? onDisk.getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...programs.keys()], options, host);
  return [...programs].flatMap(([file, { block, before }]) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
      ...program.getSemanticDiagnostics(program.getSourceFile(file)),
    ]
      .filter(({ code }) => code !== DECLARED_TWICE)
      .map(({ file: source, start = 0, messageText }) => {
        const line = block.line + (source?.getLineAndCharacterOfPosition(start).line ?? 0) - before;
        return `${relative(root, block.file)}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
      }),
  );
}

async function filesWithBlocks(root: string): Promise<string[]> {
  const inFolder = async (folder: string, ending: string): Promise<string[]> =>
    (await readdir(join(root, folder)))
      .filter((name) => name.endsWith(ending))
      .map((name) => join(root, folder, name));
  return [
    ...(await inFolder(".", ".md")),
    ...(await inFolder("docs", ".md")),
    ...(await inFolder("provider/resources", ".ts")),
  ];
}

async function blocksOf(file: string): Promise<Block[]> {
  const text = await readFile(file, "utf8");
  const pattern = file.endsWith(".md") ? /^```ts\n([^]*?)^```$/gm : /^ \* @example\n((?: \* .*\n)+)/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length + 1,
    text: (match[1] ?? "").replace(file.endsWith(".md") ? /$^/ : /^ \* /gm, ""),
  }));
}

/** The block with what it leaves to its reader in front: imports, and what stands around it. */
function programOf({ text }: Block, names: readonly string[]): { text: string; before: number } {
  const imports = text.includes("import ")
    ? []
    : [`import * as pulumi from "@pulumi/pulumi";`, `import { ${names.join(", ")} } from "pulumi-vmhost";`];
  const around = Object.entries(AROUND)
    .filter(
      ([name]) =>
        !new RegExp(`^(export )?const ${name}\\b`, "m").test(text) && new RegExp(`\\b${name}\\b`).test(text),
    )
    .map(([name, type]) => `declare const ${name}: ${type};`);
  const front = [...imports, ...around];
  return { text: [...front, text, "export {};"].join("\n"), before: front.length };
}

/** The classes and functions of the package's face. */
async function publicNames(root: string): Promise<string[]> {
  const face = await readFile(join(root, "provider/index.ts"), "utf8");
  return [...face.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type ")),
  );
}
