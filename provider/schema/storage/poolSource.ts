import { z } from "../table/zod";
import { field, type Fields, type Spec } from "../table/field";
import { group, list, type Complaint } from "../table/gate";
import type { LibvirtPoolType } from "./poolTypes";
import { hostPath, listOf, oneOf, text } from "../table/types";
import { isUnknown } from "../table/unknown";

const hostFields = {
  name: field(text().min(1), {
    fate: "replace",
    doc: "Host name or address of the server.",
    source: "<host name>",
  }),
  port: field(z.int().min(1).max(65_535).optional(), {
    fate: "replace",
    doc: "Its port. Default: that of the protocol.",
    source: "<host port>",
  }),
} satisfies Fields;

const adapterFields = {
  type: field(oneOf("scsi_host", "fc_host").default("scsi_host"), {
    fate: "replace",
    doc: "A SCSI host adapter, or a Fibre Channel one (`fc_host`). Default `scsi_host`.",
    source: "<adapter type>",
  }),
  name: field(text().min(1).optional(), {
    fate: "replace",
    doc: "Name of the SCSI host, as `scsi_host1`.",
    source: "<adapter name>",
  }),
  parent: field(text().min(1).optional(), {
    fate: "replace",
    doc: "The adapter below which a virtual Fibre Channel port is made.",
    source: "<adapter parent>",
  }),
  wwnn: field(wwn(), { fate: "replace", doc: "World wide node name.", source: "<adapter wwnn>" }),
  wwpn: field(wwn(), { fate: "replace", doc: "World wide port name.", source: "<adapter wwpn>" }),
  managed: field(z.boolean().optional(), {
    fate: "replace",
    doc: "Whether the virtual port goes with the pool.",
    source: "<adapter managed>",
  }),
} satisfies Fields;

function wwn(): z.ZodType<string | undefined> {
  return z
    .string()
    .regex(/^[0-9a-f]{16}$/, "must be 16 hexadecimal digits")
    .optional();
}

const authFields = {
  username: field(text().min(1), {
    fate: "restart",
    doc: "The user at the server: the CHAP user of iSCSI, or Ceph's, as `libvirt`.",
    source: "<auth username>",
  }),
  secret: field(z.uuid("must be the UUID of a secret of the host"), {
    fate: "restart",
    refs: ["LibvirtSecret"],
    doc: "The host's secret with the password or key: a LibvirtSecret, or its UUID.",
    source: "<auth><secret uuid>",
  }),
} satisfies Fields;

const iqn = (): z.ZodType<string | undefined> =>
  z
    .string()
    .regex(/^(iqn|eui|naa)\.\S+$/, 'must be an iSCSI name, such as "iqn.2013-06.com.example:pool"')
    .optional();

export const poolSourceFields = {
  hosts: list(hostFields, "name", {
    fate: "replace",
    doc: "The servers: one of netfs, iscsi, iscsi-direct and gluster; the monitors of rbd, which change in place.",
    source: "<source><host>",
  }),
  dir: field(hostPath().optional(), {
    fate: "replace",
    doc: "The folder that the server exports (netfs), or one inside the volume (gluster).",
    source: "<source><dir path>",
  }),
  devices: field(listOf(hostPath()).optional(), {
    fate: "replace",
    ts: "pulumi.Input<string>[]",
    doc: "Block devices of the host: the one of fs and disk, those that a logical or zfs pool is made of.",
    source: "<source><device path>",
  }),
  name: field(text().min(1).optional(), {
    fate: "replace",
    keep: true,
    doc: "Volume group (logical, default: the pool's name), zpool or data set (zfs), Ceph's pool (rbd), volume (gluster) or cluster (vstorage).",
    source: "<source><name>",
  }),
  format: field(text().min(1).optional(), {
    fate: "replace",
    keep: true,
    doc: "File system (fs: `ext4`, `xfs`, …; netfs: `nfs`, `glusterfs`, `cifs`), or partition table (disk: `gpt`, `dos`, …). Default: found out by the host.",
    source: "<source><format type>",
  }),
  protocolVersion: field(
    z
      .string()
      .regex(/^\d+(\.\d+)?$/, 'must be a version, such as "4.2"')
      .optional(),
    {
      fate: "restart",
      doc: "Version of NFS. Default: agreed with the server.",
      source: "<source><protocol ver>",
    },
  ),
  iqn: field(iqn(), {
    fate: "replace",
    doc: "The target of iscsi and iscsi-direct.",
    source: "<source><device path>",
  }),
  initiator: field(iqn(), {
    fate: "restart",
    doc: "By which name the host calls on the target. Default of iscsi: the host's own.",
    source: "<source><initiator><iqn name>",
  }),
  adapter: group(adapterFields, { fate: "replace", doc: "The adapter of a scsi pool." }),
  auth: group(authFields, {
    fate: "restart",
    doc: "How the host makes itself known to the server: iscsi, iscsi-direct and rbd.",
    source: "<source><auth>",
  }),
} satisfies Fields;

