import type * as pulumi from "@pulumi/pulumi";
import type { LxdProjectArgs } from "./args.gen";
import { HostObject } from "./base";

declare module "./refs" {
  interface Resources {
    LxdProject: LxdProject;
  }
}

const OUTPUTS = ["name", "description", "features", "limits", "restricted", "restrictions"] as const;

/**
 * A project of an LXD server.
 *
 * @example
 * const web = new LxdProject("web", { host: lxd1, name: "web", limits: { instances: 10, memory: "16GiB" } });
 * const inWeb = new VmHost("lxd1-web", { address: "https://10.0.0.5:8443", project: web });
 */
export class LxdProject extends HostObject {
  /** The name on the server. */
  declare readonly name: pulumi.Output<string>;

  constructor(name: string, args: LxdProjectArgs, opts?: pulumi.CustomResourceOptions) {
    super("LxdProject", name, args, OUTPUTS, opts);
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.name;
  }

  /** Reads a project by name; it is not managed. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<LxdProjectArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): LxdProject {
    return new LxdProject(name, args as LxdProjectArgs, { ...opts, id });
  }
}
