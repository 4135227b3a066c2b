import { describe, expect, test } from "@jest/globals";
import { changesBetween } from "../../../provider/lifecycle/diff";
import { snapshot } from "../../../provider/lifecycle/snapshot";
import { snapshotFields } from "../../../provider/schema/snapshot";
import { complaintsOf } from "./complaints";

const given = { host: "qemu:///system", owner: "p/s/Snapshot/a", vm: "web", name: "a" };

describe("the inputs of a snapshot", () => {
  test("are filled in: disks alone, quiesced if that is possible", () => {
    expect(snapshot.type.safeParse(given)).toMatchObject({
      success: true,
      data: { memory: false, quiesce: "ifPossible" },
    });
  });

  test("are refused at their places", () => {
    expect(
      complaintsOf(snapshotFields, { ...given, host: undefined, vm: "", quiesce: "maybe", memroy: true }),
    ).toEqual([
      'memroy: unknown property "memroy"; did you mean "memory"?',
      "host: is required",
      "vm: must not be empty",
      expect.stringMatching(/^quiesce: .*ifPossible/),
    ]);
  });

  test("`revert` acts when it is given or changed, and never when it is taken away", () => {
    const fates = (before?: string, after?: string): unknown[] =>
      changesBetween(snapshotFields, { ...given, revert: before }, { ...given, revert: after }).map(
        ({ path, fate }) => [path.join("."), fate],
      );
    expect(fates(undefined, "a")).toEqual([["revert", "live"]]);
    expect(fates("a", "b")).toEqual([["revert", "live"]]);
    expect(fates("a", undefined)).toEqual([["revert", "record"]]);
    expect(fates("a", "a")).toEqual([]);
  });

  test("memory makes it another snapshot; how it was quiesced is history", () => {
    const before = { ...given, memory: false, quiesce: true };
    const changes = changesBetween(snapshotFields, before, { ...before, memory: true, quiesce: false });
    expect(changes.map(({ path, fate }) => [path.join("."), fate])).toEqual([["memory", "replace"]]);
  });
});
