import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";

const root = join(__dirname, "../../..");

/** The file that a project runs. */
function programOf(file: string): string {
  const { main } = parse(readFileSync(join(root, file), "utf8")) as { main: string };
  return resolve(dirname(join(root, file)), main);
}

test("the project at the top of a checkout runs the quickstart's program", () => {
  expect(programOf("Pulumi.yaml")).toBe(programOf("examples/quickstart/Pulumi.yaml"));
});
