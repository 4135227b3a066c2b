import { z } from "../../table/zod";
import { field, type FateRule, type Fields, type Spec } from "../../table/field";
import { group, list, type Complaint } from "../../table/gate";
import { hostPath, oneOf, text } from "../../table/types";
import { isUnknown, knownList } from "../../table/unknown";

const secret = (fate: "restart" | "replace", doc: string, source: string) =>
  field(z.uuid("must be the UUID of a secret of the host"), { fate, refs: ["LibvirtSecret"], doc, source });

const hostFields = {
  name: field(text().min(1), {
    fate: "restart",
    doc: "Host name or address of the server.",
    source: "<source><host name>",
  }),
  port: field(z.int().min(1).max(65_535).optional(), {
    fate: "restart",
    keep: true,
    doc: "Its port. Default: that of the protocol.",
    source: "<source><host port>",
  }),
} satisfies Fields;

/** What else the disk is decides, too (`lifecycle/vm/drives.ts`). */
const anotherImage: FateRule = () => "replace";

export const remoteFields = {
  protocol: field(oneOf("nbd", "rbd", "iscsi", "http", "https", "gluster", "sheepdog"), {
    fate: anotherImage,
    doc: "How QEMU itself speaks to the server: `nbd`, `rbd`, `iscsi`, `http`, `https`, `gluster`, or `sheepdog` where QEMU is older than 6.1.",
    source: "<source protocol>",
  }),
  name: field(text().min(1).optional(), {
    fate: anotherImage,
    doc: "What the server calls it: `pool/image` (rbd), `iqn…/1` with the unit's number (iscsi), the export's name (nbd), `volume/path` (gluster), the path without its first slash (http).",
    source: "<source name>",
  }),
  hosts: list(hostFields, "name", {
    fate: "restart",
    doc: "The servers: one, several of rbd and gluster, none of rbd where the host's ceph.conf names them.",
    source: "<source><host>",
  }),
  socket: field(hostPath().optional(), {
    fate: "restart",
    doc: "A unix socket of the host in place of `hosts` (nbd, gluster).",
    source: "<source><host transport='unix' socket>",
  }),
  query: field(text().min(1).optional(), {
    fate: "restart",
    doc: "What follows the `?` of the address (http, https).",
    source: "<source query>",
  }),
  verifySsl: field(z.boolean().optional(), {
    fate: "restart",
    doc: "Whether the server's certificate is verified (https). Default true.",
    source: "<source><ssl verify>",
    same: (a, b) => (a ?? true) === (b ?? true),
  }),
  tls: field(z.boolean().optional(), {
    fate: "restart",
    doc: "Encrypted, with the certificates that the host's QEMU has (nbd). Default: as the host's QEMU is set up.",
    source: "<source tls>",
  }),
  initiator: field(
    z
      .string()
      .regex(/^(iqn|eui|naa)\.\S+$/, 'must be an iSCSI name, such as "iqn.2013-06.com.example:web"')
      .optional(),
    {
      fate: "restart",
      doc: "By which name QEMU calls on an iSCSI target.",
      source: "<source><initiator><iqn name>",
    },
  ),
  auth: group(
    {
      username: field(text().min(1), {
        fate: "restart",
        doc: "The user at the server.",
        source: "<auth username>",
      }),
      secret: secret(
        "restart",
        "The host's secret with the password or key: a LibvirtSecret, or its UUID.",
        "<auth><secret uuid>",
      ),
    },
    {
      fate: "restart",
      doc: "How QEMU makes itself known to the server (rbd, iscsi).",
      source: "<source><auth>",
    },
  ),
} satisfies Fields;

export type RemoteSpec = Spec<typeof remoteFields>;

const SEVERAL: readonly string[] = ["rbd", "gluster"];

