import { poolPath } from "../../scripts/lib/throwaway-host";
import { createLibvirtDriver } from "../../provider/libvirt";
import { objectOf } from "../../provider/schema/table/gate";
import { hostFields } from "../../provider/schema/address/connection";
import { ownHost, placeGuest } from "../support/host";
import type { Setup } from "./setup";
import { contractSuite } from "./suite";
import { virshWitness } from "./virsh";

async function setup(): Promise<Setup> {
  const host = await ownHost();
  const { haltRom } = await placeGuest(host);
  const connection = objectOf(hostFields).parse({ address: host.address });
  const session = () => createLibvirtDriver(connection);
  const driver = session();
  return {
    driver,
    session,
    witness: virshWitness(host, { uri: "qemu:///system", domainType: "qemu", files: true }),
    address: host.address,
    poolPath: (name) => `${poolPath}/${name}`,
    // A firmware that halts at once: the guest runs, and leaves the host's cores alone.
    vm: { domainType: "qemu", raw: `<os><loader type='rom'>${haltRom}</loader></os>` },
    async teardown() {
      await driver.close();
      await host.stop();
    },
  };
}

contractSuite("libvirt's system daemon", { setup });
