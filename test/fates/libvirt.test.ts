import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Kind } from "../../provider/schema/table/field";
import { guestOf } from "./objects";
import type { Row } from "./row";
import { Course } from "./course";
import { LibvirtStand } from "./libvirtStand";
import { allRows, fieldsOf, staticFate } from "./table";

const KINDS = [
  "Vm",
  "StoragePool",
  "StorageVolume",
  "LibvirtNetwork",
  "NwFilter",
  "LibvirtSecret",
  "VmHost",
] as const satisfies Kind[];

/** `npm run fates -- 'Vm disks'` tries those rows alone; then missing ones are no matter. */
const only = process.env["VMHOST_FATES"];
const rows = allRows().filter(
  ({ kind, field }) => only === undefined || new RegExp(only).test(`${kind} ${field}`),
);
const course = new Course(rows, LibvirtStand.start);

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

describe.each(KINDS)("libvirt %s", (kind) => {
  const mine = rows.filter((row) => row.kind === kind);

  test("every field has a row", () => {
    const proven = new Set(mine.map(({ field }) => field));
    const known = fieldsOf(kind).map(({ path }) => path);
    if (only === undefined) expect(known.filter((path) => !proven.has(path))).toEqual([]);
    expect([...proven].filter((path) => !known.includes(path))).toEqual([]);
  });

  for (const row of mine) test(titleOf(row), () => prove(row));
});

/** What follows the field is counted by `npm run fates`. */
function titleOf(row: Row): string {
  const { field, lacks, off } = row;
  if (lacks !== undefined) return `${field} (not made here: the host has no ${lacks})`;
  if (off !== undefined) return `${field} (in the definition: the host has no ${off})`;
  return guestOf(row) === "off" ? field : `${field} (running guest)`;
}

/** The table's word, the preview's word and what the host's own tools show are the same thing. */
function prove(row: Row): void {
  const { said, before, after, live, restarted, waiting, left } = course.proof(row);
  const entry = fieldsOf(row.kind).find(({ path }) => path === row.field);
  if (entry === undefined) throw new Error(`the table has no ${row.field}`);
  const fate = staticFate(entry);
  // A secret is not told apart from another in a preview.
  const word = entry.field.secret === true ? (fate ?? "record") : said.word;
  if (fate !== undefined && differ(row)) expect(word).toBe(fate);
  if (word === "nothing") return expect(said.op).toBe("same");
  expect(said.op).toBe(word === "replace" ? "replace" : "update");
  if (row.lacks !== undefined) return;
  expect(before).not.toMatch(row.shows);
  expect(after).toMatch(row.shows);
  // A word about running guests is proven on one, unless the host cannot run it.
  if (word === "live" && row.kind === "Vm" && row.field !== "running")
    expect([guestOf(row), row.off]).not.toEqual(["off", undefined]);
  if (guestOf(row) === "off" || row.where !== "xml") return;
  expect(said.waits).toBe(word === "restart");
  if (word === "live") expect(live).toMatch(row.shows);
  if (word !== "restart") return;
  expect(live).not.toMatch(row.shows);
  expect(waiting).toContainEqual(expect.stringMatching(new RegExp(`^${row.field.split(/\W/)[0]}\\b`)));
  expect(restarted).toMatch(row.shows);
  expect(left).toEqual([]);
}

/** A field of one possible value cannot change. */
function differ({ a, b }: Row): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