function* remoteRules(remote: Partial<RemoteSpec>): Iterable<Complaint> {
  const { protocol, name, socket } = remote;
  if (protocol === undefined || isUnknown(protocol)) return;
  const only = (key: keyof RemoteSpec, ...protocols: readonly string[]): Complaint[] =>
    remote[key] === undefined || protocols.includes(protocol)
      ? []
      : [{ path: [key], message: `is for ${protocols.join(" and ")}, not ${protocol}` }];
  yield* only("socket", "nbd", "gluster");
  yield* only("query", "http", "https");
  yield* only("verifySsl", "https");
  yield* only("tls", "nbd");
  yield* only("initiator", "iscsi");
  yield* only("auth", "rbd", "iscsi");
  if (name === undefined && protocol !== "nbd")
    yield { path: ["name"], message: `is required for ${protocol}: what the server calls it` };
  if (
    protocol === "iscsi" &&
    typeof name === "string" &&
    !isUnknown(name) &&
    !/^(iqn|eui|naa)\.\S+$/.test(name)
  )
    yield {
      path: ["name"],
      message: 'must be an iSCSI name and the unit behind it, such as "iqn.2013-06.com.example:pool/1"',
    };
  if (isUnknown(remote.hosts)) return;
  const count = knownList(remote.hosts).length;
  if (count === 0 && socket === undefined && protocol !== "rbd")
    yield { path: ["hosts"], message: `is required for ${protocol}: the server` };
  if (count > 0 && socket !== undefined)
    yield { path: ["socket"], message: "cannot stand beside `hosts`: it is one way or the other" };
  if (count > 1 && !SEVERAL.includes(protocol))
    yield { path: ["hosts"], message: `must be one for ${protocol}` };
}

/** Where a disk's data comes from beside the host's own pools and files, and how it is encrypted. */
export const diskSourceFields = {
  copyOf: field(z.string().min(1).optional(), {
    fate: "replace",
    refs: ["StorageVolume"],
    doc: "The volume that is copied in full, by the host, for this disk: a StorageVolume, `pool/name`, or its path. Needs nothing of it afterwards; `size` may be larger.",
    source: "virStorageVolCreateXMLFrom",
  }),
  remote: group(
    remoteFields,
    {
      fate: "replace",
      doc: "An image on a server that QEMU reaches itself. It stays when the VM goes.",
      source: "<disk type='network'>",
    },
    [remoteRules],
  ),
  encryption: group(
    {
      secret: secret(
        "replace",
        "The host's secret with the passphrase: a LibvirtSecret, or its UUID.",
        "<encryption><secret uuid>",
      ),
    },
    {
      fate: "replace",
      doc: "LUKS, within QEMU: a volume made for this disk is made encrypted, one that exists must be.",
      source: "<source><encryption format='luks'>",
    },
  ),
} satisfies Fields;

type Sources = Partial<Spec<typeof diskSourceFields>> & {
  readonly [key in "volume" | "path" | "backing" | "image" | "device" | "format"]?: string;
} & { readonly readOnly?: boolean };

export function* diskSourceRules(disk: Sources): Iterable<Complaint> {
  const { copyOf, remote, encryption, device } = disk;
  if (copyOf !== undefined && disk.backing !== undefined)
    yield { path: ["copyOf"], message: "cannot stand beside `backing`: it is a copy or an overlay" };
  if (encryption !== undefined && device !== "disk" && !isUnknown(device))
    yield { path: ["encryption"], message: `is for disks, not for a ${String(device)}` };
  for (const key of ["backing", "copyOf"] as const) {
    if (encryption !== undefined && disk[key] !== undefined)
      yield { path: ["encryption"], message: `cannot stand beside \`${key}\`: that image is taken as it is` };
  }
  if (remote === undefined || isUnknown(remote)) return;
  const web = remote.protocol === "http" || remote.protocol === "https";
  if (web && device === "disk" && disk.readOnly !== true && !isUnknown(disk.readOnly))
    yield { path: ["readOnly"], message: `must be true for ${remote.protocol}, which cannot be written to` };
  if (device === "floppy") yield { path: ["remote"], message: "is for disks and CDs, not for a floppy" };
}
