import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import type { SeenVm, SeenVolume, Witness } from "./setup";

const MISSING = /not found|failed to get (domain|network|pool|vol)/i;
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  trimValues: false,
});

type Xml = { readonly [name: string]: unknown };

export interface VirshOptions {
  /** The URI that virsh itself uses; it has to lead to the daemon that the driver talks to. */
  readonly uri: string;
  readonly domainType: "qemu" | "test";
  /** Whether volumes are files that other tools can read. */
  readonly files: boolean;
}

/** What virsh and qemu-img say of a throwaway host: no line of the provider's code is in between. */
export function virshWitness(host: ThrowawayHost, { uri, domainType, files }: VirshOptions): Witness {
  const virsh = async (...args: readonly string[]): Promise<string> =>
    (await host.exec(["virsh", "--quiet", "--connect", uri, ...args])).stdout;
  /** virsh reads definitions from files only. */
  const define = async (command: string, xml: string): Promise<void> => {
    await writeFile(join(host.dir, "lib", "by-hand.xml"), xml);
    await virsh(command, "/var/lib/libvirt/by-hand.xml");
  };
  const ask = async (...args: readonly string[]): Promise<string | undefined> => {
    const { code, stdout, stderr } = await host.exec(["virsh", "--quiet", "--connect", uri, ...args], {
      allowFailure: true,
    });
    if (code === 0) return stdout;
    if (MISSING.test(stderr)) return undefined;
    throw new Error(`virsh ${args.join(" ")}: ${stderr}`);
  };
  const xmlOf = async (root: string, ...args: readonly string[]): Promise<Xml | undefined> => {
    const text = await ask(...args);
    return text === undefined ? undefined : child(parser.parse(text) as Xml, root);
  };

  const volume = async (pool: string, name: string): Promise<SeenVolume | undefined> => {
    if (files) await virsh("pool-refresh", pool);
    const xml = await xmlOf("volume", "vol-dumpxml", "--pool", pool, "--vol", name);
    if (xml === undefined) return undefined;
    const path = text(child(child(xml, "target"), "path")) ?? "";
    const format = attribute(child(child(xml, "target"), "format"), "type") ?? "";
    if (!files) {
      const below = text(child(child(xml, "backingStore"), "path"));
      return {
        path,
        capacityBytes: Number(text(xml["capacity"])),
        format,
        ...(below === undefined ? {} : { backing: below }),
      };
    }
    const image = JSON.parse(
      (await host.exec(["qemu-img", "info", "--force-share", "--output=json", path])).stdout,
    ) as Record<string, unknown>;
    const backing = image["full-backing-filename"] ?? image["backing-filename"];
    return {
      path,
      capacityBytes: Number(image["virtual-size"]),
      format: String(image["format"]),
      ...(backing === undefined ? {} : { backing: String(backing) }),
    };
  };

  const imageOf = async (vm: string, target: string): Promise<{ path: string; format: string }> => {
    const disk = disksOf((await xmlOf("domain", "dumpxml", "--inactive", vm)) ?? {}).find(
      (each) => attribute(child(each, "target"), "dev") === target,
    );
    const path = attribute(child(disk, "source"), "file") ?? "";
    return { path, format: attribute(child(disk, "driver"), "type") ?? "raw" };
  };

  return {
    async vm(name) {
      const configured = await xmlOf("domain", "dumpxml", "--inactive", name);
      if (configured === undefined) return undefined;
      const [live, state, info] = await Promise.all([
        xmlOf("domain", "dumpxml", name),
        virsh("domstate", name),
        virsh("dominfo", name),
      ]);
      return seenVm(configured, /^(running|paused)/.test(state) ? live : undefined, state, info);
    },
    async network(name) {
      const [xml, info] = await Promise.all([
        xmlOf("network", "net-dumpxml", ...(domainType === "test" ? [] : ["--inactive"]), name),
        ask("net-info", name),
      ]);
      if (xml === undefined || info === undefined) return undefined;
      const range = list(
        list(xml["ip"])
          .map((ip) => child(ip, "dhcp"))
          .find((dhcp) => dhcp !== undefined)?.["range"],
      )[0];
      const ends = range && ([attribute(range, "start") ?? "", attribute(range, "end") ?? ""] as const);
      return {
        id: text(xml["uuid"]) ?? "",
        active: yes(info, "Active"),
        autostart: yes(info, "Autostart"),
        ...(ends === undefined ? {} : { range: ends }),
      };
    },
    async pool(name) {
      const [xml, info] = await Promise.all([xmlOf("pool", "pool-dumpxml", name), ask("pool-info", name)]);
      if (xml === undefined || info === undefined) return undefined;
      const path = text(child(child(xml, "target"), "path")) ?? "";
      return {
        id: text(xml["uuid"]) ?? "",
        active: /^State:\s+running/m.test(info),
        autostart: yes(info, "Autostart"),
        path,
      };
    },
    volume,
    files: async (path) =>
      (await host.exec(["ls", "-A", path])).stdout.split("\n").filter((line) => line !== ""),
    // The host's /var/lib/libvirt is a folder of this machine, too.
    content: async (pool, name) =>
      readFile(
        join(host.dir, "lib", ((await volume(pool, name))?.path ?? "").replace("/var/lib/libvirt/", "")),
      ),
    snapshots: async (vm) =>
      (await virsh("snapshot-list", "--domain", vm, "--name")).split("\n").filter((name) => name !== ""),
    async read(vm, target) {
      const { path, format } = await imageOf(vm, target);
      const read = ["dd", `--image-opts`, "bs=512", "count=1", `if=driver=${format},file.filename=${path}`];
      await host.exec(["qemu-img", ...read, "of=/var/lib/libvirt/sector"]);
      const bytes = await readFile(join(host.dir, "lib", "sector"));
      return bytes.subarray(0, 512).toString().replace(/\0+$/, "");
    },
    async write(vm, target, text) {
      const { path, format } = await imageOf(vm, target);
      await writeFile(join(host.dir, "lib", "sector"), Buffer.from(text.padEnd(512, "\0")));
      const command = "write -s /var/lib/libvirt/sector 0 512";
      await host.exec(["qemu-io", "-f", format, "-c", command, path]);
    },
    async makeVm(name) {
      await define(
        "define",
        `<domain type='${domainType}'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>`,
      );
    },
    async makeNetwork(name) {
      await define("net-define", `<network><name>${name}</name><domain name='by.hand'/></network>`);
    },
    async makeVolume(pool, name) {
      if (!files) return void (await virsh("vol-create-as", pool, name, "4096", "--format", "raw"));
      // Past libvirt, which learns of it only when it looks into the folder again.
      const path = `${(await this.pool(pool))?.path}/${name}`;
      await host.exec(["truncate", "--size", "4096", path]);
    },
    dropVm: async (name) => void (await virsh("undefine", name)),
    dropNetwork: async (name) => void (await virsh("net-undefine", name)),
    dropVolume: async (pool, name) => void (await virsh("vol-delete", "--pool", pool, name)),
    stopPool: async (name) => void (await virsh("pool-destroy", name)),
    startPool: async (name) => void (await virsh("pool-start", name)),
  };
}

