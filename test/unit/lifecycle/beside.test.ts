import { expect, test } from "@jest/globals";
import { ignoring, parsePath, takeBeside, withReplacements } from "../../../provider/lifecycle/engine/beside";
import type { Change, Path } from "../../../provider/lifecycle/engine/diff";
import { BESIDE_KEY, type Beside } from "../../../provider/schema/table/beside";

const change = (...path: Path): Change => ({ path, fate: "live", before: 1, after: 2 });

function replacedBy(
  replaceOnChanges: readonly string[] | undefined,
  ...changes: readonly Change[]
): string[] {
  const beside: Beside = replaceOnChanges === undefined ? {} : { replaceOnChanges };
  const { given } = takeBeside({ owner: "a/b/Vm/x", [BESIDE_KEY]: beside });
  expect(given).toEqual({ owner: "a/b/Vm/x" });
  return withReplacements(changes, given)
    .filter(({ fate }) => fate === "replace")
    .map(({ path }) => path.join("/"));
}

test("paths are read as Pulumi writes them", () => {
  expect(parsePath("disks[0].size")).toEqual(["disks", 0, "size"]);
  expect(parsePath("interfaces[*].mac")).toEqual(["interfaces", "*", "mac"]);
  expect(parsePath('config["user.note"].x')).toEqual(["config", "user.note", "x"]);
});

test("a change of what replaceOnChanges names, or of what is below it, makes the object anew", () => {
  const size = change("disks", 1, "size");
  expect(replacedBy(["disks"], size, change("memory"))).toEqual(["disks/1/size"]);
  expect(replacedBy(["disks[*].size"], size, change("disks", 0))).toEqual(["disks/1/size"]);
  expect(replacedBy(["disks[0]"], size)).toEqual([]);
  expect(replacedBy(["*"], change("owner"), change("memory"))).toEqual(["memory"]);
  // A program that no longer says it, has not said it.
  expect(replacedBy(undefined, size)).toEqual([]);
});

test("what check computes of ignored inputs stays as it was", () => {
  const before = { files: [{ path: "/a", sha256: "old" }], memory: 1 };
  const news = {
    files: [
      { path: "/a", sha256: "new" },
      { path: "/b", sha256: "b" },
    ],
    memory: 2,
  };
  expect(ignoring({ ignoreChanges: ["files[*].sha256"] }, news, before)).toEqual({
    files: [
      { path: "/a", sha256: "old" },
      { path: "/b", sha256: "b" },
    ],
    memory: 2,
  });
  expect(ignoring({ ignoreChanges: ["files", "title"] }, news, before)).toEqual({ ...before, memory: 2 });
  expect(ignoring({}, news, before)).toBe(news);
});
