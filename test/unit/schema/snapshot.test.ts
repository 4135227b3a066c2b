import { describe, expect, test } from "@jest/globals";
import { changesOf, check } from "../../../provider/lifecycle/engine/check";
import { changesBetween } from "../../../provider/lifecycle/engine/diff";
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

  test("are of a VM or of a volume, and of a volume alone where there is no guest to ask", () => {
    const refused = (input: Record<string, unknown>): string[] => {
      const { host, owner } = given;
      return check(snapshot as never, {}, { host, owner, name: "a", ...input }).failures.map(
        ({ property, reason }) => `${property}: ${reason}`,
      );
    };
    const lxd = "unix:///x";
    expect(refused({ host: lxd, volume: "p/v" })).toEqual([]);
    expect(refused({})).toEqual(["vm: or `volume` is required"]);
    expect(refused({ host: lxd, vm: "web", volume: "p/v" })).toEqual(["volume: cannot stand beside `vm`"]);
    expect(refused({ host: lxd, volume: "v" })).toEqual(["volume: must be a StorageVolume or `pool/name`"]);
    expect(refused({ host: lxd, volume: "p/v", memory: true })).toEqual([
      "memory: cannot be true: a volume has none",
    ]);
    expect(refused({ volume: "p/v" })).toEqual([
      "volume: is not possible on a libvirt host: its snapshots are of a VM with all its disks; name that as `vm`",
    ]);
  });

  test("follow a StorageVolume that gets another name, and are of another one where it is made anew", () => {
    const fates = (before: string[], after: string[]): unknown[] => {
      const of = ([volume, volumeId]: string[]): Record<string, unknown> => ({
        ...given,
        vm: undefined,
        volume,
        volumeId,
      });
      return changesOf(snapshot as never, of(before), of(after)).map(({ path, fate }) => [
        path.join("."),
        fate,
      ]);
    };
    expect(fates(["p/a", "p/a"], ["p/b", "p/a"])).toEqual([["volume", "record"]]);
    expect(fates(["p/a", "p/a"], ["p/b", "p/b"])).toEqual([
      ["volume", "replace"],
      ["volumeId", "replace"],
    ]);
    expect(fates(["p/a"], ["p/b"])).toEqual([["volume", "replace"]]);
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
