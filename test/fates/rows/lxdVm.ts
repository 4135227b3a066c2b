import { kept, merge, row, type Args, type Row, type RowOptions } from "../row";

/** A container that runs: it takes nearly everything at once. */
export const container: Args = {
  domainType: undefined,
  instanceType: "container",
  memory: 32,
  running: true,
  forceDestroy: true,
  disks: [{ name: "root", pool: "$pool", size: "64MiB", image: "tiny" }],
};
/** The same without what a row is about. */
const without = (...keys: readonly string[]): Args =>
  Object.fromEntries(Object.entries(container).filter(([key]) => !keys.includes(key)));

/** A virtual machine that is off, for what only such ones have. */
export const machine: Args = {
  domainType: undefined,
  instanceType: "virtual-machine",
  memory: 32,
  running: false,
  disks: [{ name: "root", pool: "$pool", size: "4MiB" }],
};

const vm = (
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  { base = container, ...options }: RowOptions & { readonly base?: Args } = {},
): Row => row("Vm", field, a, b, shows, { ...options, needs: merge(base, options.needs ?? {}) });

const state = (
  field: string,
  a: unknown,
  b: unknown,
  { base = container, ...options }: RowOptions & { readonly base?: Args } = {},
): Row => kept("Vm", field, a, b, { ...options, needs: merge(base, options.needs ?? {}) });

/** A key of LXD's that has a value. */
export const key = (name: string, value: string): RegExp =>
  new RegExp(`"${name.replaceAll(".", "\\.")}": "${value.replace(/[.|]/g, "\\$&")}"`);

const off = { base: machine };

/** One that runs, and halts at once (scripts/lib/lxd-qemu.sh). */
const guest: Args = {
  ...Object.fromEntries(Object.entries(machine).filter(([key]) => key !== "memory")),
  running: true,
  forceDestroy: true,
  config: { "security.secureboot": false, "raw.qemu": "-name vmhost-halt" },
};

