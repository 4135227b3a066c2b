import { expect } from "@jest/globals";
import type { Proof } from "./course";
import { LibvirtStand } from "./libvirtStand";
import { guestOf } from "./objects";
import type { Row } from "./row";
import { fates } from "./suite";

fates({
  host: "libvirt",
  kinds: ["Vm", "StoragePool", "StorageVolume", "LibvirtNetwork", "NwFilter", "LibvirtSecret", "VmHost"],
  start: LibvirtStand.start,
  titleOf,
  proveMore: proveOnGuest,
});

function titleOf(row: Row): string {
  const { field, lacks, off } = row;
  if (lacks !== undefined) return `${field} (not made here: the host has no ${lacks})`;
  if (off !== undefined) return `${field} (in the definition: the host has no ${off})`;
  return guestOf(row) === "off" ? field : `${field} (running guest)`;
}

/** A word about running guests is proven on one, unless the host cannot run it. */
function proveOnGuest(row: Row, { said, live, restarted, waiting, left }: Proof, word: string): void {
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
