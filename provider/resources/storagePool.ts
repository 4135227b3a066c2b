import type * as pulumi from "@pulumi/pulumi";
import type { StoragePoolArgs } from "./args.gen";
import { HostObject } from "./base";

declare module "./refs" {
  interface Resources {
    StoragePool: StoragePool;
  }
}

const OUTPUTS = ["name", "type", "path", "targetPath", "autostart", "active", "built"] as const;

/**
 * A place for volumes on a host.
 *
 * @example
 * const pool = new StoragePool("pool1", { host: kvm1, name: "pool1", path: "/var/lib/libvirt/pool1" });
 * const share = new StoragePool("share", {
 *   host: kvm1,
 *   type: "netfs",
 *   source: { hosts: [{ name: "nas.example.com" }], dir: "/export/vms", format: "nfs" },
 * });
 */
export class StoragePool extends HostObject {
  /** The name on the host. */
  declare readonly name: pulumi.Output<string>;
  /** Such as `dir`, `logical`, `zfs`. */
  declare readonly type: pulumi.Output<string>;
  /** The folder on the host, also where it is the default. */
  declare readonly targetPath: pulumi.Output<string | undefined>;
  /** Whether it starts with the host. */
  declare readonly autostart: pulumi.Output<boolean>;
  /** Whether it is up. */
  declare readonly active: pulumi.Output<boolean>;
  /** Whether this resource has made the folder, or what else the pool stands on; only that can go with it. */
  declare readonly built: pulumi.Output<boolean>;

  constructor(name: string, args: StoragePoolArgs, opts?: pulumi.CustomResourceOptions) {
    super("StoragePool", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.name;
  }

  /** Reads a pool by name or UUID; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<StoragePoolArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): StoragePool {
    return new StoragePool(name, args as StoragePoolArgs, { ...opts, id });
  }
}
