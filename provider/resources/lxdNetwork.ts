import type * as pulumi from "@pulumi/pulumi";
import type { LxdNetworkArgs } from "./args.gen";
import { HostObject } from "./base";

declare module "./refs" {
  interface Resources {
    LxdNetwork: LxdNetwork;
  }
}

const OUTPUTS = [
  "name",
  "type",
  "ipv4",
  "ipv6",
  "ipv4Address",
  "ipv6Address",
  "parent",
  "description",
] as const;

/**
 * A network that an LXD host manages.
 *
 * @example
 * const lan = new LxdNetwork("lan", {
 *   host: lxd1,
 *   ipv4: { address: "10.20.0.1/24", nat: true, ranges: [{ start: "10.20.0.10", end: "10.20.0.200" }] },
 *   ipv6: { address: "none" },
 * });
 */
export class LxdNetwork extends HostObject {
  /** The name on the host. */
  declare readonly name: pulumi.Output<string>;
  /** `bridge`, `macvlan`, `sriov`, `physical` or `ovn`. */
  declare readonly type: pulumi.Output<string>;
  /** The host's address on it with its prefix length, also where LXD has chosen it; `none` where it has none. */
  declare readonly ipv4Address: pulumi.Output<string | undefined>;
  /** The same for IPv6. */
  declare readonly ipv6Address: pulumi.Output<string | undefined>;

  constructor(name: string, args: LxdNetworkArgs, opts?: pulumi.CustomResourceOptions) {
    super("LxdNetwork", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.name;
  }

  /** Reads a network by name; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<LxdNetworkArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): LxdNetwork {
    return new LxdNetwork(name, args as LxdNetworkArgs, { ...opts, id });
  }
}
