import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostDriver, NamedVmSpec, ObservedVm } from "../../../provider/driver/contract";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { lxdNetwork } from "../../../provider/lifecycle/lxdNetwork";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { vm } from "../../../provider/lifecycle/vm";
import { wayOf } from "../../../provider/lifecycle/vm/act/member";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { importImage, lxdImage } from "../../../scripts/lib/lxd";
import { startLxdCluster, type Member } from "../../../scripts/lib/lxd-cluster";
import { poll } from "../../../scripts/lib/processes";
import { contentOf, noise } from "../../contract/content";

let one: Member, two: Member;
/** The same cluster through each of its members. */
let first: HostDriver, second: HostDriver;

const owner = "live/cluster/Kind/x";
const owned = { owner };
const pass = (handler: unknown, input: Record<string, unknown>): never => {
  const news = { host: { address: one.lxd.address }, owner, ...input };
  const { inputs, failures } = check(handler as Handler<never>, {}, news);
  expect(failures).toEqual([]);
  return inputs as never;
};
const container = (name: string, input: Record<string, unknown> = {}): NamedVmSpec =>
  pass(vm, {
    name,
    instanceType: "container",
    memory: 64,
    disks: [{ pool: "local", image: lxdImage }],
    ...input,
  });
const pool = (name: string, input: Record<string, unknown> = {}): never =>
  pass(storagePool, { name, type: "dir", ...input });
const network = (name: string, address: string, input: Record<string, unknown> = {}): never =>
  pass(lxdNetwork, { name, ipv4: { address }, ipv6: { address: "none" }, ...input });

const lxc = async (...args: readonly string[]): Promise<string> => (await one.lxd.lxc(args)).stdout.trim();
const csv = async (...args: readonly string[]): Promise<readonly string[]> =>
  (await lxc(...args, "--format", "csv")).split("\n").sort();
const instances = (): Promise<readonly string[]> => csv("list", "--columns", "nsL");
const volumes = async (): Promise<readonly string[]> =>
  (await csv("storage", "volume", "list", "local", "--columns", "tnL")).filter((line) =>
    line.startsWith("custom"),
  );
const key = async (kind: "network" | "storage", name: string, member: string): Promise<string> =>
  lxc(kind, "show", name, "--target", member);

const connect = ({ lxd }: Member): HostDriver =>
  createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));

beforeAll(async () => {
  [one, two] = await startLxdCluster();
  await importImage(one.lxd);
  [first, second] = [connect(one), connect(two)];
});

afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await Promise.all([one, two].map((member) => member?.lxd.host.stop()));
});

test("pools and networks are made on each member with what is its own, and belong to the cluster through either of them", async () => {
  await first.pools.create(pool("local"), owned);
  await first.pools.create(
    pool("loop", { type: "btrfs", size: "128MiB", members: { two: { size: "160MiB" } } }),
    owned,
  );
  for (const [member, size] of [
    ["one", "134217728"],
    ["two", "160MiB"],
  ] as const)
    expect(await key("storage", "loop", member)).toMatch(new RegExp(`size: "?${size}"?\\n`));
  for (const name of ["local", "loop"]) expect(await lxc("storage", "show", name)).toMatch(/status: Created/);
  // Nothing is made twice, and nobody else's is taken.
  const again = await second.pools.create(pool("loop", { type: "btrfs", size: "128MiB" }), owned);
  expect(again).toEqual(await first.pools.find("loop"));
  await expect(second.pools.create(pool("loop"), { owner: "other" })).rejects.toMatchObject({
    code: "already-exists",
  });
  expect(await first.pools.noGrowth?.()).toMatch(/each member of a cluster/);

  await second.lxdNetworks?.create(network("lxdbr0", "10.230.0.1/24"), owned);
  await first.lxdNetworks?.change("lxdbr0", network("lxdbr0", "10.230.0.1/24", { mtu: 1400 }), owned);
  for (const { name, lxd } of [one, two]) {
    expect(await key("network", "lxdbr0", name)).toContain('bridge.mtu: "1400"');
    expect((await lxd.host.exec(["ip", "link", "show", "lxdbr0"])).stdout).toContain("mtu 1400");
  }
});

