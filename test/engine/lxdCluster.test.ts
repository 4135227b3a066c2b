import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { importImage, lxdImage } from "../../scripts/lib/lxd";
import { startLxdCluster, type Member } from "../../scripts/lib/lxd-cluster";
import { Program, type Outcome } from "../support/pulumi";

/** A program on a real cluster of two members, each of which has as much memory as this machine. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool, LxdNetwork, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const half = config.requireNumber("half");
const host = new VmHost("cluster", { address: config.require("address"), cpuOvercommitRatio: 10 });
const pool = new StoragePool("local", { host, name: "local", type: "dir" });
const network = new LxdNetwork("lxdbr0", { host, name: "lxdbr0", ipv4: { address: "10.232.0.1/24" }, ipv6: { address: "none" } });
new StorageVolume("data", { host, name: "data", pool: pool.name, contentType: "filesystem", size: "16MiB", target: config.require("target") });
const disks = [{ pool: pool.name, image: "${lxdImage}" }];
const container = { host, instanceType: "container", disks };
const web = new Vm("web", {
  ...container,
  name: "web",
  memory: half + 64,
  disks: [...disks, { pool: pool.name, name: "own", size: "16MiB" }],
  interfaces: [{ network: network.name }],
  target: config.require("target"),
  restart: "ifNeeded",
  shutdownTimeout: 5,
  forceDestroy: true,
  waitFor: { address: true },
});
new Vm("other", { ...container, name: "other", memory: config.requireNumber("other"), running: false }, { dependsOn: web });
exports.total = host.total;
exports.uuid = web.uuid;
exports.address = web.address;
`;

let one: Member, two: Member;
let program: Program;
/** Half the memory of a member, MiB. */
let half: number;

beforeAll(async () => {
  [one, two] = await startLxdCluster();
  await importImage(one.lxd);
  const { memory } = (await one.lxd.query<{ memory: { total: number } }>("/1.0/resources")) ?? {
    memory: { total: 0 },
  };
  half = Math.floor(memory.total / 2 ** 21);
  program = new Program({
    name: "lxdcluster",
    source: SOURCE,
    config: { address: one.lxd.address, half, other: half + 64, target: "two" },
  });
  await program.prepare();
});

afterAll(async () => {
  await program?.destroy();
  await program?.dispose();
  await Promise.all([one, two].map((member) => member?.lxd.host.stop()));
});

const succeeded = ({ code, stdout, stderr }: Outcome): void => {
  if (code !== 0) throw new Error(stdout + stderr);
};
const lines = async (...args: readonly string[]): Promise<readonly string[]> =>
  (await one.lxd.lxc([...args, "--format", "csv"])).stdout.trim().split("\n").sort();
const instances = (): Promise<readonly string[]> => lines("list", "--columns", "nsL");
const volumes = async (): Promise<readonly string[]> =>
  (await lines("storage", "volume", "list", "local", "--columns", "tnL")).filter((line) =>
    line.startsWith("custom"),
  );
const clean = async (): Promise<void> => {
  for (const run of [program.preview, program.refresh])
    succeeded(await run.call(program, { expectNoChanges: true, args: ["--diff"] }));
};

test("goes where it says, and where there is room: what LXD would have chosen is full", async () => {
  // LXD takes the member with the fewest instances, which is not the one with room.
  for (const target of [["--target", "one"], ["--target", "two"], []])
    await one.lxd.lxc(["storage", "create", "extra", "dir", ...target]);
  for (const name of ["a", "b", "c"])
    await one.lxd.lxc(["init", lxdImage, name, "--target", "one", "--storage", "extra"]);
  succeeded(await program.up());
  expect((await instances()).filter((line) => /^(web|other),/.test(line))).toEqual([
    "other,STOPPED,one",
    "web,RUNNING,two",
  ]);
  expect(await volumes()).toEqual(["custom,data,two", "custom,web-own,two"]);
  const { total } = (await program.outputs()) as { total: { memoryMiB: number } };
  expect(Math.floor(total.memoryMiB / 4)).toBeCloseTo(half, -1);
  await clean();
});

test("is told in preview of members that are none, and of one that has no room", async () => {
  await program.setConfig("target", "three");
  expect((await program.preview()).stdout).toMatch(
    /target.*cannot be "three": the cluster has no such member \(one, two\)/,
  );
  await program.setConfig("target", "one");
  expect((await program.preview()).stdout).toMatch(/memory does not fit on .*, member one/);
});

test("moves what runs, with its volumes, and is the same through another member's address", async () => {
  const { uuid } = await program.outputs();
  await program.setConfig("other", "64");
  succeeded(await program.up({ args: ["--target", "**other"] }));
  await program.setConfig("address", two.lxd.address);
  const { steps } = await program.preview();
  expect(
    steps
      .filter(({ op }) => op !== "same")
      .map(({ name, op }) => `${name} ${op}`)
      .sort(),
  ).toEqual(["cluster update", "data update", "web update"]);
  succeeded(await program.up());
  expect((await instances()).filter((line) => line.startsWith("web,"))).toEqual(["web,RUNNING,one"]);
  expect(await volumes()).toEqual(["custom,data,one", "custom,web-own,one"]);
  expect(await program.outputs()).toMatchObject({ uuid, address: expect.stringMatching(/^10\.232\.0\./) });
  await clean();
});
