import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  exportImage,
  lxdBridge,
  lxdPool,
  startLxd,
  startOvn,
  type ThrowawayLxd,
} from "../../scripts/lib/lxd";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost, placeGuest } from "../support/host";
import { Program, type StateResource } from "../support/pulumi";
import { AT_ONCE, type Stand } from "./course";
import type { Objects } from "./objects";
import { placeObjects } from "./placed";
import type { Args, Look } from "./row";

/** `other` is another project of the same server, which to programs is another host. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { readFileSync } = require("fs");
const kinds = require("pulumi-vmhost");
const config = new pulumi.Config();
const [address, side] = ["address", "side"].map((key) => config.require(key));
const knownInterfaces = ["br-a", "br-b"].map((name) => ({ name, type: "bridge" }));
const limits = { reservedCpu: -1000, cpuOvercommitRatio: 10, overcommitScope: "running", knownInterfaces };
const host = new kinds.VmHost("host", { address, ...limits });
const other = new kinds.VmHost("other", { address, project: "other", ...limits });
const objects = JSON.parse(readFileSync("objects.json", "utf8"));
for (const [kind, all] of Object.entries(objects)) {
  for (const [name, { [side]: args }] of Object.entries(all)) {
    if (kind === "VmHost") new kinds.VmHost(name, { address, ...args });
    else if (args.hosts !== undefined) new kinds[kind](name, { ...args, hosts: [host] });
    else new kinds[kind](name, { ...args, host: args.host === "$other" ? other : host });
  }
}
`;

/** Where LXD keeps an object of each kind. */
const PATHS: Readonly<Record<string, (outs: Args) => string>> = {
  LxdNetwork: ({ name }) => `networks/${String(name)}`,
  LxdProject: ({ name }) => `projects/${String(name)}`,
  StoragePool: ({ name }) => `storage-pools/${String(name)}`,
  StorageVolume: ({ pool, name }) => `storage-pools/${String(pool)}/volumes/custom/${String(name)}`,
  Vm: ({ name }) => `instances/${String(name)}`,
};

/** What rows stand on: the ends of some cables, two ACLs, a project, pools. */
const CABLES = [
  ["dev-a", "dev-b"],
  ["dev-c", "dev-d"],
  ["dev-e", "dev-f"],
  ["dev-g", "dev-h"],
] as const;

/** Addresses for guests, and others for the routers of OVN networks. */
const uplink = (subnet: string): readonly string[] => [
  `ipv4.dhcp.ranges=${subnet}.2-${subnet}.199`,
  `ipv4.ovn.ranges=${subnet}.200-${subnet}.220`,
];

const OBJECTS: readonly (readonly string[])[] = [
  ["network", "acl", "create", "acl-a"],
  ["network", "acl", "create", "acl-b"],
  ["project", "create", "other"],
  ["storage", "create", "fates", "dir"],
  ["storage", "create", "fates2", "dir"],
  ["storage", "volume", "create", lxdPool, "block-one", "--type=block", "size=1MiB"],
  ["storage", "volume", "create", lxdPool, "block-two", "--type=block", "size=2MiB"],
  ["network", "set", lxdBridge, "ipv4.routes=10.215.0.0/24", ...uplink("10.214.0")],
  ["network", "create", "fates2", "ipv4.address=10.216.0.1/24", "ipv6.address=none", ...uplink("10.216.0")],
  ["network", "create", "six", "ipv4.address=none", "ipv6.address=fd42:61::1/64", "ipv6.dhcp.stateful=true"],
  ["profile", "create", "fates"],
  ["image", "alias", "create", "tiny2", "$fingerprint"],
  ...["one", "two"].map((name) => ["storage", "volume", "create", lxdPool, name]),
];

/** A real LXD for the rows of its tables, with lxc as the witness. */
export class LxdStand implements Stand {
  private constructor(
    readonly host: ThrowawayHost,
    readonly lxd: ThrowawayLxd,
  ) {}

  static async start(): Promise<LxdStand> {
    const host = await ownHost();
    const lxd = await startLxd(host);
    await startOvn(lxd);
    for (const [end, other] of CABLES)
      await host.exec(["ip", "link", "add", end, "type", "veth", "peer", "name", other]);
    for (const bridge of ["br-a", "br-b"]) await host.exec(["ip", "link", "add", bridge, "type", "bridge"]);
    for (const folder of ["one", "two"]) await host.exec(["mkdir", "-p", `/run/${folder}`]);
    await placeGuest(host);
    const [image] = (await lxd.query<string[]>("/1.0/images")) ?? [];
    const fingerprint = image?.split("/").at(-1) ?? "";
    for (const args of OBJECTS) await lxd.lxc(args.map((arg) => arg.replace("$fingerprint", fingerprint)));
    return new LxdStand(host, lxd);
  }

  /** The program with the rows' objects. `$pool` and `$network` are those that every throwaway LXD has. */
  async program(objects: Objects): Promise<Program> {
    const program = new Program({
      name: "lxdfates",
      source: PROGRAM,
      config: { side: "a", address: this.lxd.address },
      env: AT_ONCE,
    });
    await program.prepare();
    const folder = join(this.host.dir, "pools");
    for (const name of ["a", "b"]) await mkdir(join(folder, name), { recursive: true });
    await exportImage(this.lxd, program.dir);
    await placeObjects(program, objects, { $pool: lxdPool, $network: lxdBridge, $folder: folder });
    return program;
  }

  /** Looks at all objects of the rows; `xml` is LXD's own JSON here, of an instance with what runs. */
  async look(
    resources: readonly StateResource[],
    names: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Look>> {
    const looks = new Map<string, Look>();
    for (const { urn, type, outputs: outs = {} } of resources) {
      const logical = urn.split("::").at(-1) ?? "";
      const path = PATHS[type.split(":").at(-1) ?? ""]?.(outs);
      if (!names.has(logical)) continue;
      const project = (outs["host"] as { project?: string } | undefined)?.project ?? "default";
      const seen = path === undefined ? undefined : await this.lxd.query(`/1.0/${path}?project=${project}`);
      const text = JSON.stringify(seen ?? {}, undefined, 1);
      looks.set(logical, {
        name: String(outs["name"]),
        xml: text,
        live: text,
        outs,
        virsh: async (args) => (await this.lxd.lxc(args)).stdout,
        file: (path) => Promise.reject(new Error(`nobody reads ${path} there`)),
      });
    }
    return looks;
  }

  end(): Promise<void> {
    return this.host.stop();
  }
}
