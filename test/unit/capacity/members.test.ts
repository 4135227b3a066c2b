import { expect, test } from "@jest/globals";
import { judge, type Books, type Claim, type HostVm } from "../../../provider/capacity/books";
import { largestMachine } from "../../../provider/capacity/members";

const rules = { cpuOvercommitRatio: 1, memoryOvercommitRatio: 1 };
const member = (name: string, memoryMiB: number, groups: string[] = [], open = true) => ({
  name,
  groups,
  open,
  total: { cores: 8, memoryMiB },
});
const vm = (name: string, memoryMiB: number, on?: string): HostVm => ({
  id: name,
  name,
  owner: name,
  cores: 1,
  memoryMiB,
  ...(on === undefined ? {} : { member: on }),
});
const MEMBERS = [member("a", 1000), member("b", 2000, ["fast"]), member("c", 4000, ["fast"], false)];
const books = (...vms: HostVm[]): Books => ({ total: { cores: 24, memoryMiB: 7000 }, members: MEMBERS, vms });
const claim = (memoryMiB: number, target?: string): Claim => ({
  owner: "new",
  name: "new",
  cores: 1,
  memoryMiB,
  ...(target === undefined ? {} : { target }),
});
const judged = (
  all: Books,
  wanted: Claim,
  mine?: HostVm,
  claims: Claim[] = [],
): [boolean, string | undefined] => {
  const { fits, member: on } = judge(all, rules, wanted, mine, claims);
  return [fits, on];
};

test.each([
  // Wherever the host likes, while any will do.
  [900, undefined, [true, undefined]],
  // Only one has the room, and is named.
  [1500, undefined, [true, "b"]],
  // The whole cluster has it and no machine that takes VMs.
  [2500, undefined, [false, "b"]],
  [900, "a", [true, undefined]],
  [1500, "a", [false, "a"]],
  [1500, "@fast", [true, undefined]],
  [2500, "@fast", [false, "b"]],
  // Asked for by its name, it is the host that says no.
  [2500, "c", [true, undefined]],
  // Whether there is such a member, the host knows better.
  [2500, "z", [true, undefined]],
  [7500, undefined, [false, undefined]],
])("%i MiB on %s", (memoryMiB, target, expected) => {
  expect(judged(books(), claim(memoryMiB, target))).toEqual(expected);
});

test("VMs count on their own member, and on every one where nobody knows theirs", () => {
  expect(judged(books(vm("x", 800, "a")), claim(500, "a"))).toEqual([false, "a"]);
  expect(judged(books(vm("x", 800, "b")), claim(500, "a"))).toEqual([true, undefined]);
  expect(judged(books(vm("x", 800, "a")), claim(500))).toEqual([true, "b"]);
  expect(judged(books(vm("x", 800)), claim(500, "a"))).toEqual([false, "a"]);
});

test("one that grows does so where it is, and one that goes elsewhere needs all of its room there", () => {
  const mine = { ...vm("new", 600, "a"), owner: "new" };
  const there = books(mine, vm("x", 1500, "b"));
  expect(judged(there, claim(1000), mine)).toEqual([true, undefined]);
  expect(judged(there, claim(1100), mine)).toEqual([false, "a"]);
  expect(judged(there, claim(600, "b"), mine)).toEqual([false, "b"]);
  expect(judged(books(mine), claim(600, "b"), mine)).toEqual([true, undefined]);
});

test("what the program plans counts on the member that it names, and on the only one of a group", () => {
  const other = (target?: string): Claim => ({ ...claim(800, target), owner: "other", name: "other" });
  expect(judged(books(), claim(500, "a"), undefined, [other("a")])).toEqual([false, "a"]);
  expect(judged(books(), claim(500, "a"), undefined, [other("b")])).toEqual([true, undefined]);
  expect(judged(books(), claim(500, "a"), undefined, [other()])).toEqual([true, undefined]);
  const alone: Books = { ...books(), members: [member("a", 1000, ["slow"]), member("b", 2000)] };
  expect(judged(alone, claim(500, "a"), undefined, [other("@slow")])).toEqual([false, "a"]);
});

test("a machine is as large as the largest, whatever a cluster has in all", () => {
  expect(largestMachine(books())).toEqual({ cores: 8, memoryMiB: 4000 });
  expect(largestMachine({ total: { cores: 3, memoryMiB: 5 } })).toEqual({ cores: 3, memoryMiB: 5 });
});
