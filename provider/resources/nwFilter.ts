import type * as pulumi from "@pulumi/pulumi";
import type { NwFilterArgs } from "./args.gen";
import { HostObject } from "./base";

declare module "./refs" {
  interface Resources {
    NwFilter: NwFilter;
  }
}

const OUTPUTS = ["name", "chain", "filters", "rules", "definition"] as const;

/**
 * A filter of what goes over guests' interfaces.
 *
 * @example
 * const web = new NwFilter("web", {
 *   host: kvm1,
 *   filters: ["clean-traffic"],
 *   rules: [
 *     { action: "accept", direction: "in", protocol: "tcp", match: { dstportstart: 443 } },
 *     { action: "drop", direction: "in", protocol: "all" },
 *   ],
 * });
 */
export class NwFilter extends HostObject {
  /** The name on the host. */
  declare readonly name: pulumi.Output<string>;
  /** The chain of the host that its rules stand in. */
  declare readonly chain: pulumi.Output<string>;
  /** The filter as the host keeps it. */
  declare readonly definition: pulumi.Output<string>;

  constructor(name: string, args: NwFilterArgs, opts?: pulumi.CustomResourceOptions) {
    super("NwFilter", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.name;
  }

  /** Reads a filter by name or UUID; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<NwFilterArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): NwFilter {
    return new NwFilter(name, args, { ...opts, id });
  }
}
