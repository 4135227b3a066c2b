import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { vm } from "../../../provider/lifecycle/vm";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { VmBench } from "./vms-bench";

/** What a preview refuses because the host has it not is what the host itself would have refused, later and in its own words. */
let bench: VmBench;

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  bench = await VmBench.open("lacks", 97);
  await bench.host.virsh(["net-destroy", "lacks-b"]);
});
afterEach(() => bench?.removeAll());
afterAll(async () => {
  await closeHosts();
  await bench.host.virsh(["net-start", "lacks-b"]);
  await bench.close();
});

const nic = (given: Plain): Plain => ({ interfaces: [given] });
const devices = (...given: Plain[]): Plain => ({
  hostDevices: given.map((each, index) => ({ name: `d${index}`, ...each })),
});
const sound = (model: string): string =>
  `<devices><sound model="${model}"><address type="pci" bus="0x00" slot="0x1a" function="0x0"/></sound></devices>`;
const cpu = (given: Plain): Plain => ({ cpu: { mode: "custom", model: "qemu64", ...given } });

describe("a preview and the host agree", () => {
  test.each<[string, Plain, RegExp, RegExp]>([
    [
      "on a network that is not there",
      nic({ network: "lacks-c" }),
      /^interfaces\[0\]\.network: .* has no network "lacks-c"; did you mean "lacks-[ab]"\?/,
      /no network with matching name 'lacks-c'/,
    ],
    [
      "on one that is off",
      nic({ network: "lacks-b" }),
      /^interfaces\[0\]\.network: the network "lacks-b" of .* is off/,
      /network 'lacks-b' is not active/,
    ],
    [
      "on VLANs of a network",
      nic({ network: "lacks-a", vlan: { tags: [5] } }),
      /^interfaces\[0\]\.vlan: the network "lacks-a" \(none\) has no VLANs/,
      /vlan tag not supported/,
    ],
    [
      "on VLANs of a Linux bridge",
      nic({ bridge: "vbr97", vlan: { tags: [5] } }),
      /^interfaces\[0\]\.vlan: a Linux bridge has VLANs per port since libvirt 11/,
      /vlan tag not supported/,
    ],
    [
      "on what a network guarantees",
      nic({ network: "lacks-a", bandwidth: { inbound: { average: 9, floor: 5 } } }),
      /^interfaces\[0\]\.bandwidth\.inbound\.floor: needs `bandwidth\.inbound` on the network "lacks-a"/,
      /has no inbound QoS set/,
    ],
    [
      "on a switch behind a network",
      nic({ network: "lacks-a", virtualPort: { type: "openvswitch" } }),
      /^interfaces\[0\]\.virtualPort\.type: the network "lacks-a" \(none\) leads to no switch/,
      /virtualport type='openvswitch'> not supported/,
    ],
    [
      "on a bridge that is not there",
      nic({ bridge: "vbr99" }),
      /^interfaces\[0\]\.bridge: .* has no device "vbr99"; did you mean "vbr97"/,
      /'vbr99': No such device/,
    ],
    [
      "on what is below a macvtap",
      nic({ macvlan: "nowhere0" }),
      /^interfaces\[0\]\.macvlan: .* has no device "nowhere0"/,
      /interface nowhere0: No such device/,
    ],
    [
      "on a CPU model",
      cpu({ model: "Haswel" }),
      /^cpu\.model: the QEMU of .* knows no CPU model "Haswel"; did you mean "Haswell"\?$/,
      /Unknown CPU model Haswel/,
    ],
    [
      "on a model that libvirt knows and QEMU does not",
      cpu({ model: "pentiumpro" }),
      /^cpu\.model: the QEMU of .* knows no CPU model "pentiumpro"/,
      /CPU model pentiumpro is not supported by hypervisor/,
    ],
    [
      "on a model in full",
      cpu({ model: "Skylake-Client", check: "full" }),
      /^cpu\.model: .* cannot give a guest all of Skylake-Client/,
      /missing features: /,
    ],
    [
      "on a CPU feature",
      cpu({ features: [{ name: "lm" }, { name: "vmxx", policy: "disable" }] }),
      /^cpu\.features\[1\]\.name: the libvirt of .* knows no CPU feature "vmxx"/,
      /unknown CPU feature: vmxx/,
    ],
    [
      "on a PCI device",
      devices({ pci: "00ff:1f:1f.7" }),
      /^hostDevices\[0\]\.pci: .* has no PCI device 00ff:1f:1f\.7/,
      /host doesn't support passthrough|Device 00ff:1f:1f\.7 not found/,
    ],
    [
      "on a USB device",
      devices({ usb: "1234:beef" }),
      /^hostDevices\[0\]\.usb: .* has no USB device 1234:beef/,
      /Did not find USB device|\/sys\/bus\/usb\/devices/,
    ],
  ])("%s", async (_what, given, refusal, words) => {
    const base = { memory: 32, domainType: "qemu", raw: bench.halting, ...given };
    const provider = providerFor(vm);
    const asked = { host: { address: bench.host.address }, owner: "live/lacks/Vm/it", name: "it", ...base };
    const { failures } = await provider.check({}, asked);
    expect(failures.map(({ reason }) => reason)).toEqual([expect.stringMatching(refusal)]);
    await expect(provider.create(bench.spec("it", base) as unknown as Plain)).rejects.toThrow(words);
    expect(await bench.domains()).not.toContain("it");
  });

  test("on what it can do", async () => {
    const base = {
      ...{ memory: 32, domainType: "qemu", raw: bench.halting },
      ...nic({ network: "lacks-a", isolated: true }),
      ...cpu({ model: "Skylake-Client", features: [{ name: "hle", policy: "disable" }] }),
    };
    const spec = bench.spec("can", base);
    const { failures } = await providerFor(vm).check({}, spec as unknown as Plain);
    expect(failures).toEqual([]);
    await providerFor(vm).create(spec as unknown as Plain);
    expect(await bench.host.virsh(["domstate", "can"])).toBe("running");
  });

  const small = (more: Plain): Plain => ({ memory: 32, domainType: "qemu", raw: bench.halting, ...more });
  const previewOf = async (more: Plain): Promise<string[]> => {
    const host = { address: bench.host.address, cpuOvercommitRatio: 10, memoryOvercommitRatio: 10 };
    const asked = { host, owner: "live/lacks/Vm/it", name: "it", ...small(more) };
    const { failures } = await providerFor(vm).check({}, asked);
    return failures.map(({ property, reason }) => (property === "" ? reason : `${property}: ${reason}`));
  };

  test.each<[string, Plain, RegExp, RegExp]>([
    [
      "a device",
      devices({ usb: "1234:beef", optional: true }, { usb: "1234:beef", optional: true }),
      /^hostDevices\[1\]\.usb: 1234:beef is given to the VM by hostDevices\[0\]\.usb already/,
      /Hostdev already exists in the domain configuration/,
    ],
    [
      "a port",
      { graphics: { type: "vnc", port: 5990, websocket: 5990 } },
      /^graphics\.websocket: 5990 is the port of graphics\.port already/,
      /Failed to reserve port 5990/,
    ],
    [
      "an address inside of the guest",
      { raw: [sound("ich9"), sound("ac97")] },
      /^raw\[1\]: the guest's PCI address 0000:00:1a\.0 is that of a device in raw\[0\] too/,
      /Attempted double use of PCI Address 0000:00:1a\.0/,
    ],
  ])("on %s that is given twice", async (_what, given, refusal, words) => {
    expect(await previewOf(given)).toEqual([expect.stringMatching(refusal)]);
    const past = { ...bench.spec("it", small({})), ...given };
    await expect(providerFor(vm).create(past)).rejects.toThrow(words);
  });

  test("on a port that another guest has, whatever its address", async () => {
    const [first, second] = [{ port: 5991 }, { port: 5991, listen: "127.0.0.2" }];
    const { id: has } = await bench.create(bench.spec("has", small({ graphics: first })));
    await bench.driver.vms.start(has);
    // Another run of the program: what this one knows of the host's VMs is from before.
    await closeHosts();
    expect(await previewOf({ graphics: second })).toEqual([
      expect.stringMatching(/^graphics\.port: port 5991 of .* is that of VM "has"/),
    ]);
    const made = bench.create(bench.spec("wants", small({ graphics: second })));
    await expect(made.then(({ id }) => bench.driver.vms.start(id))).rejects.toThrow(
      /Failed to reserve port 5991/,
    );
    await bench.host.virsh(["destroy", "has"]);
    expect(await previewOf({ graphics: second })).toEqual([]);
    const [other] = (await bench.driver.vms.list()).filter(({ name }) => name === "wants");
    await bench.driver.vms.start(String(other?.id));
  });

  test("on a PCI device that cannot be given away", async () => {
    const addresses = (await bench.driver.devices?.pci()) ?? [];
    const alone = await Promise.all(addresses.map((each) => bench.driver.devices?.isolated(each)));
    const kept = addresses[alone.indexOf(false)];
    // A machine with an IOMMU has none such.
    if (kept === undefined) return;
    const given = devices({ pci: kept });
    expect(await previewOf(given)).toEqual([
      expect.stringMatching(/^hostDevices\[0\]\.pci: .* in no IOMMU group/),
    ]);
    const made = bench.create(bench.spec("it", small(given)));
    await expect(made.then(({ id }) => bench.driver.vms.start(id))).rejects.toThrow(
      /host doesn't support passthrough of host PCI devices/,
    );
  });

  test.each<[string, Plain, RegExp]>([
    ["their size", { hugepages: "16MiB" }, / in huge pages of 16 MiB, which it has not; it has 2 MiB/],
    [
      "how many there are",
      { hugepages: "2MiB", memory: "16TiB" },
      /requested 16777216 MiB in huge pages, \d+ MiB missing; free \d+ MiB \(never overcommitted\)/,
    ],
  ])("on huge pages: %s", async (_what, given, refusal) => {
    expect((await previewOf(given)).join("\n")).toMatch(refusal);
    const made = bench.create(bench.spec("it", small(given)));
    await expect(made.then(({ id }) => bench.driver.vms.start(id))).rejects.toThrow(/hugetlbfs|huge pages?/i);
  });

  test("on how many huge pages nobody has taken", async () => {
    const pages = (await bench.driver.facts()).hugepages ?? [];
    const free = await bench.driver.freePages?.(pages.map(({ pageKiB }) => pageKiB));
    const told = await bench.host.virsh(["freepages", "--all"]);
    for (const each of free ?? []) expect(told).toContain(`${each.pageKiB}KiB: ${each.pages}`);
    expect(free?.map(({ pageKiB }) => pageKiB)).toEqual(pages.map(({ pageKiB }) => pageKiB));
  });
});
