import { join } from "node:path";
import ts from "typescript";
import { checkoutDir } from "./paths.ts";

/** What a resource or a function tells. */
export interface Output {
  /** `address`; `interfaces[].mac` for what is inside. */
  readonly path: string;
  readonly type: string;
  readonly doc: string;
}

export interface Answer {
  readonly name: string;
  readonly doc: string;
  /** The fields of what is asked, `host` among them. */
  readonly asked: readonly Output[];
  readonly outputs: readonly Output[];
}

const provider = join(checkoutDir(), "provider");
const program = ts.createProgram([join(provider, "index.ts")], {
  strict: true,
  noLib: false,
  skipLibCheck: true,
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  target: ts.ScriptTarget.ES2024,
});
const checker = program.getTypeChecker();

const exported = new Map(
  exportsOf(join(provider, "index.ts")).map((symbol) => {
    const itself = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return [symbol.name, itself.declarations?.[0]] as const;
  }),
);

function exportsOf(file: string): readonly ts.Symbol[] {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  return module ? checker.getExportsOfModule(module) : [];
}

/** The outputs of a kind, in the order of its class. */
export function outputsOf(kind: string): readonly Output[] {
  const itself = exported.get(kind);
  if (itself === undefined || !ts.isClassDeclaration(itself)) throw new Error(`There is no class ${kind}`);
  return itself.members.flatMap((member): Output[] => {
    if (!ts.isPropertyDeclaration(member) && !ts.isGetAccessorDeclaration(member)) return [];
    if (member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) return [];
    const type = insideOutput(member.type);
    return type === undefined ? [] : told(member.name.getText(), type, docOf(member));
  });
}

/** What programs can ask: the functions whose answer is an Output. */
export function answers(): readonly Answer[] {
  return [...exported].flatMap(([name, itself]): Answer[] => {
    const type = itself && ts.isFunctionDeclaration(itself) ? insideOutput(itself.type) : undefined;
    if (type === undefined || itself === undefined || !ts.isFunctionDeclaration(itself)) return [];
    const question = itself.parameters[0]?.type;
    const asked = question === undefined ? [] : fields(checker.getTypeFromTypeNode(question), "", 0);
    return [{ name, doc: docOf(itself), asked, outputs: told("", type, "") }];
  });
}

/** `T` of `pulumi.Output<T>`. */
function insideOutput(node: ts.TypeNode | undefined): ts.Type | undefined {
  if (node === undefined || !ts.isTypeReferenceNode(node)) return undefined;
  const [inside] = node.typeArguments ?? [];
  return node.typeName.getText() === "pulumi.Output" && inside
    ? checker.getTypeFromTypeNode(inside)
    : undefined;
}

const DEPTH = 4;

/** One row for a value, and one for each field of it, when it is of a shape of ours. */
function told(path: string, given: ts.Type, doc: string, depth = 0): Output[] {
  const type = checker.getNonNullableType(given);
  const item = itemOf(type);
  const within = item ? `${path}[].` : path === "" ? "" : `${path}.`;
  const inside = depth < DEPTH && !isReference(type) ? fields(item ?? type, within, depth + 1) : [];
  const word = inside.length === 0 ? wordOf(type) : item ? "[{…}]" : "{…}";
  return path === "" ? inside : [{ path, type: word, doc }, ...inside];
}

/** A host's connection is for handing on; nobody reads what is in it. */
const isReference = (type: ts.Type): boolean =>
  type.aliasSymbol?.name === "HostConnection" || type.symbol?.name === "HostConnection";

function itemOf(type: ts.Type): ts.Type | undefined {
  return checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference)[0] : undefined;
}

function fields(type: ts.Type, prefix: string, depth: number): Output[] {
  if (type.isUnion() || (type.flags & ts.TypeFlags.Object) + (type.flags & ts.TypeFlags.Intersection) === 0)
    return [];
  return checker.getPropertiesOfType(type).flatMap((property) => {
    const at = property.declarations?.find((one) => one.getSourceFile().fileName.startsWith(provider));
    if (at === undefined) return [];
    const doc = ts.displayPartsToString(property.getDocumentationComment(checker));
    return told(
      `${prefix}${property.name}`,
      checker.getTypeOfSymbol(property),
      doc.replaceAll(/\s+/g, " "),
      depth,
    );
  });
}

function wordOf(type: ts.Type): string {
  return checker
    .typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias)
    .replaceAll(/\breadonly /g, "")
    .replaceAll(/\bimport\([^)]*\)\./g, "");
}

function docOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => (typeof comment === "string" ? comment : ""))
    .filter((text) => !text.includes("export const"))
    .join(" ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
