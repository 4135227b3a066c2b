import { describe, expect, test } from "@jest/globals";
import type { HostDriver, HostFacts } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const machines = { x86_64: { "pc-q35-7.2": 288, q35: 288, pc: 255 }, aarch64: { virt: 512 } };

/** A host of which these facts are known. */
function hostWith(facts: Partial<HostFacts>): Plain {
  const memory = createMemoryHost({ cores: 512, memoryMiB: 65_536 });
  const driver: HostDriver = {
    ...memory.driver,
    facts: async () => ({ ...(await memory.driver.facts()), version: "9.0.0", machines, ...facts }),
  };
  return machineAt(() => driver);
}

const refused = (host: Plain, more: Plain): Promise<string[]> =>
  new Stack("dev").preview("web", { host, memory: 64, ...more });

describe("what a host does not know is refused in preview, with its reason", () => {
  const x86 = hostWith({ architectures: ["x86_64", "i686"], kvmAvailable: true });
  const arm = hostWith({ architectures: ["aarch64"], kvmAvailable: true });
  const old = hostWith({ architectures: ["x86_64"], version: "6.0.0", kvmAvailable: false });
  const ioapic = { ioapic: "qemu" };
  const eim = { eim: true, interruptRemapping: true };

  test.each<[string, Plain, Plain, RegExp]>([
    ["ras", arm, { features: { ras: true } }, /^features\.ras: needs libvirt 10\.4\.0; kvm1 .* has 9\.0\.0$/],
    [
      "pvpanic",
      x86,
      { panic: { model: "pvpanic" } },
      /^panic\.model: needs libvirt 9\.1\.0; kvm1 .* has 9\.0\.0$/,
    ],
    [
      "io_uring",
      old,
      { disks: [{ path: "/a" }, { path: "/b", io: "io_uring" }] },
      /^disks\[1\]\.io: needs libvirt 6\.3\.0; kvm1 .* has 6\.0\.0$/,
    ],
    [
      "packed",
      old,
      { balloon: { packed: true } },
      /^balloon\.packed: needs libvirt 6\.3\.0; kvm1 .* has 6\.0\.0$/,
    ],
    ["gic", x86, { features: { gic: "3" } }, /^features\.gic: exists on ARM alone, and the VM is x86_64$/],
    [
      "isa panic",
      arm,
      { panic: { model: "isa" } },
      /^panic\.model: exists on x86 alone, and the VM is aarch64$/,
    ],
    [
      "timer",
      arm,
      { clock: { timers: [{ name: "hpet", present: false }] } },
      /^clock\.timers\[0\]\.name: exists on x86 alone/,
    ],
    [
      "architecture",
      x86,
      { os: { arch: "aarch64" } },
      /^os\.arch: kvm1 .* runs no guests of aarch64; it has QEMU for x86_64, i686$/,
    ],
    [
      "machine",
      x86,
      { os: { machine: "pc-q35-9.2" } },
      /^os\.machine: the QEMU of kvm1 .* knows no machine "pc-q35-9\.2"; did you mean "pc-q35-7\.2"\?$/,
    ],
    [
      "cores",
      x86,
      { cores: 1, maxCores: 300, features: ioapic, iommu: eim },
      /^maxCores: machine q35 of kvm1 .* takes 288 at most$/,
    ],
    ["kvm", old, { domainType: "kvm" }, /^domainType: kvm1 .* has no KVM for guests of x86_64/],
    [
      "passthrough",
      old,
      { cpu: { mode: "host-passthrough" } },
      /^cpu\.mode: needs KVM, which kvm1 .* has not/,
    ],
    [
      "CPU features",
      old,
      { cpu: { features: [{ name: "vmx", policy: "disable" }] } },
      /^cpu\.features: needs `mode`/,
    ],
    ["pins", x86, { cpu: { pin: { 0: [0, 999] } } }, /^cpu\.pin\.0: kvm1 .* has no CPU 999$/],
    ["nodes", x86, { numa: { nodes: [7] } }, /^numa\.nodes: kvm1 .* has no NUMA node 7$/],
  ])("%s", async (_what, host, more, words) => {
    expect(await refused(host, more)).toEqual([expect.stringMatching(words)]);
  });

  test.each<[Plain, Plain]>([
    [hostWith({ architectures: ["aarch64"], version: "10.4.0" }), { features: { ras: true, gic: "3" } }],
    [x86, { features: { ras: false, ioapic: "qemu" } }],
    [x86, { os: { arch: "x86_64", machine: "q35" } }],
    [x86, { cores: 256, features: ioapic, iommu: eim, panic: true, watchdog: true }],
    [x86, { cpu: { mode: "host-passthrough", features: [{ name: "vmx" }], pin: { 0: [0, 1] } } }],
    [hostWith({ architectures: [], machines: {} }), { os: { arch: "x86_64", machine: "anything" } }],
  ])("and nothing else is", async (host, more) => {
    expect(await refused(host, more)).toEqual([]);
  });
});