function seenVm(configured: Xml, live: Xml | undefined, state: string, info: string): SeenVm {
  const description = text(configured["description"]);
  const disks = disksOf(configured).map((disk) => {
    const source = child(disk, "source");
    return [
      attribute(child(disk, "target"), "dev") ?? "",
      attribute(source, "file") ?? attribute(source, "dev") ?? "",
    ];
  });
  return {
    id: text(configured["uuid"]) ?? "",
    state: state.startsWith("running") ? "running" : state.startsWith("paused") ? "paused" : "stopped",
    autostart: /^Autostart:\s+enable/m.test(info),
    cores: coresOf(configured),
    memoryMiB: Number(text(configured["currentMemory"]) ?? text(configured["memory"])) / 1024,
    ...(description === undefined ? {} : { description }),
    ...(live === undefined
      ? {}
      : {
          liveCores: coresOf(live),
          liveDisks: disksOf(live).map((disk) => attribute(child(disk, "target"), "dev") ?? ""),
        }),
    disks: Object.fromEntries(disks) as Record<string, string>,
    macs: list(child(configured, "devices")?.["interface"]).flatMap(
      (nic) => attribute(child(nic, "mac"), "address") ?? [],
    ),
  };
}

function coresOf(domain: Xml): number {
  return Number(attribute(domain["vcpu"], "current") ?? text(domain["vcpu"]));
}

function disksOf(domain: Xml): readonly Xml[] {
  return list(child(domain, "devices")?.["disk"]);
}

/** The first element of that name. */
function child(xml: unknown, name: string): Xml | undefined {
  const value = (xml as Xml | undefined)?.[name];
  return (Array.isArray(value) ? value[0] : value) as Xml | undefined;
}

function list(value: unknown): readonly Xml[] {
  if (value === undefined || value === "") return [];
  return (Array.isArray(value) ? value : [value]) as readonly Xml[];
}

function attribute(xml: unknown, name: string): string | undefined {
  const value = (xml as Xml | undefined)?.[`@${name}`];
  return value === undefined ? undefined : String(value);
}

/** An element's text; one with attributes is an object that holds it. */
function text(value: unknown): string | undefined {
  if (typeof value === "object" && value !== null) return text((value as Xml)["#text"]);
  return value === undefined ? undefined : String(value);
}

function yes(info: string, label: string): boolean {
  return new RegExp(`^${label}:\\s+yes`, "m").test(info);
}
