import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ObservedVm } from "../../../provider/driver/contract";
import { waitForAgent } from "../../../provider/lifecycle/vm/guest/inside";
import { VmBench } from "./vms-bench";

let bench: VmBench;
let made: ObservedVm;

/** A Linux that goes along with what it is asked, with the agent that tells its addresses. */
const base = (): Record<string, unknown> => ({
  domainType: "qemu",
  memory: 192,
  maxMemory: 256,
  maxCores: 2,
  os: {
    kernel: bench.guest.kernel,
    initrd: bench.guest.initrdWithAgent,
    cmdline: `${bench.guest.commandLine} hostname=linux`,
  },
  disks: [{ size: "16MiB" }, { name: "data", size: "16MiB" }],
  interfaces: [{ network: bench.networks[0] }, { name: "up", network: bench.networks[1] }],
});

const change = (input: Record<string, unknown>): Promise<ObservedVm> =>
  bench.change(made, bench.spec("linux", { ...base(), ...input }, bench.spec("linux", base())));

async function until<T>(question: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 90_000;
  for (;;) {
    const answer = await question();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error("it did not come to be within 90 s");
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

beforeAll(async () => {
  bench = await VmBench.open("guest", 81);
  made = await bench.create(bench.spec("linux", base()));
  await bench.driver.vms.start(made.id);
});
afterAll(() => bench?.close());

test("the agent is waited for until it answers", async () => {
  await waitForAgent(bench.driver, made.id, 120);
  const told = await bench.host.virsh(["qemu-agent-command", "linux", '{"execute":"guest-ping"}']);
  expect(JSON.parse(told)).toEqual({ return: {} });
});

test("the addresses come from the leases, from the agent, and from both", async () => {
  const { vms } = bench.driver;
  const ipv4 = (found: Awaited<ReturnType<typeof vms.addresses>>): string[] =>
    found.flatMap(({ addresses }) => addresses.filter((address) => /^10\.8[12]\.0\./.test(address))).sort();
  const leases = await until(async () => {
    const found = ipv4(await vms.addresses(made.id, "lease"));
    return found.length === 2 ? found : undefined;
  });
  const told = await until(async () => {
    const found = ipv4(await vms.addresses(made.id, "agent").catch(() => []));
    return found.length === 2 ? found : undefined;
  });
  expect(told).toEqual(leases);
  expect(ipv4(await vms.addresses(made.id, "any"))).toEqual(leases);
  expect(await bench.host.virsh(["domifaddr", "linux"])).toMatch(String(leases[0]));
});

test("a snapshot is quiesced by the agent, and merged again while the guest runs", async () => {
  const { snapshots } = bench.driver;
  const connection = bench.spec("linux", base()).host;
  const asked = {
    host: connection,
    vm: made.id,
    description: undefined,
    revert: undefined,
    expiresAt: undefined,
    memory: false,
  };
  const owner = "live/guest/Snapshot/frozen";
  const take = (quiesce: boolean | "ifPossible") =>
    snapshots?.create({ ...asked, owner, name: `frozen-${quiesce}`, quiesce }, { owner });
  expect(await take(true)).toMatchObject({ kind: "external", consistency: "quiesced" });
  expect(await take("ifPossible")).toMatchObject({ consistency: "quiesced" });
  expect(await take(false)).toMatchObject({ consistency: "crash" });
  for (const quiesce of ["true", "ifPossible", "false"])
    await snapshots?.remove(made.id, `frozen-${quiesce}`);
  expect(await bench.host.virsh(["domstate", "linux"])).toBe("running");
  expect(await bench.volumes()).toHaveLength(2);
});

test("a guest that goes along lets go of disks and interfaces, and takes another card", async () => {
  const changed = await change({
    disks: [{ size: "16MiB" }],
    interfaces: [{ network: bench.networks[0], mac: "52:54:00:00:77:01" }],
    allowDataLoss: true,
  });
  expect(changed).toMatchObject({ state: "running", restartRequired: [] });
  expect(await bench.disks("linux")).toEqual(["vda"]);
  expect(await bench.links("linux")).toEqual([bench.networks[0]]);
  expect(await bench.host.virsh(["domiflist", "linux"])).toMatch("52:54:00:00:77:01");
  expect(await bench.volumes()).toHaveLength(1);
});

test("cores and memory follow within their maxima", async () => {
  const more = await change({
    cores: 2,
    memory: 128,
    disks: [{ size: "16MiB" }],
    interfaces: [{ network: bench.networks[0], mac: "52:54:00:00:77:01" }],
  });
  expect(more.restartRequired).toEqual([]);
  expect(await bench.host.virsh(["vcpucount", "linux", "--live", "--current"])).toBe("2");
  await until(async () =>
    /actual 131072/.test(await bench.host.virsh(["dommemstat", "linux"])) ? true : undefined,
  );
});

test("it shuts down when it is asked, and being asked again is no failure", async () => {
  const { vms } = bench.driver;
  expect(await vms.hasAcpi(made.id)).toBe(true);
  await vms.stop(made.id, { hard: false });
  await until(async () => ((await vms.state(made.id)) === "stopped" ? true : undefined));
  await vms.stop(made.id, { hard: false });
  await vms.remove(made.id);
  expect(await bench.domains()).not.toContain("linux");
});