test("a network that some member cannot make is told of and is not there; the next attempt makes it", async () => {
  // The cable between the members has an address, and such a device LXD takes into no bridge.
  const members = { two: { "bridge.external_interfaces": "peer0" } };
  await expect(
    first.lxdNetworks?.create(network("half", "10.231.0.1/24", { members }), owned),
  ).rejects.toThrow(/Only unconfigured/);
  expect(await csv("network", "list")).not.toContainEqual(expect.stringMatching(/^half,/));
  // As LXD leaves one when nobody clears it away.
  const post = async (query: string, config: object): Promise<unknown> =>
    one.lxd.lxc(
      [
        "query",
        "-X",
        "POST",
        `/1.0/networks${query}`,
        "-d",
        JSON.stringify({ name: "half", type: "bridge", config }),
      ],
      { allowFailure: true },
    );
  await post("?target=one", {});
  await post("?target=two", members.two);
  await post("", { "ipv4.address": "none", "user.vmhost.owner": owner });
  expect(await lxc("network", "show", "half")).toMatch(/status: Errored/);
  const wanted = network("half", "10.231.0.1/24");
  await expect(first.lxdNetworks?.create(wanted, { owner: "other" })).rejects.toMatchObject({
    code: "already-exists",
  });
  await first.lxdNetworks?.create(wanted, owned);
  expect(await lxc("network", "show", "half")).toMatch(/status: Created/);
  for (const { lxd } of [one, two]) await lxd.host.exec(["ip", "link", "show", "half"]);
  await second.lxdNetworks?.remove("half");
  expect(await first.lxdNetworks?.find("half")).toBeUndefined();
});

test("a pool that some member cannot make is told of, and the next attempt makes the rest of it", async () => {
  const folders = Object.fromEntries(
    [one, two].map(({ name, lxd }) => [name, { source: join(lxd.host.dir, "pool") }]),
  );
  await one.lxd.host.exec(["mkdir", folders["one"]?.source ?? ""]);
  const wanted = pool("folders", { members: folders });
  await expect(first.pools.create(wanted, owned)).rejects.toMatchObject({
    message: expect.stringMatching(/pool/),
    remedy: expect.stringContaining("some members"),
  });
  await expect(first.pools.create(wanted, { owner: "other" })).rejects.toMatchObject({
    code: "already-exists",
  });
  await one.lxd.host.exec(["mkdir", folders["two"]?.source ?? ""]);
  expect(await first.pools.create(wanted, owned)).toMatchObject({ owner });
  expect(await lxc("storage", "show", "folders")).toMatch(/status: Created/);
  await first.pools.remove("folders", { contents: false });
});

test("volumes are on the member that the program names, go to another one with what they hold, and copies stay beside their original", async () => {
  const bytes = noise("cluster", 1 << 20);
  const volume = (name: string, input: Record<string, unknown>): never =>
    pass(storageVolume, { name, pool: "local", ...input });
  const on = async (member: Member, name: string): Promise<Buffer> =>
    readFile(join(member.lxd.dir, "storage-pools", "local", "custom", `default_${name}`, "root.img"));
  await first.volumes.create(volume("data", { source: "x.raw", target: "two" }), owned, contentOf([bytes]));
  expect((await on(two, "data")).subarray(0, bytes.length).equals(bytes)).toBe(true);
  await first.volumes.create(volume("copy", { copyOf: "local/data" }), owned);
  await first.volumes.create(volume("empty", { size: "1MiB" }), owned);
  expect(await volumes()).toEqual(["custom,copy,two", "custom,data,two", "custom,empty,one"]);
  await lxc("storage", "volume", "snapshot", "local", "data", "kept", "--target", "two");

  await first.volumes.change?.("local", "data", volume("data", { source: "x.raw", target: "one" }), owned);
  expect(await volumes()).toEqual(
    expect.arrayContaining(["custom,data,one", "custom (snapshot),data/kept,one"]),
  );
  expect(await volumes()).not.toContain("custom,data,two");
  expect((await on(one, "data")).subarray(0, bytes.length).equals(bytes)).toBe(true);
  expect(await second.volumes.find("local", "data")).toMatchObject({ owner, complete: true });

  // A run that was cut off has left half of a copy: the whole one counts, wherever it is asked for, and stays.
  const half = ["data", "user.vmhost.making=true", `user.vmhost.owner=${owner}`, "--type", "block"];
  const leaveHalf = (member: string): Promise<string> =>
    lxc("storage", "volume", "create", "local", ...half, "--target", member);
  await leaveHalf("two");
  expect(await first.volumes.find("local", "data")).toMatchObject({ complete: true });
  await first.volumes.change?.("local", "data", volume("data", { source: "x.raw", target: "two" }), owned);
  expect((await on(two, "data")).subarray(0, bytes.length).equals(bytes)).toBe(true);
  await leaveHalf("one");
  for (const name of ["data", "copy", "empty"]) await first.volumes.remove("local", name);
  expect(await volumes()).toEqual([]);
});