test("a host that does not answer refuses nothing, and what a VM has already is not judged again", async () => {
  const memory = createMemoryHost();
  const lost = (): Promise<never> => Promise.reject(new DriverError("it is away", { code: "unreachable" }));
  const host = machineAt(() => ({ ...memory.driver, facts: lost }));
  expect(await refused(host, { panic: { model: "pvpanic" } })).toEqual([]);
  let version = "9.1.0";
  const changing = machineAt(() => ({
    ...memory.driver,
    facts: async () => ({ ...(await memory.driver.facts()), version }),
  }));
  const stack = new Stack("dev");
  await stack.up("web", { host: changing, memory: 64, panic: { model: "pvpanic" } });
  version = "9.0.0";
  const again = { host: changing, memory: 64, panic: { model: "pvpanic" }, description: "b" };
  expect(await stack.preview("web", again)).toEqual([]);
});

describe("a CPU that the host does not know", () => {
  const MODELS = [{ name: "qemu64", usable: true }, { name: "Haswell", usable: false }, { name: "EPYC" }];
  const memory = createMemoryHost();
  const asked: string[] = [];
  const driver: HostDriver = {
    ...memory.driver,
    facts: async () => ({ ...(await memory.driver.facts()), architectures: ["x86_64"], kvmAvailable: false }),
    cpus: {
      async models(guest) {
        asked.push(JSON.stringify(guest));
        return MODELS;
      },
      unknownFeatures: async (_guest, names) => names.filter((name) => /x{2}$/.test(name)),
    },
  };
  const host = machineAt(() => driver);
  const cpu = (more: Plain): Promise<string[]> => refused(host, { cpu: { mode: "custom", ...more } });

  test.each<[string, Plain, string[]]>([
    [
      "a model",
      { model: "Haswel" },
      ['cpu.model: the QEMU of kvm1 HOST knows no CPU model "Haswel"; did you mean "Haswell"?'],
    ],
    [
      "one like no other",
      { model: "z" },
      ['cpu.model: the QEMU of kvm1 HOST knows no CPU model "z"; it has qemu64, EPYC'],
    ],
    [
      "one that it cannot give in full",
      { model: "Haswell", check: "full" },
      [
        'cpu.model: kvm1 HOST cannot give a guest all of Haswell, which `check: "full"` wants; in full it has qemu64, EPYC',
      ],
    ],
    [
      "features",
      {
        model: "qemu64",
        features: [{ name: "pcid" }, { name: "vmxx", policy: "disable" }, { name: "zzzzzxx" }],
      },
      [
        'cpu.features[1].name: the libvirt of kvm1 HOST knows no CPU feature "vmxx"; those it knows are in /usr/share/libvirt/cpu_map there',
        'cpu.features[2].name: the libvirt of kvm1 HOST knows no CPU feature "zzzzzxx"; those it knows are in /usr/share/libvirt/cpu_map there',
      ],
    ],
    [
      "without what it lacks",
      { model: "Haswell", features: [{ name: "pcid", policy: "disable" }], check: "full" },
      [],
    ],
    ["with what is missing left out", { model: "Haswell" }, []],
    ["that it has", { model: "EPYC", check: "full" }, []],
  ])("%s", async (_what, given, words) => {
    const found = await cpu(given);
    expect(found.map((each) => each.replaceAll(/\(qemu\S+\)/g, "HOST"))).toEqual(words);
  });

  test("is asked of the kind of guest that the VM is", async () => {
    await refused(host, {
      cpu: { mode: "custom", model: "EPYC" },
      os: { machine: "pc" },
      emulator: "/opt/qemu",
    });
    expect(asked.at(-1)).toBe('{"arch":"x86_64","domainType":"qemu","machine":"pc","emulator":"/opt/qemu"}');
  });
});
