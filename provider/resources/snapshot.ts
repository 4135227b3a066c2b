import type * as pulumi from "@pulumi/pulumi";
import type { SnapshotArgs } from "./args.gen";
import { HostObject } from "./base";

const OUTPUTS = ["name", "description", "memory", "vmUuid", "createdAt", "kind", "consistency"] as const;

/**
 * A point of a VM's life, or on LXD of a volume's, to which it can be brought back.
 *
 * Giving or changing `revert` brings the VM back to it; the preview shows that as a change of this resource. Taking the
 * resource out of the program removes the snapshot and keeps what the disks hold now.
 *
 * @example
 * const before = new Snapshot("before-upgrade", { vm: web, description: "last good state" });
 * // Later, when the upgrade has failed: one changed line, seen in the preview.
 * new Snapshot("before-upgrade", { vm: web, description: "last good state", revert: "2026-05-04" });
 */
export class Snapshot extends HostObject {
  /** The name within the VM. */
  declare readonly name: pulumi.Output<string>;
  /** Free text kept with the object on the host. */
  declare readonly description: pulumi.Output<string | undefined>;
  /** Whether the guest's memory is kept too. */
  declare readonly memory: pulumi.Output<boolean>;
  /** Absent for a volume's. */
  declare readonly vmUuid: pulumi.Output<string>;
  /** ISO 8601. */
  declare readonly createdAt: pulumi.Output<string>;
  /** `internal`: inside the disks' own images; `external`: a new image on top of each. */
  declare readonly kind: pulumi.Output<"internal" | "external">;
  /** `stopped` (the guest was off), `memory`, `quiesced` by the guest agent, or `crash`: as after a power cut. */
  declare readonly consistency: pulumi.Output<"stopped" | "memory" | "quiesced" | "crash">;

  constructor(name: string, args: SnapshotArgs, opts?: pulumi.CustomResourceOptions) {
    const { volume, host = hostOf(args.vm) ?? hostOf(volume) } = args;
    const volumeId = volume instanceof HostObject ? { volumeId: volume.id } : {};
    super("Snapshot", name, { ...args, host, ...volumeId }, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.name;
  }

  /** Reads a snapshot by its name; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<SnapshotArgs, "vm" | "volume" | "host">,
    opts?: pulumi.CustomResourceOptions,
  ): Snapshot {
    return new Snapshot(name, args, { ...opts, id });
  }
}

/** A Vm or a StorageVolume of the program knows its host; a name alone does not. */
function hostOf(of: SnapshotArgs["vm"] | SnapshotArgs["volume"]): SnapshotArgs["host"] {
  return of instanceof HostObject ? of.host : undefined;
}
