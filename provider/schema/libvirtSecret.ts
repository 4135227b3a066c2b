import { z } from "./table/zod";
import { adopt, description, host, owner } from "./table/common";
import { field, type Fields, type Spec } from "./table/field";
import { group, type Complaint } from "./table/gate";
import { oneOf, text } from "./table/types";
import { isUnknown } from "./table/unknown";

export const libvirtSecretFields = {
  host,
  owner,
  adopt,
  usage: group(
    {
      type: field(oneOf("volume", "ceph", "iscsi", "tls", "vtpm"), {
        fate: "replace",
        doc: "`volume` (an encrypted image), `ceph`, `iscsi`, `tls` or `vtpm`.",
        source: "<usage type>",
      }),
      id: field(text().min(1).max(255), {
        fate: "replace",
        doc: "The volume's path, the iSCSI target, or the name by which the secret is asked for; one of a type on a host.",
        source: "<volume>, <target>, <name>",
      }),
    },
    {
      fate: "replace",
      doc: "What the secret is for. Default: it is found by its UUID alone.",
      source: "<usage>",
    },
  ),
  description: description("<secret><description>"),
  private: field(z.boolean().default(true), {
    fate: (before, after) => (before === after ? undefined : after === true ? "live" : "replace"),
    doc: "The value is never told again, not to virsh either. Default true.",
    source: "<secret private>",
  }),
  ephemeral: field(z.boolean().default(false), {
    fate: "replace",
    doc: "The host keeps the value in memory only. Default false.",
    source: "<secret ephemeral>",
  }),
  secretValue: field(z.string().min(1).max(65_536).optional(), {
    fate: "live",
    keep: true,
    secret: true,
    doc: "The value: encrypted in state, never in a message. Without it, the host's stays as it is.",
    source: "virSecretSetValue",
  }),
  encoding: field(oneOf("utf8", "base64").default("utf8"), {
    fate: "live",
    doc: "How `secretValue` is written: as text, or base64 of bytes. Default `utf8`.",
  }),
} satisfies Fields;

export function* libvirtSecretRules({
  secretValue,
  encoding,
}: Partial<Spec<typeof libvirtSecretFields>>): Iterable<Complaint> {
  if (encoding !== "base64" || secretValue === undefined || isUnknown(secretValue)) return;
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secretValue))
    yield { path: ["secretValue"], message: "is no base64" };
}

export type LibvirtSecretSpec = Spec<typeof libvirtSecretFields>;
