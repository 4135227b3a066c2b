import { existsSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ThrowawayLxd } from "../../scripts/lib/lxd";
import { lxdPool } from "../../scripts/lib/lxd";
import type { SeenVm, SeenVolume, Witness } from "./setup";

type Named<T> = Readonly<Record<string, T>>;

interface Instance {
  readonly name: string;
  readonly type: "container" | "virtual-machine";
  readonly status: string;
  readonly description: string;
  readonly config: Named<string>;
  readonly expanded_devices: Named<Named<string>>;
}

interface Volume {
  readonly config: Named<string>;
  readonly content_type: string;
}

/** What lxc, and the files of the host, say of a throwaway LXD: no line of the provider's code is in between. */
export function lxcWitness(lxd: ThrowawayLxd, type: Instance["type"]): Witness {
  const lxc = async (...args: readonly string[]): Promise<string> => (await lxd.lxc(args)).stdout;
  const instance = (name: string): Promise<Instance | undefined> =>
    lxd.query<Instance>(`/1.0/instances/${encodeURIComponent(name)}`);
  const never = async (): Promise<never> => {
    throw new Error("LXD has no such thing");
  };

  const imageOf = (pool: string, name: string): string =>
    join(lxd.dir, "storage-pools", pool, "custom", `default_${name}`, "root.img");

  /** The size of a block volume is that of its file; a folder has the size that it was promised. */
  const volume = async (pool: string, name: string): Promise<SeenVolume | undefined> => {
    const custom = await lxd.query<Volume>(
      `/1.0/storage-pools/${pool}/volumes/custom/${encodeURIComponent(name)}`,
    );
    if (custom !== undefined) {
      const capacityBytes =
        custom.content_type === "block"
          ? (await stat(imageOf(pool, name))).size
          : Number(custom.config["size"]);
      return { path: `${pool}/custom/${name}`, capacityBytes, format: "raw" };
    }
    const owner = await instance(name);
    const root = Object.values(owner?.expanded_devices ?? {}).find((device) => device["path"] === "/");
    if (owner === undefined || root?.["pool"] !== pool) return undefined;
    const file = join(lxd.dir, "storage-pools", pool, "virtual-machines", name, "root.img");
    const capacityBytes = owner.type === "container" ? Number(root["size"]) : (await stat(file)).size;
    return { path: `${pool}/${owner.type}/${name}`, capacityBytes, format: "raw" };
  };

  /** A VM's disk is a file, a container's a folder. */
  const fileOf = async (vm: string, disk: string): Promise<string> => {
    const { pool = "", path, source = "" } = (await instance(vm))?.expanded_devices[disk] ?? {};
    const pools = join(lxd.dir, "storage-pools", pool);
    const folder =
      path === "/"
        ? join(pools, type === "container" ? "containers" : "virtual-machines", vm)
        : join(pools, "custom", `default_${source}`);
    return join(folder, type !== "container" ? "root.img" : path === "/" ? "rootfs/witness" : "witness");
  };

  return {
    async vm(name) {
      const seen = await instance(name);
      return seen && { ...configured(seen), ...(seen.status === "Stopped" ? {} : await live(lxd, seen)) };
    },
    async network(name) {
      const seen = await lxd.query<{ config: Named<string>; status: string }>(
        `/1.0/networks/${encodeURIComponent(name)}`,
      );
      const [, start, end] = /^([^-,]+)-([^-,]+)/.exec(seen?.config["ipv4.dhcp.ranges"] ?? "") ?? [];
      return (
        seen && {
          id: name,
          active: seen.status === "Created",
          autostart: true,
          ...(start === undefined || end === undefined ? {} : { range: [start, end] as const }),
        }
      );
    },
    async pool(name) {
      const seen = await lxd.query<{ config: Named<string>; status: string }>(
        `/1.0/storage-pools/${encodeURIComponent(name)}`,
      );
      return (
        seen && {
          id: name,
          active: seen.status === "Created",
          autostart: true,
          path: seen.config["source"] ?? "",
        }
      );
    },
    volume,
    files: never,
    content: (pool, name) => readFile(imageOf(pool, name)),
    snapshots: async (vm) =>
      (await lxd.query<{ name: string }[]>(`/1.0/instances/${vm}/snapshots?recursion=1`))?.map(
        ({ name }) => name,
      ) ?? [],
    read: async (vm, disk) => {
      const file = await open(await fileOf(vm, disk));
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
        return buffer.subarray(0, bytesRead).toString().replace(/\0.*$/s, "");
      } finally {
        await file.close();
      }
    },
    async write(vm, disk, text) {
      const path = await fileOf(vm, disk);
      const file = await open(path, existsSync(path) ? "r+" : "w");
      await file.write(Buffer.concat([Buffer.from(text), Buffer.alloc(64 - text.length)]), 0, 64, 0);
      await file.close();
    },
    makeVm: async (name) =>
      void (await lxc(
        "init",
        name,
        "--empty",
        "--storage",
        lxdPool,
        ...(type === "container" ? [] : ["--vm"]),
      )),
    makeNetwork: async (name) =>
      void (await lxc("network", "create", name, "ipv4.address=none", "ipv6.address=none")),
    makeVolume: async (pool, name) =>
      void (await lxc("storage", "volume", "create", pool, name, "--type=block", "size=8192")),
    dropVm: async (name) => void (await lxc("delete", "--force", name)),
    dropNetwork: async (name) => void (await lxc("network", "delete", name)),
    dropVolume: async (pool, name) => void (await lxc("storage", "volume", "delete", pool, name)),
    stopPool: never,
    startPool: never,
  };
}

