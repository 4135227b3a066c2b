import { z } from "zod";
import { adopt, host, name, owner } from "./common";
import { field, type Fields, type Spec } from "./field";
import { type Complaint, type Rule } from "./gate";
import { diskSize } from "./units";
import { objectName, oneOf } from "./types";

export const storageVolumeFields = {
  host,
  owner,
  name,
  adopt,
  pool: field(objectName(), {
    fate: "replace",
    refs: ["StoragePool"],
    doc: "The pool that holds the volume.",
  }),
  format: field(oneOf("raw", "qcow2").optional(), {
    fate: "replace",
    keep: true,
    doc: "Image format. Default: that of `source`'s content, else qcow2.",
    source: "<target><format>",
  }),
  contentType: field(oneOf("block", "filesystem").optional(), {
    fate: "replace",
    keep: true,
    hosts: ["lxd"],
    doc: "Blocks for virtual machines, or a file system for containers. Default `block`.",
    source: "content_type; R106",
  }),
  size: field(diskSize().optional(), {
    fate: (before, after) => (Number(after) >= Number(before) ? "live" : "replace"),
    keep: true,
    ts: "string | number",
    doc: "Virtual size; a bare number is GiB. Default: that of `source` or `backing`. Grows in place; a smaller size is refused unless `allowDataLoss`.",
    source: "<capacity>, virStorageVolResize",
  }),
  source: field(z.string().min(1).optional(), {
    fate: "replace",
    doc: "A file on the machine that runs Pulumi, streamed up to the host.",
    source: "virStorageVolUpload",
  }),
  checksum: field(
    z
      .string()
      .regex(
        /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/,
        'must be "sha256:…" or "sha512:…" with the hex digest',
      )
      .optional(),
    {
      fate: "replace",
      keep: true,
      doc: "Digest that `source` must have. A change of the digest is a change of the content.",
    },
  ),
  backing: field(z.string().min(1).optional(), {
    fate: "replace",
    refs: ["StorageVolume"],
    doc: "The volume below a qcow2 overlay: a StorageVolume, `pool/name`, or a path on the host.",
    source: "<backingStore>",
  }),
  allowDataLoss: field(z.boolean().default(false), {
    fate: "record",
    doc: "Allow changes that destroy the data: a smaller size, other content. Default false: refused.",
  }),
} satisfies Fields;

export type StorageVolumeSpec = Spec<typeof storageVolumeFields>;

export const storageVolumeRules: readonly Rule<typeof storageVolumeFields>[] = [
  function* ({ source, backing, size, format, checksum, adopt: taken }): Iterable<Complaint> {
    if (source !== undefined && backing !== undefined) {
      yield { path: ["backing"], message: "cannot stand beside `source`: content comes from one of them" };
    }
    if (source === undefined && backing === undefined && size === undefined && !taken) {
      yield { path: ["size"], message: "is required for an empty volume" };
    }
    if (backing !== undefined && format === "raw") {
      yield { path: ["format"], message: "must be qcow2 for a volume with `backing`: raw has no overlays" };
    }
    if (checksum !== undefined && source === undefined) {
      yield { path: ["checksum"], message: "needs `source`" };
    }
  },
];
