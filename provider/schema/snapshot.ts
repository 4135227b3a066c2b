import { z } from "./table/zod";
import { description, host, name, owner } from "./table/common";
import { field, type Field, type Fields, type Spec } from "./table/field";
import type { Complaint, Rule } from "./table/gate";
import { moment, oneOf, text } from "./table/types";

export const snapshotFields = {
  host: {
    ...host,
    shaped: true,
    doc: "The host of the VM or volume. Default: the Vm's or StorageVolume's own; needed where `vm` is a name or a UUID, or `volume` a text.",
  } as typeof host,
  owner,
  vm: field(text().min(1).optional(), {
    fate: "replace",
    refs: ["Vm"],
    doc: "The VM: a Vm, or the name or UUID of one. Either this or `volume`.",
    source: "R167",
  }),
  volume: field(
    z
      .string()
      .regex(/^[^/]+\/[^/]+$/, "must be a StorageVolume or `pool/name`")
      .optional(),
    {
      fate: "replace",
      hosts: ["lxd"],
      refs: ["StorageVolume"],
      doc: "In place of a VM, a volume alone: a StorageVolume, or `pool/name`. A return to it needs every VM that has the volume to be off.",
      source: "custom volume snapshot",
    },
  ),
  volumeId: field(z.string().optional(), {
    fate: "replace",
    internal: true,
    keep: true,
    doc: "Which StorageVolume it is, whatever its name.",
  }),
  name: {
    ...name,
    doc: "The snapshot's name within the VM. Default: the logical name and a short suffix that is stable for this resource of this stack.",
    source: "<domainsnapshot><name>",
  } as Field<string | undefined>,
  description: description("<domainsnapshot><description>"),
  memory: field(z.boolean().default(false), {
    fate: "replace",
    doc: "Keep the running guest's memory too, so that a return resumes it where it was. The disks must be qcow2 and the firmware BIOS. Default false: disks alone.",
    source: "<memory snapshot='internal'>",
  }),
  quiesce: field(z.union([z.boolean(), oneOf("ifPossible")]).default("ifPossible"), {
    fate: () => undefined,
    ts: 'boolean | "ifPossible"',
    doc: "Have the guest agent freeze the file systems of a running guest while its disks are cut. `true`: an error where the agent does not answer; `ifPossible` (default): without it then, and the output `consistency` says so. Looked at when the snapshot is taken, never later.",
    source: "VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE; R146",
  }),
  expiresAt: field(moment().optional(), {
    fate: "live",
    hosts: ["lxd"],
    doc: "When LXD takes the snapshot away by itself, as in `2030-01-31T00:00:00Z`. A program that still has it then makes a new one. Default: never.",
    source: "expires_at",
  }),
  revert: field(text().min(1).optional(), {
    fate: (_before, after) => (after === undefined ? "record" : "live"),
    doc: "Any text. Giving it, or changing it, on a snapshot that is there brings the VM back to it, and what its disks have taken in since is lost; the preview shows it as a change of `revert`. The VM's configuration is not touched, and it runs afterwards if it ran before. When the snapshot is taken, and when the text is taken away, nothing happens.",
    source: "virDomainRevertToSnapshot",
  }),
} satisfies Fields;

export const snapshotRules: readonly Rule<typeof snapshotFields>[] = [
  function* ({ vm, volume, memory, quiesce }): Iterable<Complaint> {
    if (vm === undefined && volume === undefined) yield { path: ["vm"], message: "or `volume` is required" };
    if (volume === undefined) return;
    if (vm !== undefined) yield { path: ["volume"], message: "cannot stand beside `vm`" };
    if (memory === true) yield { path: ["memory"], message: "cannot be true: a volume has none" };
    if (quiesce === true) yield { path: ["quiesce"], message: "cannot be true: a volume has no guest" };
  },
];

export type SnapshotSpec = Spec<typeof snapshotFields>;