export const rows: readonly Row[] = [
  vm("name", "fates-name", "fates-named", key("name", "fates-named"), {
    ...off,
    on: "name",
  }),
  vm("title", "one", "two <&>", key("user.vmhost.title", "two <&>")),
  vm("description", "one", "zwei", key("description", "zwei")),
  vm("cores", 1, 2, key("limits.cpu", "2"), { on: "cores" }),
  vm("memory", 32, 48, key("limits.memory", "48MiB"), { on: "memory", base: without("memory") }),
  // A guest of a virtual machine keeps the memory that it was started with at most.
  vm("memory", 64, 96, /user\.vmhost\.pending.*limits\.memory.*96MiB/, {
    base: guest,
    on: "guest",
    fate: "restart",
  }),
  vm("cores", 1, 2, key("limits.cpu", "2"), { base: guest, on: "guest" }),
  vm("cpu.pin", { 0: 0 }, { 0: 1 }, key("limits.cpu", "1-1"), { on: "pin" }),
  vm("numaPolicy", undefined, "single-node", /"limits\.cpu": "(\d)-\1"/, { on: "single-node" }),
  // Refused in preview by a server that has not this extension.
  vm("numa.nodes", undefined, undefined, /./, { ...off, on: "nodes", lacks: "numa_cpu_placement" }),
  // Refused before anything is made: never overcommitted.
  vm("hugepages", undefined, undefined, /./, { ...off, on: "huge", lacks: "free huge pages" }),
  // The preview refuses "bios" on a server that has it not.
  vm("firmware.type", "uefi", "uefi", key("security.csm", "true"), {
    ...off,
    on: "bios",
    lacks: "VMs that start by BIOS",
  }),
  vm("firmware.secureBoot", true, false, key("security.secureboot", "false"), { ...off, on: "machine" }),
  { ...vm("tpm.type", undefined, "emulator", key("type", "tpm"), { ...off, on: "machine" }), a: machine },
  // The only version that LXD has.
  vm("tpm.version", "2.0", "2.0", /./, { ...off, on: "tpm" }),
  vm("guestAgent", true, true, /./, { ...off, on: "as-ever" }),
  vm("console", true, true, /./, { ...off, on: "as-ever" }),
  vm("netboot", undefined, true, key("boot.priority", "99"), {
    ...off,
    on: "netboot",
    needs: { interfaces: [{ name: "eth0", network: "$network" }] },
  }),
  // The preview refuses a member that is none: test/live/lxd/cluster.test.ts has a cluster.
  vm("target", undefined, undefined, /./, {
    ...off,
    on: "target",
    lacks: "other members",
  }),
  vm("autostart", false, true, key("boot.autostart", "true")),
  vm("running", true, "paused", key("status", "Frozen"), { on: "power", base: without("running") }),
  vm("instanceType", "container", "virtual-machine", key("type", "virtual-machine"), {
    base: { ...without("instanceType", "disks"), running: false, allowDataLoss: true },
    needs: { disks: [{ name: "root", pool: "$pool", size: "4MiB" }] },
  }),
  vm("profiles", ["default"], ["default", "fates"], /"profiles": \[\s*"default",\s*"fates"/, {
    fate: "live",
  }),
  vm(
    "config",
    { "user.step": 1, "security.nesting": false },
    { "user.step": 2, "security.nesting": true },
    key("security.nesting", "true"),
  ),
  vm(
    "devices",
    { web: { type: "unix-char", path: "/dev/vmhost-a", source: "/dev/null" } },
    { web: { type: "unix-char", path: "/dev/vmhost-b", source: "/dev/null" } },
    key("path", "/dev/vmhost-b"),
  ),
  vm("adopt", undefined, true, /./, { ...off, on: "adopt" }),
  vm("zone", "here", "there", key("user.vmhost.zone", "there")),
  vm("resourcePool", "first", "second", key("user.vmhost.resource-pool", "second")),
  vm("tags", ["a"], ["a", "tag-b"], /user\.vmhost\.tags.*tag-b/),
  vm("spread", "apart-a", "apart-b", /user\.vmhost\.tags.*apart-b/, { on: "spread" }),
  vm("host", undefined, "$other", key("project", "other"), {
    base: { ...machine, allowDataLoss: true },
  }),
  // With its own volume, which follows it.
  vm("host", undefined, "$other", key("project", "other"), {
    ...off,
    on: "moves",
    needs: { migrate: true, disks: [{ name: "data", pool: "$pool", size: "1MiB" }] },
    fate: "live",
  }),
  vm("hosts", undefined, ["$host"], /./, { ...off, on: "hosts" }),
  vm(
    "cloudInit.userData",
    "#cloud-config\n{}",
    "#cloud-config\npackages: [b]",
    /cloud-init\.user-data.*packages: \[b\]/,
  ),
  vm("cloudInit.metaData", "a: 1", "b: 2", key("user.meta-data", "b: 2")),
  vm("cloudInit.networkConfig", "version: 1", "version: 2", key("cloud-init.network-config", "version: 2")),
  state("pack", false, true),
  state("waitFor.address", false, "ipv4", { ...off, on: "wait" }),
  state("waitFor.source", "any", "lease", { ...off, on: "wait" }),
  state("waitFor.timeout", 300, 60, { ...off, on: "wait" }),
  state("waitFor.agent", false, true, { ...off, on: "wait" }),
  state("waitFor.cloudInit", false, true, { ...off, on: "wait" }),
  state("shutdownTimeout", 300, 77),
  state("forceDestroy", false, true, { ...off, on: "force" }),
  state("cancelNoAcpi", false, true),
  state("shutdownOnDestroy", false, true, { ...off, on: "force" }),
  state("restart", "ifNeeded", "never", { ...off, on: "force" }),
  state("restartTrigger", "once", "twice", { ...off, on: "trigger" }),
  state("allowDataLoss", false, true, { ...off, on: "force" }),
];