test("an instance runs where the program says, in a group or where LXD likes, with the volumes that were made for it beside it", async () => {
  await lxc("cluster", "group", "create", "fast");
  await lxc("cluster", "group", "assign", "two", "default,fast");
  const disks = [
    { pool: "local", image: lxdImage },
    { pool: "local", name: "data", size: "16MiB" },
  ];
  const web = await first.vms.create(
    container("web", { target: "two", disks, interfaces: [{ network: "lxdbr0" }] }),
    owned,
  );
  await first.vms.create(container("fast", { target: "@fast" }), owned);
  await first.vms.create(container("any"), owned);
  expect(await instances()).toEqual(["any,STOPPED,one", "fast,STOPPED,two", "web,STOPPED,two"]);
  expect(await volumes()).toEqual(["custom,web-data,two"]);
  await first.vms.start(web.id);
  // Through the other member its operations, addresses and state are the same.
  const addresses = await poll(async () => {
    const found = (await first.vms.addresses(web.id, "any")).flatMap(({ addresses }) => addresses);
    return found.some((address) => address.startsWith("10.230.0.")) ? found : undefined;
  }, 20_000);
  expect(addresses).toBeDefined();
  expect((await second.vms.list()).map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
    "any stopped",
    "fast stopped",
    "web running",
  ]);
  const [here, there] = await Promise.all([first.facts(), second.facts()]);
  expect(here).toMatchObject({
    hostId: there.hostId,
    total: there.total,
    members: [
      { name: "one", groups: ["default"], open: true },
      { name: "two", groups: ["default", "fast"], open: true },
    ],
  });
  expect(here.members?.reduce((sum, { total }) => sum + total.memoryMiB, 0)).toBe(here.total.memoryMiB);
  expect((await first.vms.list()).map(({ name, member }) => `${name} ${member}`).sort()).toEqual([
    "any one",
    "fast two",
    "web two",
  ]);
  for (const target of ["three", "@slow"])
    await expect(first.vms.create(container("lost", { target }), owned)).rejects.toMatchObject({
      code: "not-found",
      remedy: expect.stringContaining("lxc cluster list"),
    });
});

const web = (target: string): NamedVmSpec =>
  container("web", {
    target,
    disks: [
      { pool: "local", image: lxdImage },
      { pool: "local", name: "data", size: "16MiB" },
    ],
    interfaces: [{ network: "lxdbr0" }],
  });

