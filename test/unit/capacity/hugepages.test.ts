import { describe, expect, test } from "@jest/globals";
import { judge } from "../../../provider/capacity/books";
import { pagesLeft, type PagedClaim, type PagedVm } from "../../../provider/capacity/hugepages";
import { refusal } from "../../../provider/capacity/refusal";

const GIB = 1024;
/** 8 GiB in pages of 2 MiB, and one page of 1 GiB. */
const hugepages = [
  { pageKiB: 2048, pages: 4096 },
  { pageKiB: 1024 * GIB, pages: 1 },
];
const vm = (id: string, gib: number, state = "running"): PagedVm => ({
  ...{ id, owner: id, state, memoryMiB: gib * GIB, hugepages: true },
});
const claim = (owner: string, gib: number, more: Partial<PagedClaim> = {}): PagedClaim => ({
  ...{ owner, memoryMiB: gib * GIB, hugepages: true },
  ...more,
});
const left = (given: {
  others?: PagedVm[];
  claims?: PagedClaim[];
  mine?: PagedVm;
  wanted?: Omit<PagedClaim, "owner">;
  free?: { gib: number; vms?: PagedVm[] };
}): number => {
  const { others = [], claims = [], mine, wanted = {}, free } = given;
  const pages = [{ pageKiB: 2048, pages: (free?.gib ?? 0) * 512 }];
  const books = { hugepages, ...(free === undefined ? {} : { free: { pages, vms: free.vms ?? [] } }) };
  const beside = { others, claims, ...(mine === undefined ? {} : { mine }) };
  return pagesLeft(books, 2048, wanted, beside).freePages / 512;
};

describe("pages that one more VM can have, in GiB", () => {
  test("are those set aside, without those of other VMs and of those that are planned", () => {
    expect(left({})).toBe(8);
    expect(left({ others: [vm("a", 1), vm("b", 2, "stopped")] })).toBe(5);
    expect(left({ claims: [claim("new", 3)] })).toBe(5);
    expect(left({ others: [vm("a", 1)], claims: [claim("a", 3)] })).toBe(5);
    expect(left({ others: [vm("a", 3)], claims: [claim("a", 1)] })).toBe(5);
    expect(left({ others: [vm("a", 3)], claims: [{ owner: "a", memoryMiB: GIB }] })).toBe(5);
    expect(left({ others: [vm("a", 9)] })).toBe(0);
  });

  test("are no more than are free now, what planned guests have by now aside", () => {
    expect(left({ free: { gib: 2 } })).toBe(2);
    expect(left({ free: { gib: 2 }, claims: [claim("new", 1)] })).toBe(1);
    const on = vm("a", 1);
    expect(left({ free: { gib: 2, vms: [on] }, others: [on], claims: [claim("a", 1)] })).toBe(2);
    // It was made since then: its pages were free when the host was asked.
    expect(left({ free: { gib: 2 }, others: [on], claims: [claim("a", 1)] })).toBe(1);
    const off = vm("a", 1, "stopped");
    expect(left({ free: { gib: 2, vms: [off] }, others: [off], claims: [claim("a", 1)] })).toBe(2);
    expect(
      left({ free: { gib: 2, vms: [off] }, others: [off], claims: [claim("a", 1, { stopped: false })] }),
    ).toBe(1);
    expect(left({ free: { gib: 2 }, claims: [claim("new", 1, { stopped: true })] })).toBe(2);
  });

  test("are its own, too, for one that is on; and all that are set aside for one that stays off", () => {
    const mine = vm("me", 1);
    expect(left({ free: { gib: 2, vms: [mine] }, mine })).toBe(3);
    expect(left({ free: { gib: 2 }, wanted: { stopped: true } })).toBe(8);
  });
});

describe("a refusal", () => {
  const rules = { cpuOvercommitRatio: 10, memoryOvercommitRatio: 10 };
  const books = { total: { cores: 8, memoryMiB: 64 * GIB }, hugepages, vms: [] };
  const said = (pages: boolean | number, gib: number, planned: PagedClaim[] = []): string | undefined => {
    const wanted = { name: "web", cores: 1, ...claim("web", gib, { hugepages: pages }) };
    const claims = planned.map((each) => ({ name: each.owner, cores: 1, ...each }));
    return refusal(judge(books, rules, wanted, undefined, claims), { host: "kvm1" }).split("\n")[1];
  };

  test("says what the others of the program take, and what to do", () => {
    expect(said(true, 6, [claim("a", 3)])).toBe(
      "  requested 6144 MiB in huge pages, 1024 MiB missing; free 5120 MiB (never overcommitted); other VMs of this program take 3072 MiB; `vm.nr_hugepages` there sets more of them aside",
    );
  });

  test("names the sizes that the host has", () => {
    expect(said(16, 1)).toBe(
      "  requested 1024 MiB in huge pages of 16 MiB, which it has not; it has 2 MiB and 1 GiB",
    );
  });
});
