import { z } from "./table/zod";
import { adopt, host, name, owner } from "./table/common";
import { field, type Fields, type Spec } from "./table/field";
import { lxdVolumeFields, lxdVolumeRule } from "./storage/lxdVolume";
import { isUrl } from "./storage/url";
import { group, type Complaint, type Rule } from "./table/gate";
import { clusterSize, diskSize } from "./table/units";
import { objectName, oneOf } from "./table/types";

/** What is settled when a qcow2 image is made; later changes would make it anew. */
const qcow2Fields = {
  compat: field(oneOf("0.10", "1.1").optional(), {
    fate: "replace",
    keep: true,
    doc: "Oldest QEMU that can read the image: `0.10` for every one, `1.1` for those since 2012. Default `1.1`, as QEMU itself makes them; images that are there stay as they are.",
    source: "<target><compat>",
  }),
  clusterSize: field(clusterSize().optional(), {
    fate: "replace",
    keep: true,
    ts: "string | number",
    doc: "Size of the image's clusters, a power of two from 512 bytes to 2 MiB; a bare number is bytes. Default: the host's, 64 KiB. Needs libvirt 7.4.",
    source: "<target><clusterSize>",
  }),
  lazyRefcounts: field(z.boolean().optional(), {
    fate: "replace",
    keep: true,
    doc: "Reference counts are written late, which is faster and needs a check of the image after a power cut. Default false.",
    source: "<target><features><lazy_refcounts>",
  }),
} satisfies Fields;

const qcow2Rule: Rule<typeof qcow2Fields> = function* ({ compat, lazyRefcounts }) {
  if (compat === "0.10" && lazyRefcounts === true)
    yield { path: ["lazyRefcounts"], message: 'needs compat "1.1"' };
};

export const WIPE_ALGORITHMS = [
  "zero",
  "nnsa",
  "dod",
  "bsi",
  "gutmann",
  "schneier",
  "pfitzner7",
  "pfitzner33",
  "random",
  "trim",
] as const;

/** With zeros, or as an algorithm says. */
export type Wipe = boolean | (typeof WIPE_ALGORITHMS)[number];

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
    doc: "Image format. Default: that of `source`'s content or of `copyOf`, else qcow2.",
    source: "<target><format>",
  }),
  contentType: field(oneOf("block", "filesystem", "iso").optional(), {
    fate: "replace",
    keep: true,
    hosts: ["lxd"],
    doc: "Blocks for virtual machines, a file system for containers, or an ISO image that virtual machines boot from. Default `block`.",
    source: "content_type; R106",
  }),
  size: field(diskSize().optional(), {
    fate: (before, after) => (Number(after) >= Number(before) ? "live" : "replace"),
    keep: true,
    ts: "string | number",
    doc: "Virtual size; a bare number is GiB. Default: that of `source`, `backing` or `copyOf`. Grows in place; a smaller size is refused unless `allowDataLoss`.",
    source: "<capacity>, virStorageVolResize",
  }),
  ...lxdVolumeFields,
  source: field(z.string().min(1).optional(), {
    fate: "replace",
    doc: "A file on the machine that runs Pulumi, or an http(s) URL that it fetches once, streamed up to the host. What is packed with gzip, xz or zstd, as its content tells, is unpacked first. Fetched files are kept in `~/.cache/pulumi-vmhost`.",
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
      doc: "Digest that `source` must have, as it is before it is unpacked. A change of the digest is a change of the content.",
    },
  ),
  backing: field(z.string().min(1).optional(), {
    fate: "replace",
    refs: ["StorageVolume"],
    doc: "The volume below a qcow2 overlay: a StorageVolume, `pool/name`, or a path on the host.",
    source: "<backingStore>",
  }),
  copyOf: field(z.string().min(1).optional(), {
    fate: "replace",
    refs: ["StorageVolume"],
    doc: "The volume whose content is copied by the host, in full: a StorageVolume, `pool/name`, or the path of a volume. The copy stands on its own.",
    source: "virStorageVolCreateXMLFrom",
  }),
  qcow2: group(
    qcow2Fields,
    {
      fate: "replace",
      keep: true,
      doc: "How a qcow2 image is made. Without it, as QEMU does by itself.",
    },
    [qcow2Rule],
  ),
  preallocation: field(oneOf("none", "metadata", "full").optional(), {
    fate: (before = "none", after = "none") => (before === after ? undefined : "replace"),
    keep: true,
    doc: "What of a new volume takes its space at once: nothing (`none`, the default), the tables of a qcow2 image (`metadata`), or everything (`full`).",
    source: "<allocation>, VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA",
  }),
  encryption: group(
    {
      secret: field(z.uuid("must be the UUID of a secret of the host"), {
        fate: "replace",
        refs: ["LibvirtSecret"],
        doc: "The host's secret whose value opens the image: a LibvirtSecret that has one, or its UUID.",
        source: "<encryption><secret type='passphrase' uuid>",
      }),
    },
    {
      fate: "replace",
      doc: "The image is encrypted with LUKS, inside qcow2 or as a whole (raw). What comes from `source` is put beside the volume first, where it needs its space once more until the host has copied it in, and is overwritten before it goes. The volume grows while a VM that has it runs.",
      source: "<target><encryption format='luks'>",
    },
  ),
  wipe: field(z.union([z.boolean(), oneOf(...WIPE_ALGORITHMS)]).default(false), {
    fate: "record",
    ts: `boolean | ${WIPE_ALGORITHMS.map((each) => `"${each}"`).join(" | ")}`,
    doc: "On destroy, overwrite the data before the volume is deleted: with zeros (`true`, `zero`), or as an algorithm says, which the host's program `scrub` does; `trim` discards the blocks of a device. It takes as long as writing the volume, or several times as long. A volume that cannot be overwritten stays. Default false.",
    source: "virStorageVolWipePattern",
  }),
  allowDataLoss: field(z.boolean().default(false), {
    fate: "record",
    doc: "Allow changes that destroy the data: a smaller size, other content. Default false: refused.",
  }),
} satisfies Fields;

