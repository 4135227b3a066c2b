import * as pulumi from "@pulumi/pulumi";
import type { StorageVolumeArgs } from "./args.gen";
import { HostObject } from "./base";
import type { HostConnection } from "./refs";

declare module "./refs" {
  interface Resources {
    StorageVolume: StorageVolume;
  }
}

const OUTPUTS = ["name", "pool", "format", "path", "capacity"] as const;

/**
 * A volume in a storage pool. Its id is `pool/name`, as it was called first.
 *
 * @example
 * const debian = new StorageVolume("debian", { host: kvm1, pool, source: "./debian-13.qcow2" });
 */
export class StorageVolume extends HostObject {
  /** The host it lives on, as other resources take it. */
  declare readonly host: pulumi.Output<HostConnection>;
  /** The name in its pool. */
  declare readonly name: pulumi.Output<string>;
  /** Name of its pool. */
  declare readonly pool: pulumi.Output<string>;
  /** Such as `qcow2` or `raw`; absent where the pool knows no formats. */
  declare readonly format: pulumi.Output<string | undefined>;
  /** Where it is on the host. */
  declare readonly path: pulumi.Output<string>;
  /** Virtual size in bytes. */
  declare readonly capacity: pulumi.Output<number>;

  constructor(name: string, args: StorageVolumeArgs, opts?: pulumi.CustomResourceOptions) {
    super("StorageVolume", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    // The id is that of the beginning; LXD may have renamed the volume since.
    return pulumi
      .all([this.id, this.pool, this.name])
      .apply(([id, pool, name]) => (pool === undefined || name === undefined ? id : `${pool}/${name}`));
  }

  /** Reads a volume by `pool/name`; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<StorageVolumeArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): StorageVolume {
    return new StorageVolume(name, args as StorageVolumeArgs, { ...opts, id });
  }
}
