import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { defined, drift } from "./vmModel-bench";
import { VmBench } from "./vms-bench";

let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("model", 75);
});
afterEach(() => bench?.removeAll());
afterAll(() => bench?.close());

describe("the model of a VM, defined on a real host and told by virsh", () => {
  test("CPU and memory", async () => {
    const xml = await defined(bench, "tuned", {
      cores: 2,
      maxCores: 4,
      memory: 128,
      cpu: {
        mode: "host-passthrough",
        migratable: "off",
        features: [{ name: "vmx", policy: "disable" }],
        topology: { cores: 2, threads: 2 },
        share: 0.5,
        period: 50_000,
        quota: 25_000,
        pin: { 0: [1], 1: "0-1" },
        emulatorPin: 0,
        iothreads: 2,
        iothreadPin: { 2: [0] },
      },
      hugepages: "2MiB",
      memoryBacking: { source: "memfd", access: "shared", locked: true, noSharePages: true, discard: true },
      memoryTuning: { hardLimit: "1GiB", softLimit: 512, swapHardLimit: "2GiB" },
      numa: {
        nodes: 0,
        cells: [
          { id: 0, cores: "0-1", memory: 64, nodes: 0 },
          { id: 1, cores: [2, 3], memory: 64, access: "shared" },
        ],
      },
      balloon: { autodeflate: true, freePageReporting: true, statsPeriod: 5 },
    });
    for (const part of [
      "<shares>512</shares>",
      "<vcpupin vcpu='1' cpuset='0-1'/>",
      "<emulatorpin cpuset='0'/>",
      "<iothreadpin iothread='2' cpuset='0'/>",
      "<feature policy='disable' name='vmx'/>",
      "<page size='2048' unit='KiB'/>",
      "<hard_limit unit='KiB'>1048576</hard_limit>",
      "<memory mode='strict' nodeset='0'/>",
      "<memnode cellid='0' mode='strict' nodeset='0'/>",
      "<cell id='1' cpus='2-3' memory='65536' unit='KiB' memAccess='shared'/>",
      "<memballoon model='virtio' autodeflate='on' freePageReporting='on'>",
      "<stats period='5'/>",
    ])
      expect(xml).toContain(part);
    // libvirt 10 and newer count clusters, too.
    expect(xml).toMatch(/<topology sockets='1' dies='1' (clusters='1' )?cores='2' threads='2'\/>/);
  });

  test("machine, firmware, clock and what the machine says of itself", async () => {
    const xml = await defined(bench, "machine", {
      cores: 2,
      os: { bootMenu: true, bootMenuTimeout: 3000, biosSerial: true, rebootTimeout: 100 },
      firmware: { secureBoot: true, enrolledKeys: true },
      tpm: true,
      iommu: { interruptRemapping: true, cachingMode: true, eim: true, iotlb: true, addressBits: 48 },
      features: {
        ...{ pae: true, apic: true, hap: true, pmu: false, vmport: false, kvmHidden: true, vmcoreinfo: true },
        ...{ ioapic: "qemu", virtioScsiQueues: "auto" },
      },
      hyperv: { relaxed: true, vpindex: true, synic: true, spinlocks: 4096, vendorId: "KVM Hv" },
      clock: {
        offset: "timezone",
        timezone: "Europe/Berlin",
        timers: [
          { name: "rtc", tickPolicy: "catchup", track: "guest" },
          { name: "hpet", present: false },
        ],
      },
      powerManagement: { suspendToMem: false, suspendToDisk: false },
      events: { poweroff: "restart", crash: "coredump-restart" },
      smbios: {
        bios: { vendor: "V & co" },
        system: { serial: "S-1", family: "<f>" },
        baseBoard: { product: "B" },
        chassis: { asset: "C" },
        oemStrings: ["one", "two"],
      },
      fwCfg: [
        { name: "opt/org.example/a", value: "x, y" },
        { name: "opt/org.example/b", file: "/etc/hostname" },
      ],
      ignition: { ignition: { version: "3.4.0" } },
    });
    for (const part of [
      "<os firmware='efi'>",
      "<feature enabled='yes' name='enrolled-keys'/>",
      "<bootmenu enable='yes' timeout='3000'/>",
      "<bios useserial='yes' rebootTimeout='100'/>",
      "<backend type='emulator' version='2.0'/>",
      "<driver intremap='on' caching_mode='on' eim='on' iotlb='on' aw_bits='48'/>",
      "<smm state='on'/>",
      "<hidden state='on'/>",
      "<spinlocks state='on' retries='4096'/>",
      "<driver queues='2'/>",
      "<clock offset='timezone' timezone='Europe/Berlin'>",
      "<timer name='hpet' present='no'/>",
      "<suspend-to-mem enabled='no'/>",
      "<on_crash>coredump-restart</on_crash>",
      "<entry name='vendor'>V &amp; co</entry>",
      "<entry name='opt/com.coreos/config'>{&quot;ignition&quot;:{&quot;version&quot;:&quot;3.4.0&quot;}}</entry>",
      "<entry name='opt/org.example/b' file='/etc/hostname'/>",
    ])
      expect(xml).toContain(part);
  });

  test("a CPU of another model, on a VM whose other parts were changed by hand", async () => {
    const spec = bench.spec("model", { cpu: { mode: "custom", model: "Nehalem", pin: { 0: 0 } } });
    const made = await bench.create(spec);
    expect(await bench.xml("model")).toContain("<model fallback='forbid'>Nehalem</model>");
    await bench.host.virsh(["emulatorpin", "model", "1", "--config"]);
    const next = bench.spec("model", { cpu: { mode: "custom", model: "Westmere" } }, spec);
    expect(drift(next, await bench.change(made, next))).toEqual([]);
    const xml = await bench.xml("model");
    expect(xml).toContain("<model fallback='forbid'>Westmere</model>");
    expect(xml).toContain("<emulatorpin cpuset='1'/>");
    expect(xml).not.toContain("<vcpupin");
  });

  test("a UUID of the program's own, which stays", async () => {
    const uuid = "7f3c0f2e-5f0a-4f6d-9a44-2d6a5d0c1b11";
    const input = { raw: `<uuid>${uuid}</uuid>`, disks: [{ size: "1MiB" }] };
    const made = await bench.create(bench.spec("named", input));
    expect(made.id).toBe(uuid);
    expect((await bench.host.virsh(["domuuid", "named"])).trim()).toBe(uuid);
    const changed = await bench.change(made, bench.spec("named", { ...input, memory: 96 }));
    expect([changed.id, changed.spec.memory]).toEqual([uuid, 96]);
    expect((await bench.driver.vms.find("named"))?.id).toBe(uuid);
  });
});
