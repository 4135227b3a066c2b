import { sep } from "node:path";
import type { TestReport } from "./jest.ts";

/** What the fates tests of a report have proven: a line per kind; a field with several rows is proven when all of them are. */
export function provenIn({ testResults }: TestReport): readonly string[] {
  const tests = testResults
    .filter(({ name }) => name.includes(`${sep}test${sep}fates${sep}`))
    .flatMap(({ assertionResults }) => assertionResults);
  const rows = tests.filter(
    ({ title, ancestorTitles }) => ancestorTitles.length > 0 && !/^every /.test(title),
  );
  return [...new Set(rows.map(({ ancestorTitles }) => ancestorTitles[0] ?? ""))].flatMap((kind) => {
    const mine = rows.filter(({ ancestorTitles }) => ancestorTitles[0] === kind);
    const fieldsWith = (words: RegExp): ReadonlySet<string> =>
      new Set(mine.filter(({ title }) => words.test(title)).map(fieldOf));
    const fields = fieldsWith(/^/);
    const failed = new Set(mine.filter(({ status }) => status !== "passed").map(fieldOf));
    const proven = fields.size - failed.size;
    const running = [...fieldsWith(/\(running guest\)/)].filter((field) => !failed.has(field)).length;
    const head = `${kind}: ${proven} of ${fields.size + missingIn(tests, kind)} fields proven`;
    return [
      running === 0 ? head : `${head}, ${running} of them on running guests`,
      ...beyondHost(mine, /\(in the definition: the host has no (.*)\)/, "in the definition alone"),
      ...beyondHost(mine, /\(not made here: the host has no (.*)\)/, "previewed alone"),
    ];
  });
}

const fieldOf = ({ title }: { readonly title: string }): string => title.replace(/ \(.*/, "");

/** What the host lacks, and which fields it would take to see more of. */
function beyondHost(
  rows: readonly { readonly title: string }[],
  words: RegExp,
  how: string,
): readonly string[] {
  const byLack = new Map<string, string[]>();
  for (const row of rows) {
    const lack = words.exec(row.title)?.[1];
    if (lack !== undefined) byLack.set(lack, [...(byLack.get(lack) ?? []), fieldOf(row)]);
  }
  return [...byLack].map(([lack, fields]) => `  ${how}, for want of ${lack}: ${fields.join(", ")}`);
}

/** The message of the test for missing rows lists them one a line. */
function missingIn(tests: readonly { title: string; ancestorTitles: string[] }[], kind: string): number {
  const found = tests.find(
    ({ title, ancestorTitles }) => ancestorTitles[0] === kind && /^every /.test(title),
  );
  const messages = (found as { failureMessages?: string[] } | undefined)?.failureMessages ?? [];
  return messages.join("\n").match(/^\S*\+\s+"/gm)?.length ?? 0;
}
