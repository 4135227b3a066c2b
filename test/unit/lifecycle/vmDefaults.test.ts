import { describe, expect, test } from "@jest/globals";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { complaints } from "../schema/complaints";

const DEFAULTS = {
  memory: "1GiB",
  cpu: { mode: "host-model", share: 2 },
  graphics: true,
  raw: "<a/>",
  disk: { cache: "none", discard: "unmap" },
  nic: { filter: "clean-traffic" },
};

const inputs = (news: Plain, defaults: Plain = DEFAULTS, olds: Plain = {}): Plain => {
  const host = { address: "qemu:///system", vmDefaults: defaults };
  const { inputs: passed, failures } = check(vm as never, olds, { host, owner: "p/s/Vm/web", ...news });
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return passed;
};

describe("a host's defaults for its VMs", () => {
  test("hold where the program says nothing, at every depth", () => {
    expect(inputs({ cpu: 0.5, raw: ["<b/>"], interfaces: [{ network: "lan" }] })).toMatchObject({
      memory: 1024,
      cpu: { mode: "host-model", share: 0.5 },
      graphics: { type: "vnc" },
      raw: ["<a/>", "<b/>"],
      interfaces: [{ filter: "clean-traffic" }],
    });
  });

  test("give way to what the VM says, and leave drives alone", () => {
    const passed = inputs({
      memory: 64,
      graphics: false,
      disks: [
        { size: 1, cache: "writeback" },
        { name: "cd", device: "cdrom" },
      ],
    });
    expect(passed).toMatchObject({
      memory: 64,
      disks: [{ cache: "writeback", discard: "unmap" }, { name: "cd" }],
    });
    expect(passed).not.toHaveProperty("graphics");
    expect(passed["disks"]).toHaveProperty("1.device", "cdrom");
    expect(passed["disks"]).not.toHaveProperty("1.cache");
  });

  test("say nothing of a VM that is adopted, now or by then", () => {
    expect(inputs({ adopt: true })).not.toHaveProperty("memory");
    const before = inputs({ adopt: "old" });
    expect(inputs({}, DEFAULTS, before)).not.toHaveProperty("graphics");
  });

  test("are looked at where they are given", () => {
    const vmDefaults = {
      memory: "much",
      name: "a",
      grafics: true,
      disk: { cache: "fast" },
      cpu: { shares: 1 },
    };
    expect(complaints("VmHost", { vmDefaults })).toEqual([
      expect.stringMatching(/^vmDefaults.memory: "much" is no size/),
      expect.stringMatching(/^vmDefaults.name: is /),
      'vmDefaults.grafics: is unknown; did you mean "graphics"?',
      expect.stringMatching(/^vmDefaults.disk.cache: /),
      "vmDefaults.cpu.shares: must be from 2 to 262144 (libvirt's rule)",
    ]);
    expect(complaints("VmHost", { vmDefaults: DEFAULTS })).toEqual([]);
  });
});
