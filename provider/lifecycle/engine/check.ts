import { hostFields } from "../../schema/address/connection";
import type { Fields } from "../../schema/table/field";
import type { Complaint } from "../../schema/table/gate";
import { reachComplaints } from "../../schema/table/reach";
import { isOutputText } from "../../schema/table/outputText";
import { hasUnknown } from "../../schema/table/unknown";
import { withReplacements } from "./beside";
import { changesBetween, formatPath, type Change, type Path } from "./diff";
import type { Handler } from "../kind/handler";
import { outputTexts } from "./outputText";
import { toState, type Plain } from "./state";

export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

export interface CheckResult {
  readonly inputs: Plain;
  readonly failures: readonly CheckFailure[];
}

/** The gate: everything that can be said about the inputs without asking the host, all of it at once. */
export function check(handler: Handler<never>, olds: Plain, news: Plain): CheckResult {
  const texts = outputTexts(news);
  if (texts.length > 0) return { inputs: news, failures: failuresOf(handler.fields, texts, news) };
  const shaped = handler.shape?.(news, olds) ?? news;
  const result = handler.type.safeParse(shaped);
  const beyond = reachComplaints(handler.kind, handler.fields, shaped);
  if (!result.success)
    return { inputs: news, failures: failuresOf(handler.fields, [...result.error.issues, ...beyond], news) };
  if (beyond.length > 0) return { inputs: news, failures: failuresOf(handler.fields, beyond, news) };
  const inputs = toState(handler.fill?.(result.data as Plain, olds, shaped) ?? (result.data as Plain));
  return { inputs, failures: failuresOf(handler.fields, guarded(handler, olds, inputs), inputs) };
}

/** What would destroy data. */
export function guarded(handler: Handler<never>, olds: Plain, inputs: Plain): readonly Complaint[] {
  const known = Object.keys(olds).length > 0 && !hasUnknown(inputs);
  return known ? (handler.guard?.(changesOf(handler, olds, inputs), inputs, olds) ?? []) : [];
}

/** All differences, as the table and the handler see them. */
export function changesOf(handler: Handler<never>, olds: Plain, news: Plain): readonly Change[] {
  const changes = changesBetween(handler.fields, olds, news);
  return withReplacements(handler.refine?.(changes, news, olds) ?? changes, news);
}

/** Whether a path leads to a secret, or into one. */
function isSecret(fields: Fields, path: readonly PropertyKey[]): boolean {
  const [first, ...rest] = path.filter((part) => typeof part !== "number");
  const field = first === undefined ? undefined : fields[String(first)];
  if (field === undefined) return false;
  const inner = field.fields ?? field.each?.fields ?? (first === "host" ? hostFields : {});
  return field.secret === true || isSecret(inner, rest);
}

/** Of a web address the name, the password and what comes behind a question mark may be keys; of others the password is. */
const KEYED = /^https?:\/\/([^/?#]*@|.*\?)|:\/\/[^/?#@]*:[^/?#@]*@/is;

/** An address with a key in it, which is not for printing. */
function hasKey(value: unknown): boolean {
  return typeof value === "string" && KEYED.test(value);
}

/** Complaints about `inputs` as the engine takes them, each once. */
export function failuresOf(
  fields: Fields,
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
  inputs: Plain,
): CheckFailure[] {
  const seen = new Set<string>();
  return issues.flatMap(({ path, message }) => {
    const at = formatPath(path as Path);
    const failure =
      isSecret(fields, path) || hasKey(inputs[at])
        ? { property: "", reason: `${at} ${message}` }
        : { property: at, reason: message };
    const key = JSON.stringify(failure);
    return seen.has(key) ? [] : (seen.add(key), [failure]);
  });
}

/**
 * The engine prints the value at the property it is told. It finds none below the top (`value {<nil>}`), and writes objects and
 * lists in a way of its own: there the place goes into the reason.
 */
export function asEnginePrints({ inputs, failures }: CheckResult): CheckResult {
  const printed = failures.map(({ property, reason }) =>
    property === "" || isPrintable(inputs[property])
      ? { property, reason }
      : { property: "", reason: `${property}: ${reason}` },
  );
  return { inputs, failures: printed };
}

function isPrintable(value: unknown): boolean {
  return typeof value === "string"
    ? !isOutputText(value)
    : typeof value === "number" || typeof value === "boolean";
}
