import { expect } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { vm } from "../../../provider/lifecycle/vm";
import { createLxdDriver } from "../../../provider/lxd";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { ownHost } from "../../support/host";

export interface Made {
  readonly id: string;
  readonly outs: Plain;
  readonly inputs: Plain;
}

/** An LXD of one's own with some projects beside its default one, and containers in them as a program has them. */
export class ContainersBench {
  readonly vms = providerFor(vm);

  private constructor(
    readonly lxd: ThrowawayLxd,
    private readonly label: string,
    private readonly projects: readonly string[],
  ) {}

  /** `projects`: their names, with the settings of each as `lxc project create` takes them. */
  static async open(
    label: string,
    projects: Readonly<Record<string, readonly string[]>>,
  ): Promise<ContainersBench> {
    registerDriver("lxd", createLxdDriver);
    const lxd = await startLxd(await ownHost());
    for (const [name, settings] of Object.entries(projects))
      await lxd.lxc(["project", "create", name, ...settings.flatMap((each) => ["-c", each])]);
    return new ContainersBench(lxd, label, ["default", ...Object.keys(projects)]);
  }

  /** Arguments of a container with a root and a volume of its own. */
  args(name: string, more: Plain = {}): Plain {
    return {
      host: this.host(),
      ...{ owner: `live/${this.label}/Vm/${name}`, name, instanceType: "container", memory: 32 },
      ...{ forceDestroy: true, shutdownTimeout: 1, migrate: true },
      disks: [
        { name: "root", pool: lxdPool, image: lxdImage, size: "64MiB" },
        { name: "data", pool: lxdPool, size: "1MiB" },
      ],
      ...more,
    };
  }

  host(project?: string): Plain {
    return {
      address: this.lxd.address,
      cpuOvercommitRatio: 10,
      ...(project === undefined ? {} : { project }),
    };
  }

  async make(news: Plain): Promise<Made> {
    const { inputs, failures } = await this.vms.check({}, news);
    expect(failures).toEqual([]);
    return { ...(await this.vms.create(inputs)), inputs };
  }

  /** Takes away the instances of all projects. */
  async removeAll(): Promise<void> {
    for (const project of this.projects) {
      const { stdout } = await this.lxd.lxc(["list", "-f", "csv", "-c", "n", "--project", project]);
      for (const name of stdout.split("\n").filter(Boolean))
        await this.lxd.lxc(["delete", "--force", name, "--project", project]);
    }
  }

  async close(): Promise<void> {
    await closeHosts();
    await this.lxd.host.stop();
  }
}