test("a move takes an instance, its identity and its volumes to the other member; one that runs is told to stop first", async () => {
  const before = (await first.vms.find("web")) as ObservedVm;
  await lxc("exec", "web", "--", "sh", "-c", "echo kept > /root/word");
  const { source = "" } = {
    source: join(two.lxd.dir, "storage-pools", "local", "custom", "default_web-data"),
  };
  await writeFile(join(source, "word"), "kept");
  expect(await first.vms.toward?.("one", before.id)).toEqual({ from: "two", live: false });
  await expect(first.vms.change(before.id, web("one"), owned)).rejects.toMatchObject({
    code: "invalid-state",
    remedy: expect.stringContaining("ifNeeded"),
  });
  await first.vms.stop(before.id, { hard: true });
  expect((await first.vms.change(before.id, web("one"), owned)).id).toBe(before.id);
  expect(await instances()).toContain("web,STOPPED,one");
  expect(await volumes()).toEqual(["custom,web-data,one"]);
  const moved = join(one.lxd.dir, "storage-pools", "local", "custom", "default_web-data", "word");
  expect(await readFile(moved, "utf8")).toBe("kept");
  await first.vms.start(before.id);
  expect(await one.lxd.inside("web", "cat", "/root/word")).toBe("kept");
  await first.vms.stop(before.id, { hard: true });

  // What a run that was cut off has left on the member to which it was on its way is nobody's data.
  await lxc(
    "storage",
    "volume",
    "create",
    "local",
    "web-data",
    `user.vmhost.owner=${owner}`,
    "--target",
    "two",
  );
  await second.vms.change(before.id, web("two"), owned);
  expect(await instances()).toContain("web,STOPPED,two");
  expect(await volumes()).toEqual(["custom,web-data,two"]);
  expect(await readFile(join(source, "word"), "utf8")).toBe("kept");
  // A volume that is not its own stays where it is, and the instance with it.
  await first.volumes.create(
    pass(storageVolume, {
      name: "shared",
      pool: "local",
      size: "1MiB",
      contentType: "filesystem",
      target: "one",
    }),
    owned,
  );
  const shared = {
    ...container("any", {
      target: "two",
      disks: [
        { pool: "local", image: lxdImage },
        { volume: "local/shared", name: "more" },
      ],
    }),
  };
  await first.vms.change("any", { ...shared, target: undefined }, owned);
  await expect(first.vms.change("any", shared, owned)).rejects.toMatchObject({
    remedy: expect.stringContaining("another member"),
  });
  expect(await instances()).toContain("any,STOPPED,one");
});

test("an evacuated member takes nothing, and what was on it stays where LXD has brought it until there is a way back", async () => {
  await lxc("cluster", "evacuate", "two", "--force");
  // LXD leaves one that has a volume of the member there, off.
  expect(await instances()).toEqual(["any,STOPPED,one", "fast,STOPPED,one", "web,STOPPED,two"]);
  expect((await first.facts()).members?.map(({ open }) => open)).toEqual([true, false]);
  const closed = expect.stringContaining("lxc cluster restore two");
  await expect(first.vms.create(container("lost", { target: "two" }), owned)).rejects.toMatchObject({
    code: "invalid-state",
    remedy: expect.stringContaining("lxc cluster restore"),
  });
  const now = (await first.vms.find("fast")) as ObservedVm;
  expect(await first.vms.toward?.("two", now.id)).toEqual({ closed, from: "one", live: false });
  const fast = container("fast", { target: "two" });
  await expect(first.vms.change(now.id, fast, owned)).rejects.toMatchObject({ message: closed });
  // The program has said nothing new of it, so other changes of it are made.
  expect(await wayOf(first, now.id, fast, { target: "two" })).toMatchObject({
    spec: { target: undefined },
    off: false,
  });
  await lxc("cluster", "restore", "two", "--force");
  expect(await wayOf(first, now.id, fast, { target: "two" })).toEqual({ spec: fast, off: false });
});

test("while a member is away nothing on it counts as gone, and what would need it says so", async () => {
  const away = { code: "unreachable", remedy: expect.stringContaining("lxc cluster list") };
  const { id } = (await first.vms.find("fast")) as ObservedVm;
  const { stdout } = await two.lxd.host.exec(["pgrep", "-x", "lxd"]);
  await two.lxd.host.exec(["kill", "-KILL", ...stdout.trim().split("\n")]);
  // One that has not seen it before asks for all there are, and is told at once.
  const fresh = connect(one);
  for (const many of [true, false]) await expect(fresh.vms.find(id, { many })).rejects.toMatchObject(away);
  await expect(fresh.vms.remove(id)).rejects.toMatchObject(away);
  await fresh.close();
  await expect(first.vms.create(container("lost", { target: "two" }), owned)).rejects.toMatchObject(away);
  const br = network("lxdbr0", "10.230.0.1/24", { mtu: 1300 });
  await expect(first.lxdNetworks?.change("lxdbr0", br, owned)).rejects.toMatchObject(away);
  expect(await first.vms.find("any", { many: true })).toMatchObject({ name: "any" });
  expect((await first.vms.list()).map(({ name }) => name)).toEqual(["any"]);
  await writeFile(join(two.lxd.host.dir, "control"), "lxd\n");
  await poll(() => first.vms.find(id, { many: true }).catch(() => undefined), 30_000);
  expect(await first.vms.find(id, { many: true })).toMatchObject({ id, name: "fast", owner });
});
