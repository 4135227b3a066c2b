import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { defined, drift } from "./vmModel-bench";
import { VmBench } from "./vms-bench";

let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("model", 75);
});
afterEach(() => bench.removeAll());
afterAll(() => bench.close());

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
      "<topology sockets='1' dies='1' cores='2' threads='2'/>",
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

  test("screen, sound and what comes with SPICE", async () => {
    const xml = await defined(bench, "spice", {
      graphics: {
        type: "spice",
        listen: "127.0.0.1",
        port: 5910,
        password: "hidden",
        keymap: "de",
        spice: {
          ...{
            image: "off",
            jpeg: "auto",
            zlib: "never",
            playback: true,
            streaming: "filter",
            mouse: "client",
          },
          ...{ clipboard: false, fileTransfer: false },
        },
      },
    });
    for (const part of [
      /<graphics type='spice' port='5910' autoport='no' listen='127.0.0.1' keymap='de' passwd='hidden'/,
      /<clipboard copypaste='no'\/>/,
      /<model type='qxl'/,
      /<sound model='ich6'>/,
      /<target type='virtio' name='com.redhat.spice.0'\/>/,
      /(<redirdev bus='usb' type='spicevmc'>[^]*){3}/,
    ])
      expect(xml).toMatch(part);
    const vnc = await defined(bench, "vnc", {
      graphics: { password: "hidden", websocket: -1, sharePolicy: "force-shared", listen: "0.0.0.0" },
      video: { model: "qxl", vram: 64, ram: 64, vgamem: 16, heads: 2, resolution: "1280x800" },
      sound: { codecs: ["micro", "output"] },
    });
    expect(vnc).toMatch(/<graphics type='vnc' port='-1' autoport='yes' websocket='-1' listen='0.0.0.0'/);
    expect(vnc).toMatch(
      /vram='65536' vgamem='16384' heads='2' primary='yes'>\s*<resolution x='1280' y='800'/,
    );
    expect(
      await defined(bench, "socket", { graphics: { socket: "/run/vnc.sock" }, video: { model: "none" } }),
    ).toMatch(/<listen type='socket' socket='\/run\/vnc.sock'\/>/);
  });

  test("lines, channels, input, memory of several VMs and small devices", async () => {
    const xml = await defined(bench, "devices", {
      inputs: [
        { name: "tablet", type: "tablet", bus: "usb" },
        { name: "keys", type: "keyboard", bus: "virtio" },
        { name: "evdev", type: "evdev", path: "/dev/input/event0" },
      ],
      serials: [
        { name: "log", type: "file", path: "/tmp/serial.log", append: true },
        { name: "net", type: "tcp", mode: "bind", host: "127.0.0.1", service: 4555, protocol: "telnet" },
        {
          name: "pci",
          type: "unix",
          path: "/tmp/s.sock",
          mode: "bind",
          logFile: "/tmp/s.log",
          device: "pci-serial",
        },
      ],
      consoles: [{ name: "hvc" }],
      channels: [
        { name: "org", target: "org.example.0" },
        { name: "file", target: "org.file", type: "file", path: "/tmp/c" },
      ],
      redirections: [{ name: "usb", type: "tcp", mode: "connect", host: "localhost", service: 4000 }],
      sharedMemory: [{ name: "shm0", size: 4, role: "peer" }],
      watchdog: { action: "poweroff" },
      rng: { device: "/dev/random", bytes: 1024, period: 1000 },
      panic: true,
      vsock: { cid: 7 },
    });
    for (const part of [
      /<serial type='pty'>\s*<target type='isa-serial' port='0'>/,
      /<source path='\/tmp\/serial.log' append='on'\/>\s*<target type='isa-serial' port='1'>/,
      /<protocol type='telnet'\/>/,
      /<target type='pci-serial'/,
      /<log file='\/tmp\/s.log'/,
      /<target type='virtio' port='1'\/>/,
      /<target type='virtio' name='org.example.0'\/>/,
      /<redirdev bus='usb' type='tcp'>/,
      /<shmem name='shm0' role='peer'>/,
      /<watchdog model='i6300esb' action='poweroff'>/,
      /<rate bytes='1024' period='1000'\/>/,
      /<panic model='isa'>/,
      /<cid auto='no' address='7'\/>/,
    ])
      expect(xml).toMatch(part);
    const first = { console: false, serials: [{ name: "first", type: "file", path: "/tmp/first" }] };
    const spec = bench.spec("first", first);
    expect(drift(spec, await bench.create(spec))).toEqual([]);
    expect(await bench.xml("first")).toMatch(/<target type='isa-serial' port='0'>[^]*ua-serials-first/);
  });

  test("folders and devices of the host", async () => {
    const xml = await defined(bench, "host", {
      memoryBacking: { source: "memfd", access: "shared" },
      filesystems: [
        { name: "nine", source: "/srv", target: "srv", accessMode: "mapped", readOnly: true },
        {
          name: "quick",
          type: "virtiofs",
          source: "/home",
          target: "home",
          queue: 1024,
          cache: "always",
          xattr: true,
        },
      ],
      hostDevices: [
        { name: "card", pci: "0000:06:12.5", romBar: false },
        { name: "stick", usb: "1234:BEEF", optional: true },
        { name: "port", usb: "1.4" },
        { name: "part", mdev: "c2177883-f1bb-47f0-914d-32a22e3a8804", display: false },
        { name: "lun", scsi: "host0:0:0:1" },
      ],
    });
    for (const part of [
      /<filesystem type='mount' accessmode='mapped'>\s*<driver type='path'\/>/,
      /<driver type='virtiofs' queue='1024'\/>/,
      /<hostdev mode='subsystem' type='pci' managed='yes'>/,
      /<address domain='0x0000' bus='0x06' slot='0x12' function='0x5'\/>/,
      /<source startupPolicy='optional'>\s*<vendor id='0x1234'\/>\s*<product id='0xbeef'\/>/,
      /<address bus='1' device='4'\/>/,
      /<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'\/>/,
      /<adapter name='scsi_host0'\/>/,
    ])
      expect(xml).toMatch(part);
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
});

