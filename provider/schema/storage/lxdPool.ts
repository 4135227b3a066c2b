import { description } from "../table/common";
import { field, type Fields } from "../table/field";
import type { Complaint } from "../table/gate";
import { kindOf } from "../address/hostKind";
import { configKeys, rawKeys, type LxdKey } from "../lxdConfig";
import { diskSize } from "../table/units";
import { isUnknown } from "../table/unknown";
import { z } from "../table/zod";

/** Each field of a pool that is a key of LXD's; what it stands on is said once, when it is made. */
export const lxdPoolKeys: readonly LxdKey[] = [{ path: "size", key: "size", form: "bytes" }];

/** What only a pool of LXD has. */
export const lxdPoolFields = {
  description: { ...description("description"), hosts: ["lxd"] },
  size: field(diskSize().optional(), {
    fate: (before, after) => (Number(after) >= Number(before ?? 0) ? "live" : "replace"),
    keep: true,
    hosts: ["lxd"],
    ts: "string | number",
    doc: "Size of the file that LXD makes for a pool of type btrfs, zfs or lvm that is given nothing to stand on; a bare number is GiB. Default: LXD's choice. Grows in place where the server can (API extension storage_pool_loop_resize).",
    source: "size",
  }),
  members: field(z.record(z.string().min(1), configKeys({})).optional(), {
    fate: "replace",
    hosts: ["lxd"],
    ts: "Record<string, Record<string, string>>",
    doc: "On a cluster: keys whose values differ between its members, by the member's name, such as `{ node1: { source: \"/dev/sdb\" } }`. Members that are not named have the pool's own.",
    source: "POST /1.0/storage-pools?target=",
  }),
  config: {
    ...rawKeys([...lxdPoolKeys, { path: "source.name", key: "source", form: "text" }], "volume.size"),
    hosts: ["lxd"],
  },
} satisfies Fields;

interface PoolInput {
  readonly host?: { readonly address?: string };
  readonly type?: string;
  readonly path?: string;
  readonly source?: { readonly name?: string; readonly devices?: readonly string[] };
  readonly size?: number;
}

/** What LXD calls the pool's source: a folder, a device, a volume group, a zpool, Ceph's pool. */
export function lxdSource({ path, source }: PoolInput): string | undefined {
  return path ?? source?.devices?.[0] ?? source?.name;
}

export function* lxdPoolRule(pool: PoolInput): Iterable<Complaint> {
  const { host, type, path, source, size } = pool;
  const address = isUnknown(host) ? undefined : host?.address;
  if (address === undefined || isUnknown(address) || kindOf(address) !== "lxd" || isUnknown(type)) return;
  const given = [path, source?.devices, source?.name].filter((each) => each !== undefined);
  if (given.length > 1)
    yield {
      path: ["source"],
      message: "must be one thing on an LXD host: `path`, one of `source.devices`, or `source.name`",
    };
  if (Array.isArray(source?.devices) && source.devices.length > 1)
    yield { path: ["source", "devices"], message: "must be one on an LXD host" };
  if (type === "dir" && source !== undefined)
    yield {
      path: ["source"],
      message: "means nothing to a pool of type dir on an LXD host; its folder is `path`",
    };
  if (size === undefined || isUnknown(size)) return;
  if (type === "dir" || type === "ceph")
    yield { path: ["size"], message: `means nothing to a pool of type ${type}: LXD makes no file for it` };
  else if (given.length > 0)
    yield {
      path: ["size"],
      message: "cannot stand beside what the pool stands on: it is the size of a file that LXD makes",
    };
}
