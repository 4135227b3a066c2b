import type * as pulumi from "@pulumi/pulumi";
import type { LibvirtNetworkArgs } from "./args.gen";
import { HostObject } from "./base";

declare module "./refs" {
  interface Resources {
    LibvirtNetwork: LibvirtNetwork;
  }
}

const OUTPUTS = ["name", "bridgeName", "autostart", "active", "ips", "forward", "bridge", "domain"] as const;

/**
 * A virtual network of a libvirt host.
 *
 * @example
 * const lan = new LibvirtNetwork("lan", {
 *   host: kvm1,
 *   forward: { mode: "nat" },
 *   ips: [{ cidr: "172.16.99.1/24", dhcp: { ranges: [{ start: "172.16.99.10", end: "172.16.99.200" }] } }],
 * });
 */
export class LibvirtNetwork extends HostObject {
  /** The name on the host. */
  declare readonly name: pulumi.Output<string>;
  /** The bridge device, also where libvirt has chosen it. */
  declare readonly bridgeName: pulumi.Output<string | undefined>;
  /** Whether it starts with the host. */
  declare readonly autostart: pulumi.Output<boolean>;
  /** Whether it is up. */
  declare readonly active: pulumi.Output<boolean>;

  constructor(name: string, args: LibvirtNetworkArgs, opts?: pulumi.CustomResourceOptions) {
    super("LibvirtNetwork", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.name;
  }

  /** Reads a network by name or UUID; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<LibvirtNetworkArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): LibvirtNetwork {
    return new LibvirtNetwork(name, args, { ...opts, id });
  }
}
