import { description } from "../table/common";
import { field, type Field, type Fields } from "../table/field";
import { group, type Complaint } from "../table/gate";
import { kindOf } from "../address/hostKind";
import { rawKeys, type LxdKey } from "../lxdConfig";
import { part } from "../network/networkParts";
import { text } from "../table/types";
import { isUnknown } from "../table/unknown";

/** Fields of a volume that are keys of LXD's, beside its size. */
export const lxdVolumeKeys: readonly LxdKey[] = [
  { path: "snapshots.schedule", key: "snapshots.schedule", form: "text" },
  { path: "snapshots.expiry", key: "snapshots.expiry", form: "text" },
  { path: "snapshots.pattern", key: "snapshots.pattern", form: "text" },
];

const words = (doc: string, source: string): Field<string | undefined> =>
  part(text().min(1).optional(), { hosts: ["lxd"], doc, source });

const snapshotFields = {
  schedule: words(
    'When the host takes snapshots by itself: `@daily` and the like, or a cron line such as `"0 6 * * *"`.',
    "snapshots.schedule",
  ),
  expiry: words(
    'How long such a snapshot is kept, as `"2w"` (M minutes, H, d, w, m, y).',
    "snapshots.expiry",
  ),
  pattern: words("Name of the snapshots, a Pongo2 template. LXD's default is `snap%d`.", "snapshots.pattern"),
} satisfies Fields;

/** What only a volume of LXD has. */
export const lxdVolumeFields = {
  description: { ...description("description"), hosts: ["lxd"] },
  snapshots: group(snapshotFields, {
    fate: "live",
    filled: true,
    hosts: ["lxd"],
    doc: "Snapshots of the volume that the host takes by itself.",
  }),
  target: field(
    text()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a member of the cluster")
      .optional(),
    {
      fate: "live",
      keep: true,
      hosts: ["lxd"],
      doc: "The member of an LXD cluster that has the volume, in a pool that each member has for itself. Another one takes the volume there with its data and snapshots, when no VM has it. Default: the member at the host's address; of a copy, the one that has the original.",
      source: "?target=",
    },
  ),
  config: {
    ...rawKeys([...lxdVolumeKeys, { path: "size", key: "size", form: "bytes" }], "security.shifted"),
    hosts: ["lxd"],
  },
} satisfies Fields;

interface VolumeInput {
  readonly host?: { readonly address?: string };
  readonly contentType?: string;
  readonly source?: string;
  readonly size?: number;
}

export function* lxdVolumeRule({ host, contentType, source, size }: VolumeInput): Iterable<Complaint> {
  const address = isUnknown(host) ? undefined : host?.address;
  if (address === undefined || isUnknown(address) || kindOf(address) !== "lxd" || isUnknown(contentType))
    return;
  if (contentType === "filesystem" && source !== undefined)
    yield {
      path: ["source"],
      message: "is for blocks and ISO images on an LXD host: it puts no files into a file system",
    };
  if (contentType !== "iso") return;
  if (source === undefined) yield { path: ["source"], message: "is required for an ISO image" };
  if (size !== undefined) yield { path: ["size"], message: "is that of `source` for an ISO image" };
}
