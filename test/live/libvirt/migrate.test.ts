import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { HostDriver, MoveOptions, NamedVmSpec, ObservedVm } from "../../../provider/driver/contract";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { check } from "../../../provider/lifecycle/engine/check";
import { vm } from "../../../provider/lifecycle/vm";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { connectHosts, poolPath, type ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { ownHost, placeGuest, type PlacedGuest } from "../../support/host";
import { failure } from "./vms-bench";

/** Two hosts with a cable between them; virsh looks at both. */
const ends: { host: ThrowawayHost; driver: HostDriver; address: string }[] = [];
let guest: PlacedGuest;
let halting = "";

beforeAll(async () => {
  const hosts = await Promise.all([ownHost(), ownHost()]);
  const [a, b] = hosts as [ThrowawayHost, ThrowawayHost];
  await connectHosts(a, b, ["192.0.2.1/30", "192.0.2.2/30"]);
  for (const [index, host] of hosts.entries()) {
    guest = await placeGuest(host);
    halting = `<os><loader type='rom'>${guest.haltRom}</loader></os>`;
    await host.virsh(["pool-define-as", "disks", "dir", "--target", `${poolPath}/disks${index}`]);
    await host.virsh(["pool-build", "disks"]);
    await host.virsh(["pool-start", "disks"]);
    const driver = createLibvirtDriver(objectOf(hostFields).parse({ address: host.address }));
    ends.push({ host, driver, address: `192.0.2.${index + 1}` });
  }
});
afterEach(async () => {
  for (const { driver } of ends) for (const { id } of await driver.vms.list()) await driver.vms.remove(id);
});
afterAll(async () => {
  await Promise.all(ends.map(({ driver }) => driver.close()));
  await Promise.all(ends.map(({ host }) => host.stop()));
});

const end = (index: number) => ends[index] as (typeof ends)[number];

function spec(
  index: number,
  name: string,
  input: Record<string, unknown> = {},
  olds: object = {},
): NamedVmSpec {
  const { host, address } = end(index);
  const news = {
    host: { address: host.address, migrationAddress: address, defaultStoragePool: "disks" },
    owner: `live/move/Vm/${name}`,
    name,
    memory: 64,
    raw: halting,
    disks: [{ size: "4MiB" }, { name: "data", size: "2MiB", format: "raw" }],
    ...input,
  };
  const { inputs, failures } = check(vm as never, olds as Record<string, unknown>, news);
  if (failures.length > 0) throw new Error(`The gate refuses the input: ${JSON.stringify(failures)}`);
  return inputs as unknown as NamedVmSpec;
}

const COPY: MoveOptions = {
  storage: "copy",
  unsafe: false,
  autoConverge: false,
  compressed: false,
  tls: false,
};

async function move(
  made: ObservedVm,
  wanted: NamedVmSpec,
  options: Partial<MoveOptions> = {},
  to = 1,
): Promise<void> {
  const { receive } = end(to).driver;
  await receive?.(end(1 - to).driver, made.id, wanted, { owner: wanted.owner }, { ...COPY, ...options });
}

async function make(index: number, wanted: NamedVmSpec): Promise<ObservedVm> {
  return end(index).driver.vms.create(wanted, { owner: wanted.owner });
}

async function io(index: number, path: string, command: string, format = "qcow2"): Promise<string> {
  return (await end(index).host.exec(["qemu-io", "-f", format, "-c", command, path])).stdout;
}

async function files(index: number): Promise<string[]> {
  const { stdout } = await end(index).host.exec(["ls", `${poolPath}/disks${index}`]);
  return stdout.split("\n").filter((name) => name !== "");
}

const virsh = (index: number, ...args: readonly string[]): Promise<string> => end(index).host.virsh(args);
const names = (index: number): Promise<string> => virsh(index, "list", "--all", "--name");

/** libvirt lays metadata out anew each time. */
const unindented = (xml: string): string => xml.replace(/^\s+/gm, "");

describe("a VM moves to another host", () => {
  test("running, with its disks, its identity and its definition, and nothing stays behind", async () => {
    const { host } = end(0);
    const base = `${poolPath}/disks0/base.qcow2`;
    await host.exec(["qemu-img", "create", "-q", "-f", "qcow2", base, "4M"]);
    await io(0, base, "write -P 7 0 512");
    await virsh(0, "pool-refresh", "disks");
    const disks = [{ backing: "disks/base.qcow2" }, { name: "data", size: "2MiB", format: "raw" }];
    const made = await make(0, spec(0, "web", { disks, description: "it's <here>", autostart: true }));
    const [root, data] = await files(0).then((all) => all.filter((name) => name !== "base.qcow2").reverse());
    await io(0, `${poolPath}/disks0/${data}`, "write -P 9 0 512", "raw");
    await end(0).driver.vms.start(made.id);
    const before = await virsh(0, "dumpxml", "web", "--inactive");
    const wanted = spec(1, "web", { disks, description: "it's <here>", autostart: true });

    await move(made, wanted);
    expect([await names(0), await names(1)]).toEqual(["", "web"]);
    expect(await virsh(1, "domstate", "web")).toBe("running");
    expect(await virsh(1, "domuuid", "web")).toBe(made.id);
    const after = await virsh(1, "dumpxml", "web", "--inactive");
    expect(unindented(after.replaceAll("/disks1/", "/disks0/"))).toBe(unindented(before));
    expect(await files(0)).toEqual(["base.qcow2"]);
    expect(await files(1)).toEqual([data, root].sort());

    const settled = await end(1).driver.vms.change(made.id, wanted, { owner: wanted.owner });
    expect(settled).toMatchObject({ id: made.id, state: "running", restartRequired: [] });
    expect(await virsh(1, "dominfo", "web")).toMatch(/Autostart:\s+enable/);
    // Asked once more, as after an answer that was lost, there is nothing left to do.
    await move(made, wanted);
    await end(1).driver.vms.stop(made.id, { hard: true });
    expect(await io(1, `${poolPath}/disks1/${root}`, "read -P 7 0 512")).not.toMatch(/fail/i);
    expect(await io(1, `${poolPath}/disks1/${data}`, "read -P 9 0 512", "raw")).not.toMatch(/fail/i);
    await host.exec(["rm", base]);
    await virsh(0, "pool-refresh", "disks");
  });

  test("while its Linux runs on: the same boot, before and after, and its agent answers on the other host", async () => {
    const { kernel, initrdWithAgent: initrd, commandLine } = guest;
    const os = { kernel, initrd, cmdline: `${commandLine} hostname=linux` };
    const input = { raw: [], domainType: "qemu", memory: 192, os, disks: [{ size: "4MiB" }] };
    const made = await make(0, spec(0, "linux", input));
    await end(0).driver.vms.start(made.id);
    await until(async () => (await bootId(0, "linux")) !== undefined);
    const before = await bootId(0, "linux");
    await move(made, spec(1, "linux", input));
    expect(await virsh(1, "domstate", "linux", "--reason")).toBe("running (migrated)");
    await until(async () => (await bootId(1, "linux")) !== undefined);
    expect(await bootId(1, "linux")).toBe(before);
  });

  test("with the variables of its UEFI firmware, which are not left behind", async () => {
    const input = { raw: [], firmware: {}, domainType: "qemu", disks: [{ size: "4MiB" }] };
    const made = await make(0, spec(0, "uefi", input));
    await end(0).driver.vms.start(made.id, { paused: true });
    const folder = "/var/lib/libvirt/qemu/nvram";
    const variables = async (index: number): Promise<string> =>
      (await end(index).host.exec(["sh", "-c", `cd ${folder} 2>/dev/null && sha256sum * || true`])).stdout;
    const before = await variables(0);
    expect(before).toContain("uefi");
    await move(made, spec(1, "uefi", input));
    expect([await variables(0), await variables(1)]).toEqual(["", before]);
    await end(1).driver.vms.remove(made.id);
    expect(await variables(1)).toBe("");
  });

  test.each([
    ["paused", true],
    ["shut off", false],
  ])("%s, and is so there, with the seed of its cloud-init", async (state, start) => {
    const input = { cloudInit: { userData: "#cloud-config\n{}\n" } };
    const made = await make(0, spec(0, "calm", input));
    const before = await files(0);
    if (start) await end(0).driver.vms.start(made.id, { paused: true });
    const wanted = spec(1, "calm", input);
    await move(made, wanted);
    expect(await virsh(1, "domstate", "calm")).toBe(state);
    expect([await files(0), await files(1)]).toEqual([[], before]);
    const seed = before.find((name) => name.endsWith(".iso"));
    const { stdout } = await end(1).host.exec(["strings", `${poolPath}/disks1/${seed}`]);
    expect(stdout).toContain("#cloud-config");
    await end(1).driver.vms.change(made.id, wanted, { owner: wanted.owner });
    expect(await files(1)).toEqual(before);
    await end(1).driver.vms.remove(made.id);
    expect(await files(1)).toEqual([]);
  });

  test("on storage that both see nothing is copied; a cache in between needs the program's word", async () => {
    const shared = `/tmp/vmhost-shared-${process.pid}`;
    await mkdir(shared, { mode: 0o755 });
    try {
      for (const index of [0, 1]) {
        await virsh(index, "pool-define-as", "common", "dir", "--target", shared);
        await virsh(index, "pool-start", "common");
      }
      const disks = [{ pool: "common", size: "4MiB", cache: "writeback" }];
      const made = await make(0, spec(0, "both", { disks }));
      await end(0).driver.vms.start(made.id);
      await virsh(1, "pool-refresh", "common");
      const error = await failure(move(made, spec(1, "both", { disks }), { storage: "shared" }));
      expect(error).toMatchObject({ code: "invalid-state", remedy: expect.stringContaining("unsafe: true") });
      expect([await virsh(0, "domstate", "both"), await names(1)]).toEqual(["running", ""]);
      await move(made, spec(1, "both", { disks }), { storage: "shared", unsafe: true });
      expect([await names(0), await virsh(1, "domstate", "both")]).toEqual(["", "running"]);
      expect(await readdir(shared)).toHaveLength(1);
      await end(1).driver.vms.remove(made.id);
    } finally {
      for (const index of [0, 1]) {
        await virsh(index, "pool-destroy", "common");
        await virsh(index, "pool-undefine", "common");
      }
      await rm(shared, { recursive: true });
    }
  });
});

test("a definition that a run cut off has left here goes with the next one; its volumes are a person's to remove", async () => {
  const made = await make(0, spec(0, "cut", { disks: [{ size: "1MiB" }] }));
  const left = await virsh(0, "dumpxml", "cut", "--inactive");
  const wanted = spec(1, "cut", { disks: [{ size: "1MiB" }] });
  await move(made, wanted);
  await writeFile(join(end(0).host.dir, "lib", "cut.xml"), left);
  await virsh(0, "define", "/var/lib/libvirt/cut.xml");
  expect((await failure(move(made, wanted))).message).toMatch(/both hosts/);
  await end(1).driver.vms.start(made.id);
  const warned = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  await move(made, wanted);
  expect(warned.mock.calls.map(([text]) => String(text)).join("")).toMatch(/old volumes \(disks\/cut-/);
  warned.mockRestore();
  expect([await names(0), await virsh(1, "domstate", "cut")]).toEqual(["", "running"]);
});

describe("a VM that cannot move runs on where it is, and nothing is left there", () => {
  const stays = async (made: ObservedVm): Promise<void> => {
    expect([await names(0), await virsh(0, "domstate", made.name)]).toEqual([made.name, "running"]);
    expect(await files(1)).toEqual([]);
    const jobs = await virsh(0, "domjobinfo", made.name);
    expect(jobs).toMatch(/None/);
    expect(await virsh(0, "dumpxml", made.name, "--inactive")).not.toContain("vmmove");
  };
  const running = async (name: string, input: Record<string, unknown> = {}): Promise<ObservedVm> => {
    const made = await make(0, spec(0, name, input));
    await end(0).driver.vms.start(made.id);
    return made;
  };

  test("when the other QEMU cannot be reached", async () => {
    const made = await running("lost");
    const away = spec(1, "lost");
    const wanted = { ...away, host: { ...away.host, migrationAddress: "127.0.0.1" } };
    const error = await failure(move(made, wanted));
    expect(error.message).toMatch(/connect/i);
    expect(error.remedy).toMatch(/migrationAddress.*still where it was/);
    await stays(made);
    expect(await names(1)).toBe("");
  });

  test("when somebody stops it on its way", async () => {
    const made = await running("slow", { disks: [{ size: "64MiB" }] });
    await end(0).driver.vms.stop(made.id, { hard: true });
    const [file] = await files(0);
    await io(0, `${poolPath}/disks0/${file}`, "write -P 5 0 64M");
    await end(0).driver.vms.start(made.id);
    await virsh(0, "migrate-setspeed", "slow", "1");
    const moving = failure(move(made, spec(1, "slow", { disks: [{ size: "64MiB" }] })));
    await until(async () => /Type:\s+Unbounded|outgoing/i.test(await virsh(0, "domjobinfo", "slow")));
    await until(
      async () =>
        (await end(0).host.exec(["virsh", "-q", "domjobabort", "slow"], { allowFailure: true })).code === 0,
    );
    expect((await moving).message).toMatch(/cancel|abort/i);
    await stays(made);
    expect(await names(1)).toBe("");
  });

  test("when something of its name is there, or its snapshots would stay behind, or a disk is not its own", async () => {
    const made = await running("held");
    const wanted = spec(1, "held");
    const other = await make(1, { ...spec(1, "held", { disks: [] }), owner: "some/body/Vm/else" });
    expect((await failure(move(made, wanted))).code).toBe("already-exists");
    await end(1).driver.vms.remove(other.id);
    const [file] = await files(0);
    await virsh(1, "vol-create-as", "disks", String(file), "4096");
    expect(await failure(move(made, wanted))).toMatchObject({ remedy: expect.stringContaining("shared") });
    await virsh(1, "vol-delete", "--pool", "disks", String(file));
    await virsh(0, "snapshot-create-as", "held", "hand", "--disk-only");
    expect((await failure(move(made, wanted))).message).toMatch(/has snapshots \(hand\)/);
    await virsh(0, "snapshot-delete", "held", "hand");
    await stays(made);
    const path = `${poolPath}/disks0/loose.img`;
    await end(0).host.exec(["truncate", "--size", "1M", path]);
    const loose = await running("loose", { disks: [{ path, format: "raw" }] });
    const refused = await failure(move(loose, spec(1, "loose", { disks: [{ path, format: "raw" }] })));
    expect(refused.message).toMatch(/"root" is not a volume of the VM's own/);
    expect(await virsh(0, "domstate", "loose")).toBe("running");
    await end(0).driver.vms.remove(loose.id);
    await end(0).host.exec(["rm", path]);
  });
});

/** The kernel's own name for this run of it, told by the guest's agent; nothing while that does not answer. */
async function bootId(index: number, name: string): Promise<string | undefined> {
  const agent = async (execute: string, given: object): Promise<Record<string, unknown>> => {
    const command = JSON.stringify({ execute, arguments: given });
    const argv = ["virsh", "-q", "qemu-agent-command", "--timeout", "5", name, command];
    const { code, stdout } = await end(index).host.exec(argv, { allowFailure: true });
    return code === 0 ? (JSON.parse(stdout) as { return: Record<string, unknown> }).return : {};
  };
  const path = "/proc/sys/kernel/random/boot_id";
  const { pid } = await agent("guest-exec", { path: "/bin/cat", arg: [path], "capture-output": true });
  if (pid === undefined) return undefined;
  const { "out-data": data } = await agent("guest-exec-status", { pid });
  return typeof data === "string" ? Buffer.from(data, "base64").toString().trim() : undefined;
}

async function until(question: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await question()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to be within a minute");
}
