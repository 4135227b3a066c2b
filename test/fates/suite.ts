import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HostKind, Kind } from "../../provider/schema/table/field";
import { Course, type Proof, type Stand } from "./course";
import type { Row } from "./row";
import { allRows, fieldsOf, staticFate } from "./table";

export interface Suite {
  readonly host: HostKind;
  readonly kinds: readonly Kind[];
  readonly start: () => Promise<Stand>;
  /** The field, and what `npm run fates` counts behind it. */
  titleOf(row: Row): string;
  /** What there is to prove beside the words and the definition; `word` is the preview's. */
  proveMore?(row: Row, proof: Proof, word: string): void;
}

/** The rows of one kind of host, tried on a real one: the table's word, the preview's word and what the host's own tools show agree. */
export function fates({ host, kinds, start, titleOf, proveMore }: Suite): void {
  // `npm run fates -- 'Vm disks'` tries those rows alone; then missing ones are no matter.
  const only = process.env["VMHOST_FATES"];
  const rows = allRows(host).filter(
    ({ kind, field }) => only === undefined || new RegExp(only).test(`${kind} ${field}`),
  );
  const course = new Course(rows, start);
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

  describe.each(kinds)(`${host} %s`, (kind) => {
    const mine = rows.filter((row) => row.kind === kind);

    test("every field that this kind of host knows has a row", () => {
      const proven = new Set(mine.map(({ field }) => field));
      const known = fieldsOf(kind, host).map(({ path }) => path);
      if (only === undefined) expect(known.filter((path) => !proven.has(path))).toEqual([]);
      expect([...proven].filter((path) => !known.includes(path))).toEqual([]);
    });

    for (const row of mine) test(titleOf(row), () => prove(row));
  });

  function prove(row: Row): void {
    const proof = course.proof(row);
    const { said, before, after } = proof;
    const entry = fieldsOf(row.kind, host).find(({ path }) => path === row.field);
    if (entry === undefined) throw new Error(`the table has no ${row.field}`);
    const fate = row.fate ?? staticFate(entry);
    // A secret is not told apart from another in a preview.
    const word = entry.field.secret === true ? (fate ?? "record") : said.word;
    if (fate !== undefined && differ(row)) expect(word).toBe(fate);
    if (word === "nothing") return expect(said.op).toBe("same");
    expect(said.op).toBe(word === "replace" ? "replace" : "update");
    if (row.lacks !== undefined) return;
    expect(before).not.toMatch(row.shows);
    expect(after).toMatch(row.shows);
    proveMore?.(row, proof, word);
  }
}

/** A field of one possible value cannot change. */
function differ({ a, b }: Row): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
