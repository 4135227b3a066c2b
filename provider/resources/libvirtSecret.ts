import type * as pulumi from "@pulumi/pulumi";
import type { LibvirtSecretArgs } from "./args.gen";
import { HostObject } from "./base";

declare module "./refs" {
  interface Resources {
    LibvirtSecret: LibvirtSecret;
  }
}

const OUTPUTS = ["uuid", "usage", "description", "private", "ephemeral"] as const;

/**
 * A secret that a libvirt host keeps: the key of an encrypted image, of Ceph, of iSCSI. Its value is encrypted in state and
 * never read back.
 *
 * @example
 * const ceph = new LibvirtSecret("ceph", {
 *   host: kvm1,
 *   usage: { type: "ceph", id: "client.libvirt" },
 *   secretValue: config.requireSecret("cephKey"),
 *   encoding: "base64",
 * });
 */
export class LibvirtSecret extends HostObject {
  /** By which disks and pools name it. */
  declare readonly uuid: pulumi.Output<string>;
  /** Whether libvirt gives its value to nobody. */
  declare readonly private: pulumi.Output<boolean>;
  /** Whether it is forgotten when libvirt stops. */
  declare readonly ephemeral: pulumi.Output<boolean>;

  constructor(name: string, args: LibvirtSecretArgs, opts?: pulumi.CustomResourceOptions) {
    super("LibvirtSecret", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.uuid;
  }

  /** Reads a secret (never its value) by UUID; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<LibvirtSecretArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): LibvirtSecret {
    return new LibvirtSecret(name, args, { ...opts, id });
  }
}