export type PoolSourceSpec = Spec<typeof poolSourceFields>;
type Part = keyof PoolSourceSpec;

/** What the source of a type of pool must have, and may have. */
interface Shape {
  readonly needs: Partial<Record<Part, string>>;
  readonly takes?: readonly Part[];
  readonly formats?: readonly string[];
  /** Lists of which it has one element only. */
  readonly one?: readonly ("hosts" | "devices")[];
}

const FILE_SYSTEMS = "auto ext2 ext3 ext4 ufs iso9660 udf gfs gfs2 vfat hfs+ xfs ocfs2 vmfs".split(" ");
const TABLES = "dos dvh gpt mac bsd pc98 sun lvm2".split(" ");
const SERVER = "the server";
const TARGET = "the target's iSCSI name";

const SHAPES: Readonly<Record<LibvirtPoolType, Shape>> = {
  dir: { needs: {} },
  fs: {
    needs: { devices: "the device that is mounted" },
    takes: ["format"],
    formats: FILE_SYSTEMS,
    one: ["devices"],
  },
  netfs: {
    needs: { hosts: SERVER, dir: "the folder that it exports" },
    takes: ["format", "protocolVersion"],
    formats: ["auto", "nfs", "glusterfs", "cifs"],
    one: ["hosts"],
  },
  logical: { needs: {}, takes: ["name", "devices", "format"], formats: ["lvm2"] },
  zfs: { needs: { name: "the zpool or data set" }, takes: ["devices"] },
  disk: {
    needs: { devices: "the disk that is cut up" },
    takes: ["format"],
    formats: TABLES,
    one: ["devices"],
  },
  iscsi: { needs: { hosts: SERVER, iqn: TARGET }, takes: ["initiator", "auth"], one: ["hosts"] },
  "iscsi-direct": {
    needs: { hosts: SERVER, iqn: TARGET, initiator: "the name by which the host calls" },
    takes: ["auth"],
    one: ["hosts"],
  },
  scsi: { needs: { adapter: "the SCSI or Fibre Channel adapter" } },
  mpath: { needs: {} },
  rbd: { needs: { name: "Ceph's pool" }, takes: ["hosts", "auth"] },
  gluster: { needs: { hosts: SERVER, name: "the volume" }, takes: ["dir"], one: ["hosts"] },
  vstorage: { needs: { name: "the cluster" } },
};

/** What a pool's source must have and cannot have, by its type. */
export function* sourceComplaints(
  type: LibvirtPoolType,
  given: Partial<PoolSourceSpec> | undefined,
): Iterable<Complaint> {
  if (isUnknown(given)) return;
  const source = given ?? {};
  const { needs, takes = [], formats = [], one = [] } = SHAPES[type];
  for (const [part, what] of Object.entries(needs)) {
    if (isAbsent(source[part as Part]))
      yield { path: ["source", part], message: `is required for a pool of type ${type}: ${what}` };
  }
  const known = [...Object.keys(needs), ...takes];
  for (const [part, value] of Object.entries(source)) {
    if (isAbsent(value) || known.includes(part)) continue;
    const has = known.length === 0 ? "nothing" : known.join(", ");
    yield {
      path: ["source", part],
      message: `means nothing to a pool of type ${type}, whose source has ${has}`,
    };
  }
  for (const part of one) {
    const items = source[part];
    if (Array.isArray(items) && items.length > 1)
      yield { path: ["source", part], message: `must be one of a pool of type ${type}` };
  }
  const { format } = source;
  if (formats.length > 0 && format !== undefined && !isUnknown(format) && !formats.includes(format))
    yield {
      path: ["source", "format"],
      message: `must be one of ${formats.join(", ")} for a pool of type ${type}`,
    };
}

/** Of the adapter, where there is one. */
export function* adapterComplaints(source: Partial<PoolSourceSpec> | undefined): Iterable<Complaint> {
  const adapter = isUnknown(source) ? undefined : source?.adapter;
  if (adapter === undefined || isUnknown(adapter)) return;
  const needed = adapter.type === "fc_host" ? (["wwnn", "wwpn"] as const) : (["name"] as const);
  for (const part of needed) {
    if (adapter[part] === undefined)
      yield {
        path: ["source", "adapter", part],
        message: `is required for an adapter of type ${adapter.type}`,
      };
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
