import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import type { HostDriver, Named, Observed } from "../../../provider/driver/contract";
import { isDriverError, type DriverError } from "../../../provider/driver/errors";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { libvirtNetwork } from "../../../provider/lifecycle/libvirtNetwork";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { storagePool } from "../../../provider/lifecycle/storagePool";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import type { LibvirtNetworkSpec } from "../../../provider/schema/libvirtNetwork";
import type { StoragePoolSpec } from "../../../provider/schema/storagePool";
import type { StorageVolumeSpec } from "../../../provider/schema/storageVolume";
import { poolPath, type ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { ownHost } from "../../support/host";

/** A host of one's own with networks, pools and volumes as programs write them. */
export interface ObjectsBench {
  readonly host: ThrowawayHost;
  readonly driver: HostDriver;
  session(): HostDriver;
  network(name: string, input?: Plain): Named<LibvirtNetworkSpec>;
  pool(name: string, input?: Plain): Named<StoragePoolSpec>;
  volume(pool: string, name: string, input: Plain): Named<StorageVolumeSpec>;
  createNetwork(spec: Named<LibvirtNetworkSpec>): Promise<Observed<LibvirtNetworkSpec>>;
  changeNetwork(spec: Named<LibvirtNetworkSpec>): Promise<Observed<LibvirtNetworkSpec>>;
  /** The kernel's number for a device: another one after the device was made anew. */
  ifindex(device: string): Promise<string>;
  /** `virsh <command>` of that XML. */
  byHand(command: string, xml: string): Promise<void>;
  end(): Promise<void>;
}

export async function objectsBench(): Promise<ObjectsBench> {
  const host = await ownHost();
  const session = (): HostDriver =>
    createLibvirtDriver(objectOf(hostFields).parse({ address: host.address }));
  const driver = session();
  const pass = <S extends { name: string | undefined }>(
    handler: Handler<S>,
    kind: string,
    name: string,
    input: Plain,
  ): Named<S> => {
    const news = { host: { address: host.address }, owner: `live/test/${kind}/${name}`, name, ...input };
    const { inputs, failures } = check(handler as unknown as Handler<never>, {}, news);
    expect(failures).toEqual([]);
    return inputs as unknown as Named<S>;
  };
  return {
    host,
    driver,
    session,
    network: (name, input = {}) => pass(libvirtNetwork, "LibvirtNetwork", name, input),
    pool: (name, input = {}) =>
      pass(storagePool, "StoragePool", name, { path: `${poolPath}/${name}`, ...input }),
    volume: (pool, name, input) => pass(storageVolume, "StorageVolume", name, { pool, ...input }),
    createNetwork: (spec) => driver.networks.create(spec, { owner: spec.owner }),
    changeNetwork: (spec) => driver.networks.change(spec.name, spec, { owner: spec.owner }),
    ifindex: async (device) => (await host.exec(["cat", `/sys/class/net/${device}/ifindex`])).stdout.trim(),
    async byHand(command, xml) {
      await writeFile(join(host.dir, "lib", "by-hand.xml"), xml);
      await host.virsh([command, "/var/lib/libvirt/by-hand.xml"]);
    },
    async end() {
      await driver.close();
      await host.stop();
    },
  };
}

export async function failure(promise: Promise<unknown>): Promise<DriverError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isDriverError(error)) throw error ?? new Error("expected a failure, but it succeeded");
  return error;
}
