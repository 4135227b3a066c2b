import { expect, test } from "@jest/globals";
import { changesBetween } from "../../../provider/lifecycle/engine/diff";
import { carrying, detailsOf, showDetails, type Detail } from "../../../provider/lifecycle/engine/details";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vmFields } from "../../../provider/schema/vm";

function shown(before: Plain, after: Plain): Record<string, string> {
  const details = detailsOf(vmFields, changesBetween(vmFields, before, after), before, after);
  return Object.fromEntries(
    details.map(({ path, kind, replaces }: Detail) => [path, kind + (replaces ? ", replaces" : "")]),
  );
}

const disk = (name: string, size: number): Plain => ({ name, size, pool: "p" });

test("a change is shown at its own place, as what it is", () => {
  expect(shown({ memory: 1, title: "a" }, { memory: 2, description: "b" })).toEqual({
    memory: "update",
    title: "delete",
    description: "add",
  });
  expect(shown({ disks: [disk("a", 1), disk("b", 1)] }, { disks: [disk("a", 1), disk("b", 2)] })).toEqual({
    "disks[1].size": "update",
  });
  expect(shown({ disks: [disk("a", 2)] }, { disks: [disk("a", 1), disk("b", 1)] })).toEqual({
    "disks[0].size": "update, replaces",
    "disks[1]": "add",
  });
});

test("a list whose elements have other places is shown as a whole, once", () => {
  const [a, b] = [disk("a", 1), disk("b", 1)];
  expect(shown({ disks: [a, b] }, { disks: [b] })).toEqual({ disks: "update" });
  expect(shown({ disks: [a, b] }, { disks: [disk("b", 2), a] })).toEqual({ disks: "update" });
});

test("whose an object is, is nothing that a program writes", () => {
  expect(shown({ owner: "a/b/Vm/x" }, { owner: "a/b/Vm/y" })).toEqual({});
});

test("outside of the SDK's own process nothing is carried, and nothing of the SDK is touched", () => {
  showDetails();
  expect(carrying([{ path: "memory", kind: "update", replaces: false }])).toBe(true);
});
