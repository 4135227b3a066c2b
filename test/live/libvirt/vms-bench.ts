import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect } from "@jest/globals";
import type { HostDriver, NamedVmSpec, ObservedVm } from "../../../provider/driver/contract";
import { isDriverError, type DriverError } from "../../../provider/driver/errors";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { bootPath, poolPath, type ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { placeGuest, sharedHost, type PlacedGuest } from "../../support/host";

/** One pool, two networks, and VMs that have passed the gate; virsh looks over the driver's shoulder. */
export class VmBench {
  private constructor(
    readonly host: ThrowawayHost,
    readonly guest: PlacedGuest,
    readonly driver: HostDriver,
    readonly pool: string,
    readonly networks: readonly [string, string],
  ) {}

  static async open(label: string, subnet: number): Promise<VmBench> {
    const host = await sharedHost();
    const guest = await placeGuest(host);
    const driver = createLibvirtDriver(objectOf(hostFields).parse({ address: host.address }));
    const networks = [`${label}-a`, `${label}-b`] as const;
    const bench = new VmBench(host, guest, driver, label, networks);
    await host.virsh(["pool-define-as", label, "dir", "--target", `${poolPath}/${label}`]);
    await host.virsh(["pool-build", label]);
    await host.virsh(["pool-start", label]);
    for (const [index, name] of networks.entries()) {
      const net = `10.${subnet + index}.0`;
      const xml =
        `<network><name>${name}</name><bridge name='vbr${subnet + index}'/><ip address='${net}.1' netmask='255.255.255.0'>` +
        `<dhcp><range start='${net}.10' end='${net}.90'/></dhcp></ip></network>`;
      await bench.virshFile("net-define", xml);
      await host.virsh(["net-start", name]);
    }
    return bench;
  }

  async close(): Promise<void> {
    await this.driver.close();
    for (const name of this.networks) {
      await this.host.virsh(["net-destroy", name]);
      await this.host.virsh(["net-undefine", name]);
    }
    expect(await this.volumes()).toEqual([]);
    await this.host.virsh(["pool-destroy", this.pool]);
    await this.host.virsh(["pool-undefine", this.pool]);
  }

  /** A firmware that halts at once: a guest that costs nothing, and goes along with nothing. */
  get halting(): string {
    return `<os><loader type='rom'>${this.guest.haltRom}</loader></os>`;
  }

  spec(name: string, input: Plain = {}, olds: object = {}): NamedVmSpec {
    const news = {
      host: { address: this.host.address, defaultStoragePool: this.pool },
      owner: `live/vms/Vm/${name.replace(/\W/g, "")}`,
      name,
      memory: 64,
      ...input,
    };
    const { inputs, failures } = check(vm as never, olds as Plain, news);
    if (failures.length > 0) throw new Error(`The gate refuses the input: ${JSON.stringify(failures)}`);
    return inputs as unknown as NamedVmSpec;
  }

  create(spec: NamedVmSpec): Promise<ObservedVm> {
    return this.driver.vms.create(spec, { owner: spec.owner });
  }

  change({ id }: ObservedVm, spec: NamedVmSpec): Promise<ObservedVm> {
    return this.driver.vms.change(id, spec, { owner: spec.owner });
  }

  async volumes(): Promise<string[]> {
    await this.host.virsh(["pool-refresh", this.pool]);
    const lines = (await this.host.virsh(["vol-list", this.pool])).split("\n");
    return lines.flatMap((line) => line.trim().split(/\s+/)[0] || []).sort();
  }

  async domains(): Promise<string[]> {
    return (await this.host.virsh(["list", "--all", "--name"])).split("\n").filter((name) => name !== "");
  }

  xml(name: string, ...flags: readonly string[]): Promise<string> {
    return this.host.virsh(["dumpxml", name, ...flags]);
  }

  /** After a test that failed in the middle the next ones still find an empty host. */
  async removeAll(): Promise<void> {
    for (const { id } of await this.driver.vms.list()) await this.driver.vms.remove(id);
  }

  /** Targets of the disks (or devices' networks) of a VM, as virsh lists them. */
  async disks(name: string, ...flags: readonly string[]): Promise<string[]> {
    return column(await this.host.virsh(["domblklist", name, ...flags]), 0);
  }

  async links(name: string, ...flags: readonly string[]): Promise<string[]> {
    return column(await this.host.virsh(["domiflist", name, ...flags]), 2);
  }

  /** virsh reads definitions from files only. */
  async virshFile(command: string, xml: string): Promise<string> {
    const file = `${command}-${process.pid}.xml`;
    await writeFile(join(this.host.dir, "lib", basename(bootPath), file), xml);
    return this.host.virsh([command, join(bootPath, file)]);
  }
}

function column(table: string, index: number): string[] {
  return table.split("\n").flatMap((line) => line.trim().split(/\s+/)[index] || []);
}

/** The error that the promise ends with. */
export async function failure(promise: Promise<unknown>): Promise<DriverError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isDriverError(error)) throw error ?? new Error("expected a failure, but it succeeded");
  return error;
}
