import { expect, test } from "@jest/globals";
import { changesOf } from "../../../provider/lifecycle/engine/check";
import { formatPath } from "../../../provider/lifecycle/engine/diff";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { emptiedDrives } from "../../../provider/lifecycle/vm/drives";

const at = (address: string, rest: Plain): Plain => ({ host: { address }, ...rest });
const said = (before: Plain, after: Plain, address = "qemu:///system"): unknown =>
  Object.fromEntries(
    changesOf(vm as unknown as Handler<never>, at(address, before), at(address, after)).map(
      ({ path, fate }) => [formatPath(path), fate],
    ),
  );
const one = (disk: Plain): Plain => ({ disks: [{ name: "d", bus: "sata", ...disk }] });
const cd = (rest: Plain): Plain => one({ device: "cdrom", ...rest });
const disk = (rest: Plain): Plain => one({ device: "disk", ...rest });

test.each([
  [{ path: "/a.iso" }, { path: "/b.iso" }, { "disks[0].path": "live" }],
  [{ path: "/a.iso" }, {}, { "disks[0].path": "live" }],
  [{}, { volume: "p/a" }, { "disks[0].volume": "live" }],
  [{ path: "/a.iso" }, { volume: "p/a" }, { "disks[0].volume": "live", "disks[0].path": "live" }],
  [
    { path: "/a", format: "raw" },
    { path: "/b", format: "qcow2" },
    { "disks[0].path": "live", "disks[0].format": "live" },
  ],
  [{ path: "/a", format: "raw" }, { path: "/a", format: "qcow2" }, { "disks[0].format": "restart" }],
])("the medium of a drive changes at once: %j to %j", (before, after, words) => {
  expect(said(cd(before), cd(after))).toEqual(words);
});

test("a disk has another image that exists at its next start, and is made anew where it is the VM's own", () => {
  expect(said(disk({ path: "/a" }), disk({ path: "/b" }))).toEqual({ "disks[0].path": "restart" });
  expect(said(disk({ volume: "p/a" }), disk({ path: "/b" }))).toEqual({
    "disks[0].volume": "restart",
    "disks[0].path": "restart",
  });
  expect(said(disk({ path: "/a" }), disk({}))).toEqual({ "disks[0].path": "replace" });
  expect(said(disk({}), disk({ volume: "p/a" }))).toEqual({ "disks[0].volume": "replace" });
  expect(said(disk({ format: "raw" }), disk({ format: "qcow2" }))).toEqual({ "disks[0].format": "replace" });
  // LXD swaps volumes while a guest runs.
  expect(said(disk({ volume: "p/a" }), disk({ volume: "p/b" }), "unix:///x")).toEqual({
    "disks[0].volume": "live",
  });
});

test("nothing is plugged into a bus without hot-plug", () => {
  const disks = (bus: string): Plain => ({ disks: [{ name: "d", bus, device: "disk" }] });
  for (const bus of ["sata", "ide", "fdc"]) {
    expect(said({}, disks(bus))).toEqual({ "disks[0]": "restart" });
    expect(said(disks(bus), { disks: [] })).toEqual({ disks: "restart" });
  }
  for (const bus of ["virtio", "scsi", "usb"]) expect(said({}, disks(bus))).toEqual({ "disks[0]": "live" });
  const seed = { cloudInit: { userData: "a" } };
  expect(said({}, seed)).toEqual({ cloudInit: "restart" });
  expect(said(seed, { cloudInit: { userData: "b" } })).toEqual({ "cloudInit.userData": "live" });
  const arm = { os: { arch: "aarch64" } };
  expect(said(arm, { ...arm, ...seed })).toEqual({ cloudInit: "live" });
});

test("a drive is emptied when the program takes its medium out, and only then", () => {
  expect(emptiedDrives(cd({}), cd({ path: "/a.iso" }))).toEqual(["d"]);
  expect(emptiedDrives(cd({}), cd({}))).toEqual([]);
  expect(emptiedDrives(cd({ volume: "p/a" }), cd({ path: "/a.iso" }))).toEqual([]);
  expect(emptiedDrives(disk({}), disk({ path: "/a" }))).toEqual([]);
  expect(emptiedDrives(cd({}), {})).toEqual([]);
});
