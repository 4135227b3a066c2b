import { describe, expect, test } from "@jest/globals";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import { complaints, passed, type Plain } from "./complaints";

const disk = (input: Plain): string[] => complaints("Vm", { disks: [{ name: "a", size: 1, ...input }] });
const nic = (input: Plain): string[] => complaints("Vm", { interfaces: [{ name: "a", ...input }] });

describe("a disk", () => {
  test("has its rates in bytes", () => {
    const input = { disks: [{ name: "a", iotune: { readBytesSec: "1MiB", writeBytesSec: 5 } }] };
    expect(passed("Vm", input)["disks"]).toMatchObject([
      { iotune: { readBytesSec: 2 ** 20, writeBytesSec: 5 } },
    ]);
  });

  test.each([
    [
      { iotune: { totalBytesSec: 2, readBytesSec: 1 } },
      "iotune.readBytesSec: cannot stand beside `totalBytesSec` (libvirt's rule)",
    ],
    [{ iotune: { totalIopsSecMax: 2 } }, "iotune.totalIopsSecMax: must be above `totalIopsSec`"],
    [{ iotune: { readIopsSec: 2, readIopsSecMax: 2 } }, "iotune.readIopsSecMax: must be above `readIopsSec`"],
    [
      { iotune: { readIopsSec: 2, readIopsSecMaxLength: 2 } },
      "iotune.readIopsSecMaxLength: needs `readIopsSecMax`",
    ],
    [
      { iotune: { readBytesSec: "x" } },
      'iotune.readBytesSec: must be bytes in a second, as a number or as "100MiB"',
    ],
    [{ bus: "scsi", queues: 2 }, "queues: means nothing on bus scsi; it needs virtio"],
    [{ wwn: "5000c50015ea71ac" }, "wwn: means nothing on bus virtio; it needs scsi, ide"],
    [{ bus: "scsi", wwn: "5" }, "wwn: must be 16 hexadecimal digits"],
    [{ bus: "sata", vendor: "a" }, "vendor: means nothing on bus sata; it needs scsi"],
    [{ shareable: true }, 'shareable: needs `format: "raw"`: several writers would ruin a qcow2 image'],
    [{ startupPolicy: "optional" }, "startupPolicy: needs a cdrom or floppy"],
    [
      { logicalBlockSize: 1024 },
      "logicalBlockSize: must not be above `physicalBlockSize` (512; QEMU's rule)",
    ],
    [{ logicalBlockSize: 1000 }, "logicalBlockSize: must be a power of two, from 512"],
    [
      { io: "native", cache: "writeback" },
      'io: "native" needs `cache` "none" or "directsync" (libvirt\'s rule)',
    ],
  ])("with %j is refused at its place", (input, complaint) => {
    expect(disk(input)).toEqual([`disks.0.${complaint}`]);
  });
});

test("VLANs of a macvlan are libvirt's trouble alone, and not where the host's mode is passthru", () => {
  const on = (host: Plain, more: Plain): string[] =>
    complaints("Vm", { host, interfaces: [{ name: "a", vlan: { tags: [5] }, ...more }] });
  expect(on({ address: "unix:///l" }, { macvlan: "eno1" })).toEqual([]);
  expect(on({ address: "unix:///l" }, { bridge: "br0" })).toEqual([]);
  const host = { address: "qemu:///system", defaultMacvlanMode: "passthru" };
  expect(on(host, { macvlan: "eno1" })).toEqual([]);
  expect(on(host, { macvlan: "eno1", macvlanMode: "bridge" })).toHaveLength(1);
});

describe("an interface", () => {
  test.each([
    [{ model: "e1000f" }, /^model: is no network card of QEMU; did you mean "e1000"\?$/],
    [{ model: "no-such-card-at-all" }, /^model: is no network card of QEMU; virtio is always there$/],
    [
      { bridge: "br0", virtualPort: { type: "802.1Qbh" } },
      /^virtualPort.profileId: is required for type "802.1Qbh"$/,
    ],
    [
      { bridge: "br0", virtualPort: { type: "802.1Qbg", managerId: 1, typeIdVersion: 1 } },
      /^virtualPort.typeId: is required for type "802.1Qbg"$/,
    ],
    [{ macvlan: "eth1", vlan: { tags: [5] } }, /^vlan: macvlan needs mode "passthru"/],
    [{ bridge: "br0", script: "/a" }, /^script: needs `ethernet: true`/],
    [{ bridge: "br0", portGroup: "a" }, /^portGroup: needs `network`$/],
    [{ bridge: "br0", filterParameters: { IP: "a" } }, /^filterParameters: needs `filter`$/],
    [{ bridge: "br0", model: "e1000e", queues: 2 }, /^queues: needs model "virtio"$/],
    [{ bridge: "br0", bandwidth: { inbound: { peak: 2 } } }, /^bandwidth.inbound.average: is required$/],
    [
      { bridge: "br0", bandwidth: { inbound: { average: 1, floor: 2 } } },
      /^bandwidth.inbound.floor: needs `network`$/,
    ],
    [{ macvlan: "eth1", isolated: true }, /^isolated: needs a bridge or a network$/],
    [
      { sriov: "0000:06:10.1", model: "virtio" },
      /^model: means nothing for a device that the guest has for itself$/,
    ],
    [{ sriov: "06:10.1", network: "lan" }, /^sriov: cannot stand beside `network`$/],
    [{ network: "lan", vlan: { tags: [5000] } }, /^vlan.tags.0: /],
  ])("with %j is refused at its place", (input, complaint) => {
    const found = nic(input);
    expect(found).toHaveLength(1);
    expect(found[0]?.replace(/^interfaces.0./, "")).toMatch(complaint);
  });

  test("waits for what is not known yet", () => {
    expect(nic({ bridge: "br0", vlan: { tags: [5] }, virtualPort: UNKNOWN })).toEqual([]);
    expect(nic({ macvlan: "eth1", macvlanMode: UNKNOWN, vlan: UNKNOWN })).toEqual([]);
    expect(
      nic({ network: UNKNOWN, bandwidth: UNKNOWN, filter: UNKNOWN, filterParameters: { IP: UNKNOWN } }),
    ).toEqual([]);
  });
});
