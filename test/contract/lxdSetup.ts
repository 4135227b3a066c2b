import { createLxdDriver } from "../../provider/lxd";
import { hostFields } from "../../provider/schema/address/connection";
import { objectOf } from "../../provider/schema/table/gate";
import { lxdBridge, startLxd } from "../../scripts/lib/lxd";
import { ownHost, placeGuest } from "../support/host";
import { lxcWitness } from "./lxc";
import type { Missing, Setup } from "./setup";

/** A real LXD in a throwaway host. */
export async function lxdSetup(type: "container" | "virtual-machine", extra: Partial<Setup>): Promise<Setup> {
  const host = await ownHost();
  await placeGuest(host);
  const lxd = await startLxd(host);
  // An instance has one interface on each of LXD's networks, because of its name there.
  await lxd.lxc(["network", "create", "second", "ipv4.address=none", "ipv6.address=none"]);
  const connection = objectOf(hostFields).parse({ address: lxd.address });
  const session = () => createLxdDriver(connection);
  const driver = session();
  return {
    driver,
    session,
    witness: lxcWitness(lxd, type),
    address: lxd.address,
    poolPath: () => undefined,
    lans: [lxdBridge, "second"],
    // All that a small machine has: LXD gives a VM no more cores than the host's.
    hotCores: 2,
    async teardown() {
      await driver.close();
      await host.stop();
    },
    ...extra,
  };
}

/** What no LXD can show. */
export const lxdMissing: Missing = {
  libvirtNetworks: "LXD's networks are another resource, with a table of its own",
  quiesce: "it freezes no file systems",
  halfVolumes: "LXD makes a volume when all of its content is there",
  overlay: "LXD copies images",
  files: "its volumes are no image files",
  formats: "its volumes have one format",
  oddNames: "its names are host names",
  poolPower: "its pools are never off",
  poolAlone: "it keeps a pool that has volumes",
  deviceModels: "it chooses them itself",
  headroom: "it has no maximum beside the size",
  startCheck: "it refuses a network that it does not have before it starts anything",
};
