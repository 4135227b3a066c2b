import { describe, expect, test } from "@jest/globals";
import {
  describedAs,
  imageBelow,
  readSnapshot,
  readSnapshotMarks,
  snapshotMarksElement,
  snapshotXml,
  type SnapshotMark,
} from "../../../provider/libvirt/xml/snapshot";
import { formatXml, readXml, type XmlElement } from "../../../provider/libvirt/xml/tree";

/** As libvirt 9.0 has returned it. */
const TAKEN = readXml(`<domainsnapshot>
  <name>A</name>
  <description>it's &lt;good&gt;</description>
  <state>disk-snapshot</state>
  <parent><name>M</name></parent>
  <creationTime>1795246001</creationTime>
  <memory snapshot='no'/>
  <disks>
    <disk name='vda' snapshot='external' type='file'><driver type='qcow2'/><source file='/i/c.qcow2.A'/></disk>
    <disk name='sda' snapshot='no'/>
  </disks>
  <domain type='qemu'><name>u</name><devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/i/c.qcow2'/><target dev='vda' bus='virtio'/><alias name='ua-disk-root'/></disk>
    <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='/i/seed.iso'/><target dev='sda' bus='sata'/><readonly/></disk>
  </devices></domain>
</domainsnapshot>`);

const overlay = (path: string, base: string) => ({
  key: `p${path}`,
  path,
  disk: "root",
  base,
  format: "raw",
});
const MARKS: SnapshotMark[] = [
  {
    name: "A & B",
    owner: "p/s/Snapshot/a",
    consistency: "quiesced",
    overlays: [overlay("/b", "/a")],
    leaving: true,
  },
  {
    name: "C",
    owner: "p/s/Snapshot/c",
    consistency: "memory",
    overlays: [overlay("/c", "/b")],
    leaving: false,
  },
];

/** What libvirt makes of it: everything inside in the namespace. */
function keptBy(marks: readonly SnapshotMark[]): XmlElement {
  const element = snapshotMarksElement(marks);
  const prefixed = (text: string): string => text.replace(/<(\/?)(\w)/g, "<$1vmsnap:$2");
  return readXml(`<domain><metadata>${element ? prefixed(formatXml(element)) : ""}</metadata></domain>`);
}

describe("snapshots as XML", () => {
  test("are read as libvirt tells them", () => {
    expect(readSnapshot(TAKEN)).toEqual({
      name: "A",
      description: "it's <good>",
      memory: false,
      external: true,
      stopped: false,
      createdAt: "2026-11-21T07:26:41.000Z",
      disks: new Map([["root", "/i/c.qcow2"]]),
    });
    const described = describedAs(readXml(formatXml(TAKEN)), undefined);
    expect(readSnapshot(described).description).toBeUndefined();
    expect(readSnapshot(described).disks).toEqual(readSnapshot(TAKEN).disks);
  });

  test("name every disk, so that libvirt has nothing to choose", () => {
    const disks = [
      { target: "vda", overlay: "/i/a.A", kept: true },
      { target: "vdb", kept: true },
      { target: "sda", kept: false },
    ];
    expect(formatXml(snapshotXml({ name: "A", memory: true }, disks))).toBe(
      '<domainsnapshot><name>A</name><memory snapshot="internal"/><disks>' +
        '<disk name="vda" snapshot="external" type="file"><driver type="qcow2"/><source file="/i/a.A"/></disk>' +
        '<disk name="vdb" snapshot="internal"/><disk name="sda" snapshot="no"/></disks></domainsnapshot>',
    );
  });

  test("are remembered on the VM, and forgotten with the last", () => {
    expect(readSnapshotMarks(keptBy(MARKS))).toEqual(MARKS);
    expect(snapshotMarksElement([])).toBeUndefined();
    expect(readSnapshotMarks(keptBy([]))).toEqual([]);
  });

  test("the image that the program knows is the lowest", () => {
    const domain = keptBy(MARKS);
    expect(imageBelow(domain, "/c")?.base).toBe("/a");
    expect(imageBelow(domain, "/b")?.base).toBe("/a");
    expect(imageBelow(domain, "/a")).toBeUndefined();
    expect(imageBelow(domain, undefined)).toBeUndefined();
    const circle = keptBy(MARKS.map((mark) => ({ ...mark, overlays: [overlay("/b", "/b")] })));
    expect(imageBelow(circle, "/b")?.base).toBe("/b");
  });
});
