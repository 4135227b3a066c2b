import { z } from "../table/zod";
import { field, type Field, type Fields, type Spec } from "../table/field";
import { objectOf } from "../table/gate";
import { oneOf } from "../table/types";

export const migrateFields = {
  storage: field(oneOf("copy", "shared").default("copy"), {
    fate: "record",
    doc: "`copy` (default): the volumes made for the VM are copied into the pool of the same name there (or the disk's new `pool`, or that host's default) and removed here when it has arrived. `shared`: both hosts see all of its images in the same places.",
    source: "VIR_MIGRATE_NON_SHARED_DISK",
  }),
  unsafe: field(z.boolean().default(false), {
    fate: "record",
    doc: "Move even where a cache of the old host may hold what the new one has not seen. Default false: libvirt refuses that for shared images whose `cache` is not `none`.",
    source: "VIR_MIGRATE_UNSAFE; R161",
  }),
  autoConverge: field(z.boolean().default(false), {
    fate: "record",
    doc: "Slow down a guest that writes faster than its memory travels. Default false.",
    source: "VIR_MIGRATE_AUTO_CONVERGE",
  }),
  compressed: field(z.boolean().default(false), {
    fate: "record",
    doc: "Compress memory on its way. Default false.",
    source: "VIR_MIGRATE_COMPRESSED",
  }),
  tls: field(z.boolean().default(false), {
    fate: "record",
    doc: "Encrypt what QEMU sends to QEMU, with libvirt's certificates on both hosts. Default false.",
    source: "VIR_MIGRATE_TLS",
  }),
} satisfies Fields;

export type MigrateSpec = Spec<typeof migrateFields>;

/** `true` stands for all the defaults, `false` for nothing. */
export const migrate: Field<MigrateSpec | undefined> = {
  type: z.preprocess(
    (value) => (value === true ? {} : value === false ? undefined : value),
    objectOf(migrateFields).optional(),
  ) as z.ZodType<MigrateSpec | undefined>,
  fields: migrateFields,
  fate: "record",
  ts: "boolean",
  doc: "Let the VM move when `host` changes to another libvirt host: a running guest goes on while it moves, one that is off stays off; identity, MAC addresses and disks go along. `true`, or how. On LXD: when `host` changes to another project of the same server, with its snapshots and disks, while the VM is off (one that runs is shut down and started again where `restart` lets it). Default: a change of `host` makes the VM anew, which is refused where that would destroy its disks.",
  source: "virDomainMigrate3; R160",
};
