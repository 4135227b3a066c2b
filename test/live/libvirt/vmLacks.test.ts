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
});
