import { createLibvirtDriver } from "../../provider/libvirt";
import { objectOf } from "../../provider/schema/table/gate";
import { hostFields } from "../../provider/schema/address/connection";
import { ownHost } from "../support/host";
import type { Missing, Setup } from "./setup";
import { contractSuite } from "./suite";
import { virshWitness } from "./virsh";

/** The daemon keeps this driver's host for as long as somebody is connected; the suite's own session is. */
async function setup(): Promise<Setup> {
  const host = await ownHost();
  const connection = objectOf(hostFields).parse({ address: host.testAddress });
  const session = () => createLibvirtDriver(connection);
  const driver = session();
  return {
    driver,
    session,
    witness: virshWitness(host, {
      uri: `test+unix:///default?socket=${host.socket}`,
      domainType: "test",
      files: false,
    }),
    address: host.testAddress,
    poolPath: (name) => `/pools/${name}`,
    async teardown() {
      await driver.close();
      await host.stop();
    },
  };
}

const missing: Missing = {
  upload: "the driver has no streams for volumes",
  growth: "the driver cannot resize volumes",
  diskBytes: "its volumes are no files",
  files: "its volumes are no files",
  hotplug: "its guests have no devices to speak of",
  networkChange: "it shows an active network's old definition until the network is started again",
  nodeMemory: "its nodes have twice the memory of its host",
  startPaused: "it knows no flags for a start",
  guestMemory: "its guests have no memory to speak of",
  startCheck: "it starts guests whatever they name",
};

contractSuite("libvirt's test driver", { setup, missing });