describe("a running VM", () => {
  test("with UEFI and a TPM has nothing pending, keeps its variables over a change, and takes them along", async () => {
    const input = {
      ...{
        memory: 128,
        domainType: "qemu",
        firmware: { secureBoot: true },
        tpm: true,

        clock: { offset: "localtime" },
      },
      ...{ smbios: { system: { serial: "one" } }, fwCfg: [{ name: "opt/a", value: "b" }] },
    };
    const spec = bench.spec("uefi", input);
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id, { paused: true });
    const nvram = async (): Promise<string> =>
      (await bench.host.exec(["ls", "/var/lib/libvirt/qemu/nvram"], { allowFailure: true })).stdout;
    expect(await nvram()).toContain("uefi");
    const next = bench.spec(
      "uefi",
      { ...input, smbios: { system: { serial: "two" } }, events: { crash: "restart" } },
      spec,
    );
    const changed = await bench.change(made, next);
    expect(changed.restartRequired).toEqual(["events.crash", "smbios"]);
    expect(drift(next, changed)).toEqual([]);
    expect(await nvram()).toContain("uefi");
    await bench.driver.vms.remove(made.id);
    expect(await nvram()).not.toContain("uefi");
  });

  test("is given another share, other CPUs and more threads at once", async () => {
    const input = (cpu: object, more = {}): Record<string, unknown> => ({
      raw: bench.halting,
      cores: 2,
      cpu,
      ...more,
    });
    const spec = bench.spec("live", input({ share: 0.5 }));
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    expect(await bench.host.virsh(["schedinfo", "live"])).toMatch(/cpu_shares +: 512\b/);
    const cpu = {
      share: 1,
      pin: { 0: 1, 1: [0] },
      emulatorPin: "1",
      iothreads: 2,
      iothreadPin: { 1: 0 },
      quota: 50_000,
    };
    const next = bench.spec("live", input(cpu, { memoryTuning: { softLimit: "1GiB" } }), spec);
    const changed = await bench.change(made, next);
    expect(changed.restartRequired).toEqual([]);
    expect(drift(next, changed)).toEqual([]);
    expect(await bench.host.virsh(["schedinfo", "live", "--live"])).toMatch(
      /cpu_shares +: 1024\n[^]*vcpu_quota +: 50000/,
    );
    expect(await bench.host.virsh(["vcpupin", "live", "--live"])).toMatch(/0\s+1\n\s*1\s+0/);
    expect(await bench.host.virsh(["emulatorpin", "live", "--live"])).toMatch(/\b1$/);
    const threads = await bench.host.virsh(["iothreadinfo", "live", "--live"]);
    expect(threads).toMatch(/^\s*1\s+0$/m);
    expect(threads).toMatch(/^\s*2\s/m);
    expect(await bench.host.virsh(["memtune", "live", "--live"])).toMatch(/soft_limit +: 1048576\b/);
  });

  test("has another password, channel and tablet at once, and no restart to wait for", async () => {
    const input = (password: string, more: object = {}): Record<string, unknown> => ({
      ...{
        raw: bench.halting,
        graphics: { password, websocket: -1 },
        watchdog: true,
        tpm: true,
      },
      ...{ serials: [{ name: "a" }], consoles: [{ name: "hvc" }], ...more },
    });
    const spec = bench.spec("screen", input("first"));
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    const more = {
      channels: [{ name: "c", target: "org.example.0" }],
      inputs: [{ name: "t", type: "tablet", bus: "usb" }],
    };
    const next = bench.spec("screen", input("second", more), spec);
    const changed = await bench.change(made, next);
    expect(changed.restartRequired).toEqual([]);
    expect(drift(next, changed)).toEqual([]);
    const xml = await bench.xml("screen", "--security-info");
    expect(xml).toContain("passwd='second'");
    expect(xml).toContain("name='org.example.0'");
    expect(xml).toContain("<input type='tablet' bus='usb'>");
    const last = await bench.change(made, bench.spec("screen", input("second"), next));
    expect(last.restartRequired).toEqual([]);
    expect(await bench.xml("screen")).not.toContain("org.example.0");
  });
});