export type StorageVolumeSpec = Spec<typeof storageVolumeFields>;

export const storageVolumeRules: readonly Rule<typeof storageVolumeFields>[] = [
  lxdVolumeRule,
  function* ({ source, backing, copyOf, size, format, checksum, adopt: taken }): Iterable<Complaint> {
    if (source !== undefined && backing !== undefined) {
      yield { path: ["backing"], message: "cannot stand beside `source`: content comes from one of them" };
    }
    if (copyOf !== undefined && (source ?? backing) !== undefined) {
      const other = source === undefined ? "backing" : "source";
      yield { path: ["copyOf"], message: `cannot stand beside \`${other}\`: content comes from one of them` };
    }
    if ((source ?? backing ?? copyOf) === undefined && size === undefined && !taken) {
      yield { path: ["size"], message: "is required for an empty volume" };
    }
    if (backing !== undefined && format === "raw") {
      yield { path: ["format"], message: "must be qcow2 for a volume with `backing`: raw has no overlays" };
    }
    if (checksum !== undefined && source === undefined) {
      yield { path: ["checksum"], message: "needs `source`" };
    }
  },
  function* ({ source = "" }): Iterable<Complaint> {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source) && !isUrl(source))
      yield { path: ["source"], message: "must be a file, or a URL that begins with http:// or https://" };
    if (/^https?:\/\/[^/?#]*@/i.test(source))
      yield { path: ["source"], message: "must not have a user or password in its URL: it would be shown" };
  },
  function* ({ source, backing, format, qcow2, preallocation, encryption }): Iterable<Complaint> {
    if (qcow2 !== undefined && format === "raw")
      yield { path: ["qcow2"], message: "cannot stand beside format raw" };
    if (qcow2 !== undefined && source !== undefined && encryption === undefined)
      yield { path: ["qcow2"], message: "cannot stand beside `source`: that image is taken as it is" };
    if (preallocation === undefined || preallocation === "none") return;
    if (preallocation === "metadata" && format === "raw")
      yield { path: ["preallocation"], message: "must be none or full for raw: it has no metadata" };
    if (source !== undefined)
      yield {
        path: ["preallocation"],
        message: "cannot stand beside `source`: that image is taken as it is",
      };
    if (backing !== undefined)
      yield {
        path: ["preallocation"],
        message: "cannot stand beside `backing`: an overlay grows as it is written",
      };
  },
];