function configured({
  config,
  description,
  status,
  expanded_devices: devices,
  name,
  type,
}: Instance): SeenVm {
  const named = Object.entries(devices).sort(([a], [b]) => (a < b ? -1 : 1));
  const disks = named.flatMap(([key, { type: kind, path, pool, source }]) =>
    kind === "disk" ? [[key, path === "/" ? `${pool}/${type}/${name}` : `${pool}/custom/${source}`]] : [],
  );
  return {
    id: config["volatile.uuid"] ?? "",
    state: status === "Running" ? "running" : status === "Frozen" ? "paused" : "stopped",
    autostart: config["boot.autostart"] === "true",
    cores: Number(config["limits.cpu"]),
    memoryMiB: Number(config["limits.memory"]?.replace("MiB", "")),
    ...(description === "" ? {} : { description }),
    disks: Object.fromEntries(disks) as Record<string, string>,
    macs: named.flatMap(([, device]) => device["hwaddr"] ?? []),
  };
}

/** Of a VM, QEMU's threads are counted, and its configuration file is read. */
async function live(
  lxd: ThrowawayLxd,
  { name, type, expanded_devices: devices }: Instance,
): Promise<Partial<SeenVm>> {
  const liveDisks = Object.keys(devices)
    .filter((key) => devices[key]?.["type"] === "disk")
    .sort();
  if (type === "container") {
    // LXD deals its host's cores out when it gets to it, and under load not at all: the limit is what can be seen at once.
    return { liveDisks, liveCores: Number((await lxd.lxc(["config", "get", name, "limits.cpu"])).stdout) };
  }
  const logs = join(lxd.dir, "logs", name);
  const [pid, settings] = await Promise.all(
    ["qemu.pid", "qemu.conf"].map((file) => readFile(join(logs, file), "utf8")),
  );
  const threads = await lxd.host.exec(
    ["grep", "--no-messages", "--recursive", "--include=comm", "CPU ", `/proc/${pid?.trim()}/task`],
    {
      allowFailure: true,
    },
  );
  const [, memory] = /^\[memory\]\s*\nsize = "(\d+)M"/m.exec(settings ?? "") ?? [];
  return {
    liveDisks,
    liveCores: threads.stdout.split("\n").filter((line) => /\/comm:CPU \d+/.test(line)).length,
    liveMemoryMiB: Number(memory),
  };
}
