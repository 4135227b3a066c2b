import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Kind } from "../../provider/schema/table/field";
import { Course } from "./course";
import { LxdStand } from "./lxdStand";
import type { Row } from "./row";
import { allRows, fieldsOf, staticFate } from "./table";

/** A kind is here as soon as its fields have rows (rows/lxd*.ts). */
const KINDS = ["Vm", "LxdNetwork", "LxdProject", "StoragePool", "StorageVolume"] as const satisfies Kind[];

/** `npm run fates -- 'LxdNetwork ipv4'` tries those rows alone; then missing ones are no matter. */
const only = process.env["VMHOST_FATES"];
const rows = allRows("lxd").filter(
  ({ kind, field }) => only === undefined || new RegExp(only).test(`${kind} ${field}`),
);
const course = new Course(rows, LxdStand.start);

/** Said once, not by every row. */
let failure: unknown;

beforeAll(async () => {
  if (rows.length > 0) await course.run().catch((error: unknown) => (failure = error));
}, 900_000);
afterAll(() => course.end());

test("preview and refresh are clean, before and after", () => {
  if (failure !== undefined) throw failure;
  expect(course.unclean.join("\n")).toBe("");
});

describe.each(KINDS)("lxd %s", (kind) => {
  const mine = rows.filter((row) => row.kind === kind);

  test("every field that LXD knows has a row", () => {
    const proven = new Set(mine.map(({ field }) => field));
    const known = fieldsOf(kind, "lxd").map(({ path }) => path);
    if (only === undefined) expect(known.filter((path) => !proven.has(path))).toEqual([]);
    expect([...proven].filter((path) => !known.includes(path))).toEqual([]);
  });

  for (const row of mine) test(titleOf(row), () => prove(row));
});

function titleOf({ field, lacks }: Row): string {
  return lacks === undefined ? field : `${field} (not made here: the host has no ${lacks})`;
}

/** The table's word, the preview's word and what lxc shows are the same thing. */
function prove(row: Row): void {
  const { said, before, after } = course.proof(row);
  const entry = fieldsOf(row.kind, "lxd").find(({ path }) => path === row.field);
  if (entry === undefined) throw new Error(`the table has no ${row.field}`);
  const fate = row.fate ?? staticFate(entry);
  const { op } = said;
  // A secret is not told apart from another in a preview.
  const word = entry.field.secret === true ? (fate ?? "record") : said.word;
  const differ = JSON.stringify(row.a) !== JSON.stringify(row.b);
  if (fate !== undefined && differ) expect(word).toBe(fate);
  if (word === "nothing") return expect(op).toBe("same");
  expect(op).toBe(word === "replace" ? "replace" : "update");
  if (row.lacks !== undefined) return;
  expect(before).not.toMatch(row.shows);
  expect(after).toMatch(row.shows);
}
