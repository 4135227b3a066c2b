import { describe, expect, test } from "@jest/globals";
import { changesOf } from "../../../provider/lifecycle/engine/check";
import { changesBetween, formatPath } from "../../../provider/lifecycle/engine/diff";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { vm } from "../../../provider/lifecycle/vm";
import { vmFields } from "../../../provider/schema/vm";

test("a device that is switched on or off is a change, whatever it has by default", () => {
  const fates = (before: object, after: object): unknown =>
    changesBetween(vmFields, { ...before }, { ...after }).map(({ path, fate }) => [formatPath(path), fate]);
  const tpm = { tpm: { type: "emulator" } };
  expect(fates({}, tpm)).toEqual([["tpm", "restart"]]);
  expect(fates(tpm, {})).toEqual([["tpm", "restart"]]);
  expect(fates(tpm, tpm)).toEqual([]);
  expect(fates({ watchdog: { action: "reset" } }, { watchdog: { action: "none" } })).toEqual([
    ["watchdog.action", "restart"],
  ]);
});

test("so is a group that is given empty, where its absence means something else", () => {
  const names = (before: object, after: object): string[] =>
    changesBetween(vmFields, { ...before }, { ...after }).map(({ path }) => formatPath(path));
  const groups = {
    firmware: { type: "uefi" },
    sound: { model: "ich9" },
    video: { model: "virtio" },
    cloudInit: {},
  };
  for (const [name, group] of Object.entries(groups)) {
    expect(names({}, { [name]: group })).toEqual([name]);
    expect(names({ [name]: group }, {})).toEqual([name]);
  }
  // The usual BIOS is what a VM has without a word.
  expect(names({}, { firmware: { type: "bios" } })).toEqual([]);
  expect(names({ firmware: { type: "bios" } }, {})).toEqual([]);
  expect(names({}, { rng: { backend: "random" } })).toEqual([]);
});

describe("on LXD the preview's word is that of the instance", () => {
  const said = (host: string, fields: object, before: object, after: object): Record<string, string> => {
    const of = (own: object): Record<string, unknown> => ({ host: { address: host }, ...fields, ...own });
    const changes = changesOf(vm as unknown as Handler<never>, of(before), of(after));
    return Object.fromEntries(changes.map(({ path, fate }) => [formatPath(path), fate]));
  };
  const disk = (name: string, own: object): object => ({ name, pool: "p", ...own });
  const disks = (size: number, own: object): object => ({
    disks: [disk("root", { size }), disk("data", { size, ...own })],
  });
  const before = { memory: 64, cores: 1, ...disks(10, {}) };
  const after = { memory: 96, cores: 2, ...disks(20, { readOnly: true, iotune: { readIopsSec: 5 } }) };

  test.each([
    ["unix:///x", { instanceType: "virtual-machine" }, "restart", "restart", "restart", "restart"],
    ["unix:///x", { instanceType: "container" }, "live", "live", "live", "live"],
    ["qemu:///system", {}, "live", "live", "live", "restart"],
  ])("%s %j", (host, fields, memory, root, iotune, readOnly) => {
    expect(said(host, fields, before, after)).toEqual({
      memory,
      cores: "live",
      "disks[0].size": root,
      "disks[1].size": "live",
      "disks[1].readOnly": readOnly,
      "disks[1].iotune.readIopsSec": iotune,
    });
  });

  test("less memory is taken back from a running guest, a container's own keys are read at its start", () => {
    const machine = { instanceType: "virtual-machine" };
    expect(said("unix:///x", machine, { memory: 96 }, { memory: 64 })).toEqual({ memory: "live" });
    const keys = (nesting: boolean): object => ({ config: { "security.nesting": String(nesting) } });
    expect(said("unix:///x", { instanceType: "container" }, keys(false), keys(true))).toEqual({
      config: "restart",
    });
  });
});
