import type { HostDisk } from "../../driver/contract";
import { nodeDevice, nodeDevices } from "./devices";
import { VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE } from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { readDisk, readNumaNode } from "../xml/nodeDevice";
import { find, textOf, type XmlElement } from "../xml/tree";

/** How many devices a disk can be below its PCI device: a SCSI disk has a target and a host above it. */
const DEEPEST = 8;

/** The host's own disks, as far as libvirt's node device driver tells of them, with the NUMA node of what they are on (R168). */
export async function hostDisks(session: LibvirtSession): Promise<readonly HostDisk[]> {
  const names = await nodeDevices(session, VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE);
  const disks = await Promise.all(
    names.map(async (name) => {
      const device = await nodeDevice(session, name);
      const disk = device && readDisk(device);
      if (device === undefined || disk === undefined) return undefined;
      const numaNode = await nodeOf(session, device);
      return numaNode === undefined ? disk : { ...disk, numaNode };
    }),
  );
  return disks.filter((disk) => disk !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The NUMA node of the nearest PCI device above. */
async function nodeOf(session: LibvirtSession, disk: XmlElement): Promise<number | undefined> {
  let device: XmlElement | undefined = disk;
  for (let step = 0; step < DEEPEST && device !== undefined; step++) {
    const parent = textOf(find(device, "parent"));
    if (parent === undefined || parent === "computer") return undefined;
    device = await nodeDevice(session, parent);
    if (parent.startsWith("pci_")) return device && readNumaNode(device);
  }
  return undefined;
}
