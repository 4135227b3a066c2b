import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { drift } from "./vmModel-bench";
import { VmBench } from "./vms-bench";

let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("modellive", 77);
});
afterEach(() => bench?.removeAll());
afterAll(() => bench?.close());

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

  test("has a screen of its own among others that start at the same time, also with the ports chosen by the host", async () => {
    const screens = ["spice", "vnc", "spice", "vnc", "spice"].map((type, index) =>
      bench.spec(`screen${index}`, { raw: bench.halting, graphics: { type } }),
    );
    const made = await Promise.all(screens.map((spec) => bench.create(spec)));
    await Promise.all(made.map(({ id }) => bench.driver.vms.start(id, { paused: true })));
    const ports = await Promise.all(
      screens.map(async ({ name }) => (await bench.host.virsh(["domdisplay", name])).trim()),
    );
    expect(new Set(ports).size).toBe(screens.length);
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

  test("is held to other limits, loses its cable and gets a filter while it runs", async () => {
    const input = (disk: object, nic: object): Record<string, unknown> => ({
      raw: bench.halting,
      disks: [{ size: "1MiB", ...disk }],
      interfaces: [{ network: bench.networks[0], ...nic }],
    });
    const spec = bench.spec("limits", input({ iotune: { readBytesSec: "1MiB", writeIopsSec: 10 } }, {}));
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    const step = async (disk: object, nic: object): Promise<string> => {
      const next = bench.spec("limits", input(disk, nic), spec);
      const changed = await bench.change(made, next);
      expect(changed.restartRequired).toEqual([]);
      expect(drift(next, changed)).toEqual([]);
      return bench.xml("limits");
    };
    const limited = await step(
      { iotune: { totalBytesSec: "2MiB", totalBytesSecMax: "4MiB", totalBytesSecMaxLength: 3 } },
      {
        ...{ link: "down", filter: "clean-traffic", filterParameters: { IP: "10.77.0.9" } },
      },
    );
    for (const part of [
      /<total_bytes_sec>2097152</,
      /<total_bytes_sec_max_length>3</,
      /<link state='down'\/>/,
      /<filterref filter='clean-traffic'>/,
    ])
      expect(limited).toMatch(part);
    expect(limited).not.toContain("read_bytes_sec>");
    const free = await step({}, {});
    expect(free).not.toMatch(/bytes_sec>|state='down'|filterref/);
  });
});
