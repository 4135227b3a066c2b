import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { lxdBridge, lxdImage, startLxd, type ThrowawayLxd } from "../../scripts/lib/lxd";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { example } from "../support/example";
import { ownHost, placeGuest } from "../support/host";
import { Program } from "../support/pulumi";

/** One program's whole life on a real LXD, through the real engine, witnessed by LXD's own client. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const later = config.requireNumber("step") >= 2;
const host = new VmHost("lxd1", { address: config.require("address"), cpuOvercommitRatio: 8, zone: "rack-a" });
const pool = new StoragePool("images", { host });
const shared = new StorageVolume("shared", { host, pool, size: later ? "64MiB" : "32MiB", contentType: "filesystem" });
const app = new Vm("app", {
  host,
  instanceType: "container",
  description: later ? "second <&> \\"quoted\\" ünïcode" : "first",
  cores: later ? 2 : 1,
  memory: later ? 96 : 64,
  autostart: later,
  running: true,
  config: { "user.step": later ? 2 : 1, ...(later ? { "security.nesting": true } : {}) },
  disks: [
    { pool, image: "${lxdImage}", size: "64MiB" },
    { name: "shared", volume: shared, mount: "/srv" },
    ...(later ? [{ name: "data", pool, size: "16MiB" }] : []),
  ],
  interfaces: [{ network: "${lxdBridge}" }],
  cloudInit: { userData: { packages: ["curl"] } },
  waitFor: { address: true, timeout: "30s" },
  shutdownTimeout: "20s",
});
const db = new Vm("db", {
  host,
  cores: 1,
  memory: later ? 128 : 64,
  running: true,
  forceDestroy: true,
  config: { "security.secureboot": false, "raw.qemu": "-name vmhost-halt" },
  disks: [{ pool, size: later ? "12MiB" : "8MiB" }, { name: "data", pool, size: "4MiB" }],
  interfaces: [{ network: "${lxdBridge}", bootOrder: 1 }],
});
exports.app = app.name;
exports.appId = app.id;
exports.address = app.address;
exports.db = db.name;
exports.dbId = db.id;
exports.disks = pulumi.all([db.disks, app.disks]).apply((all) => all.map((disks) => disks.map(({ name, inPool, location, serial }) => ({ name, inPool, location, serial }))));
exports.restartRequired = db.restartRequired;
exports.pool = pool.name;
exports.version = host.version;
`;

interface Seen {
  readonly status: string;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describe("a program's life on an LXD host", () => {
  let host: ThrowawayHost;
  let lxd: ThrowawayLxd;
  let program: Program;
  let first: Record<string, unknown>;

  const instance = async (name: unknown): Promise<Seen> => {
    const seen = await lxd.query<Seen>(`/1.0/instances/${String(name)}`);
    if (seen === undefined) throw new Error(`LXD has no ${String(name)}`);
    return seen;
  };
  const clean = async (): Promise<void> => {
    for (const run of [program.preview, program.refresh]) {
      const { code, stdout } = await run.call(program, { expectNoChanges: true, args: ["--diff"] });
      if (code !== 0) throw new Error(`not clean:\n${stdout}`);
    }
  };
  const planned = async (): Promise<string[]> =>
    (await program.preview({})).steps
      .filter(({ op }) => op !== "same")
      .map(({ op, name }) => `${op} ${name}`)
      .sort();

  beforeAll(async () => {
    host = await ownHost();
    await placeGuest(host);
    lxd = await startLxd(host);
    program = new Program({ name: "lxdlife", source: SOURCE, config: { step: "1", address: lxd.address } });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
    await host.stop();
  });

  test("up makes all of it, and lxc sees it", async () => {
    const result = await program.up();
    expect(result.stderr + result.stdout).not.toMatch(/error/i);
    expect(result.code).toBe(0);
    first = await program.outputs();
    expect(first["version"]).toMatch(/^5\./);
    expect(first["address"]).toMatch(/^10\.214\.0\./);
    const app = await instance(first["app"]);
    expect(app).toMatchObject({
      status: "Running",
      description: "first",
      config: {
        "limits.cpu": "1",
        "limits.memory": "64MiB",
        "boot.autostart": "false",
        "user.step": "1",
        "user.vmhost.owner": "lxdlife/dev/Vm/app",
        "user.vmhost.zone": "rack-a",
        "cloud-init.user-data": "#cloud-config\npackages:\n  - curl\n",
        "volatile.uuid": first["appId"],
      },
      devices: { shared: { path: "/srv" }, root: { pool: first["pool"], size: String(64 * 2 ** 20) } },
    });
    expect(
      (await lxd.lxc(["exec", String(first["app"]), "--", "ls", "-d", "/srv"], { allowFailure: true })).code,
    ).not.toBe(255);
    expect(await instance(first["db"])).toMatchObject({
      status: "Running",
      devices: {
        eth0: { network: lxdBridge, "boot.priority": "99" },
        data: { source: `${String(first["db"])}-data` },
      },
    });
  });

  test("a running VM tells the pool and path of each disk, and by which number its guest knows it", async () => {
    const [pool, app, db] = ["pool", "app", "db"].map((name) => String(first[name]));
    const inPool = { inPool: pool };
    expect(first["disks"]).toEqual([
      [
        { name: "root", ...inPool, location: `${pool}/virtual-machine/${db}`, serial: "lxd_root" },
        { name: "data", ...inPool, location: `${pool}/custom/${db}-data`, serial: "lxd_data" },
      ],
      [
        { name: "root", ...inPool, location: `${pool}/container/${app}` },
        { name: "shared", ...inPool, location: expect.stringMatching(/\/custom\/shared-/) },
      ],
    ]);
    const volumes = await lxd.lxc(["storage", "volume", "list", pool ?? "", "--format", "csv"]);
    for (const volume of [`virtual-machine,${db}`, `custom,${db}-data`, `container,${app}`])
      expect(volumes.stdout).toContain(volume);
  });

  test("preview and refresh are clean after up", clean);

  test("changes are said to be in place and happen in place; what cannot is named", async () => {
    await program.setConfig("step", "2");
    expect(await planned()).toEqual(["update app", "update db", "update shared"]);
    const pids = async (): Promise<string> =>
      (await lxd.lxc(["info", String(first["db"])])).stdout.match(/PID: \d+/)?.[0] ?? "";
    const before = await pids();
    const { code, stdout } = await program.up();
    expect(code === 0 ? "" : stdout).toBe("");
    const after = await program.outputs();
    expect(after).toMatchObject({ appId: first["appId"], dbId: first["dbId"], address: first["address"] });
    const app = await instance(first["app"]);
    expect(app).toMatchObject({
      status: "Running",
      description: 'second <&> "quoted" ünïcode',
      config: {
        "limits.cpu": "2",
        "limits.memory": "96MiB",
        "boot.autostart": "true",
        "user.step": "2",
        "security.nesting": "true",
      },
      devices: { data: { path: "/mnt/data" } },
    });
    // A running VM takes no more memory than it was started with, and LXD grows its root when it starts.
    expect(after["restartRequired"]).toEqual(["disks", "memory"]);
    expect(await pids()).toBe(before);
    expect((await instance(first["db"])).config["limits.memory"]).toBe("64MiB");
  });

  test("preview and refresh are clean after the change", clean);

  test("refresh shows what changed outside, and up puts it back", async () => {
    const [app, db] = [String(first["app"]), String(first["db"])];
    await lxd.lxc(["config", "set", app, "limits.memory=80MiB"]);
    await lxd.lxc(["config", "set", app, "user.step=7"]);
    await lxd.lxc(["config", "set", app, "user.theirs=kept"]);
    await lxd.lxc(["stop", "--force", app]);
    await lxd.lxc(["delete", "--force", db]);
    expect((await program.refresh()).code).toBe(0);
    expect(await planned()).toEqual(["create db", "update app"]);
    expect((await program.up()).code).toBe(0);
    expect(await instance(app)).toMatchObject({
      status: "Running",
      config: { "limits.memory": "96MiB", "user.step": "2", "user.theirs": "kept" },
    });
    // Made anew, it has what was waiting for the old one's next start.
    expect(await instance(db)).toMatchObject({ status: "Running", config: { "limits.memory": "128MiB" } });
    expect((await program.outputs())["restartRequired"]).toEqual([]);
    await clean();
  });

  test("what LXD cannot do, and what does not fit, is refused in preview", async () => {
    await program.setSource(
      SOURCE.replace("cores: 1,\n", "cores: 999,\n").replace("bootOrder: 1", 'model: "e1000e"'),
    );
    const { code, stdout } = await program.preview({});
    expect(code).not.toBe(0);
    expect(stdout).toContain("interfaces[0].model");
    expect(stdout).toContain("on an LXD host");
    await program.setSource(SOURCE);
  });

  test("another name is the same VM's, with its volumes, its snapshot and its outputs", async () => {
    const called = SOURCE.replace("StorageVolume, Vm }", "StorageVolume, Vm, Snapshot }")
      .replace(
        'new Vm("db", {',
        'new Vm("db", {\n  name: config.get("called"),\n  restart: "ifNeeded",\n  shutdownTimeout: "2s",',
      )
      .concat('\nexports.snapshot = new Snapshot("kept", { vm: db }).name;\n');
    await program.setSource(called);
    expect((await program.up()).code).toBe(0);
    const before = await program.outputs();
    // The root goes by the VM's name, and nothing else does.
    const as = (name: string): unknown => {
      const text = JSON.stringify({ ...before, db: name });
      return JSON.parse(
        text.replace(`/virtual-machine/${String(before["db"])}"`, `/virtual-machine/${name}"`),
      );
    };
    await program.setConfig("called", "db-two");
    expect(await planned()).toEqual(["update db"]);
    const { code, stdout } = await program.up();
    expect(code === 0 ? "" : stdout).toBe("");
    expect(stdout).toContain("VM db: a running guest is restarted now (restart: ifNeeded)");
    expect(await program.outputs()).toEqual(as("db-two"));
    expect(await lxd.query(`/1.0/instances/${String(before["db"])}`)).toBeUndefined();
    expect(await instance("db-two")).toMatchObject({
      status: "Running",
      config: { "volatile.uuid": before["dbId"] },
      devices: { data: { source: `${String(before["db"])}-data` } },
    });
    expect(await lxd.query("/1.0/instances/db-two/snapshots")).toEqual([
      `/1.0/instances/db-two/snapshots/${String(before["snapshot"])}`,
    ]);
    await clean();
    // A run that was cut off when the host had done it already: state still has the name before.
    await lxd.lxc(["stop", "--force", "db-two"]);
    await lxd.lxc(["rename", "db-two", "db-three"]);
    await program.setConfig("called", "db-three");
    expect((await program.up()).code).toBe(0);
    expect(await program.outputs()).toEqual(as("db-three"));
    expect((await instance("db-three")).status).toBe("Running");
    await clean();
  });

  test("another name is the same volume's, with the VM that has it and its snapshot", async () => {
    await program.setSource(
      SOURCE.replace("StorageVolume, Vm }", "StorageVolume, Vm, Snapshot }").concat(`
const moved = new StorageVolume("moved", { host, pool, name: config.get("volume") || "vol-one", size: "8MiB", contentType: "filesystem" });
new Vm("idle", { host, instanceType: "container", name: "idle", memory: 32, running: false,
  disks: [{ pool, image: "${lxdImage}", size: "64MiB" }, { name: "d", volume: moved }] });
exports.point = new Snapshot("point", { volume: moved }).name;
`),
    );
    const made = await program.up();
    expect(made.code === 0 ? "" : made.stdout).toBe("");
    const { point } = await program.outputs();
    await program.setConfig("volume", "vol-two");
    expect(await planned()).toEqual(["update idle", "update moved", "update point"]);
    const { code, stdout } = await program.up();
    expect(code === 0 ? "" : stdout).toBe("");
    expect((await instance("idle")).devices["d"]).toMatchObject({ source: "vol-two" });
    const custom = `/1.0/storage-pools/${String(first["pool"])}/volumes/custom`;
    expect(await lxd.query(`${custom}/vol-two/snapshots`)).toEqual([
      `${custom}/vol-two/snapshots/${String(point)}`,
    ]);
    expect(await lxd.query(`${custom}/vol-one`)).toBeUndefined();
    await clean();
  });

  test("destroy leaves nothing of ours and everything else alone", async () => {
    await lxd.lxc(["init", "--empty", "foreign", "--storage", "base"]);
    const { code, stdout } = await program.destroy();
    expect(code === 0 ? "" : stdout).toBe("");
    expect(await lxd.query("/1.0/instances")).toEqual(["/1.0/instances/foreign"]);
    expect(await lxd.query("/1.0/storage-pools")).toEqual(["/1.0/storage-pools/base"]);
    expect(await lxd.query("/1.0/storage-pools/base/volumes/custom")).toEqual([]);
  });

  test("the documentation's four VMs fit at 2 and 1.34, and at 1.3333 the fourth is one MiB too large", async () => {
    await lxd.lxc(["delete", "foreign"]);
    const { cpu, memory } = (await lxd.query<{ cpu: { total: number }; memory: { total: number } }>(
      "/1.0/resources",
    )) ?? { cpu: { total: 0 }, memory: { total: 0 } };
    const overcommit = await example("overcommit", {
      ...{ address: lxd.address, cpuRatio: 2, memoryRatio: 1.3333, reservedCpu: cpu.total - 4 },
      reservedMemory: `${Math.floor(memory.total / 2 ** 20) - 12288}MiB`,
    });
    try {
      const { code, stdout } = await overcommit.preview();
      expect(code).not.toBe(0);
      expect(stdout).toContain("requested 4096 MiB, 1 MiB missing; left 4095 MiB of 16383 MiB");
      await overcommit.setConfig("memoryRatio", 1.34);
      const up = await overcommit.up();
      expect(up.code === 0 ? "" : up.stdout).toBe("");
      expect((await lxd.query<string[]>("/1.0/instances"))?.sort()).toEqual(
        ["four", "one", "three", "two"].map((name) => `/1.0/instances/${name}`),
      );
      expect((await overcommit.destroy()).code).toBe(0);
    } finally {
      await overcommit.dispose();
    }
  });
});
