import { changesBetween, formatPath, type Change } from "../../provider/lifecycle/engine/diff";
import { storageVolume } from "../../provider/lifecycle/storageVolume";
import { vm } from "../../provider/lifecycle/vm";
import type { Fate } from "../../provider/schema/table/field";
import { tables } from "../../provider/schema";
import type { PreviewOutcome } from "../support/pulumi";
import { carrierOf } from "./objects";
import { nameOf, type Args, type Row } from "./row";
import { fieldsOf } from "./table";

/** What a preview says of a row. */
export interface Said {
  /** What it would do to the object as a whole. */
  readonly op: "same" | "update" | "replace" | "other";
  /** What the field's change is by the table, computed from the very inputs that the preview has compared. */
  readonly word: Fate | "nothing";
  /** Whether it names the field as one that a running guest gets at its next start. */
  readonly waits: boolean;
}

export function saidOf(row: Row, { steps, stdout }: Pick<PreviewOutcome, "steps" | "stdout">): Said {
  const name = carrierOf(row);
  const mine = steps.filter((step) => step.name === name);
  const [before] = mine.flatMap(({ oldState }) => (oldState?.inputs === undefined ? [] : [oldState.inputs]));
  const [after] = mine.flatMap(({ newState }) => (newState?.inputs === undefined ? [] : [newState.inputs]));
  const all = changesBetween(tables[row.kind].fields, before ?? {}, after ?? {});
  const { refine } = row.kind === "Vm" ? vm : row.kind === "StorageVolume" ? storageVolume : {};
  const refined = refine?.(all, after ?? {}, before ?? {});
  const changes = (refined ?? all).filter((change) => isOf(row, change, after ?? {}));
  const announced = new RegExp(`${name}: (.*) at its next start`).exec(stdout)?.[1]?.split(", ") ?? [];
  return {
    op: operation(mine.map(({ op }) => op)),
    word: changes.some(({ fate }) => fate === "replace") ? "replace" : (changes[0]?.fate ?? "nothing"),
    waits: changes.some(({ path }) => announced.includes(formatPath(path))),
  };
}

function operation(ops: readonly string[]): Said["op"] {
  if (ops.some((op) => op.includes("replace"))) return "replace";
  const [op = "same"] = ops;
  return op === "same" || op === "update" ? op : "other";
}

/** Whether the change is the row's: of its field, in its element of a list. */
function isOf(row: Row, { path, before, after }: Change, inputs: Args): boolean {
  const words = path.map((part) => (typeof part === "number" ? "[]" : part));
  const field = words.join(".").replaceAll(".[]", "[]");
  const key = fieldsOf(row.kind, "any").find((each) => each.path === row.field)?.keyOf?.each?.key;
  const list = row.field.slice(0, Math.max(0, row.field.lastIndexOf("[]")));
  if (key !== undefined) {
    const element = (before ?? after) as Args | undefined;
    const value = (args: Args): unknown => (inside(args, list) as readonly Args[] | undefined)?.[0]?.[key];
    return (field === list || field === `${list}[]`) && [value(row.a), value(row.b)].includes(element?.[key]);
  }
  if (field !== row.field && !row.field.startsWith(`${field}.`)) return false;
  // Each disk and each interface has rows of its own.
  if (list.includes(".") || list === "") return true;
  const index = path.find((part) => typeof part === "number");
  const [mine] = changedItems(row, list);
  const theirs = index === undefined ? undefined : (inputs[String(path[0])] as readonly Args[])[index];
  return mine === undefined || nameOf(mine) === undefined || nameOf(theirs ?? {}) === nameOf(mine);
}

/** The elements of the list that are not as they were; a row may need others beside its own. */
function changedItems({ a, b }: Row, list: string): readonly Args[] {
  const [before, after] = [a, b].map((side) => (inside(side, list) as readonly Args[] | undefined) ?? []);
  const texts = new Set(before?.map((item) => JSON.stringify(item)));
  return after?.filter((item) => !texts.has(JSON.stringify(item))) ?? [];
}

/** What stands at `numa.cells` or at `ips[].dhcp.ranges`; of lists the first element. */
function inside(args: Args, path: string): unknown {
  return path.split(".").reduce<unknown>((found, word) => {
    const name = word.replace("[]", "");
    const value = (found as Args | undefined)?.[name];
    return word === name ? value : (value as readonly unknown[] | undefined)?.[0];
  }, args);
}
