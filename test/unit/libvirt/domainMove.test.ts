import { expect, test } from "@jest/globals";
import { movedXml } from "../../../provider/libvirt/xml/domain/move";
import { readMark } from "../../../provider/libvirt/xml/metadata";
import { find, formatXml, readXml } from "../../../provider/libvirt/xml/tree";
import type { InterfaceSpec } from "../../../provider/schema/vm/interface";

/** The live definition of a guest, as libvirt 9.0 hands it out for migration. */
const LIVE = readXml(`<domain type='qemu' id='3'><name>web</name><metadata>
  <vmhost:owner xmlns:vmhost="urn:pulumi-vmhost:1" resource="p/s/Vm/web"><vmhost:volume key="a/web-root.qcow2" disk="root"/></vmhost:owner>
</metadata><devices>
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a/web-root.qcow2' index='1'/>
    <backingStore type='file'><format type='qcow2'/><source file='/a/base.qcow2'/></backingStore><target dev='vda' bus='virtio'/></disk>
  <disk type='file' device='cdrom'><source file='/iso/tools.iso'/><target dev='sda' bus='sata'/></disk>
  <interface type='network'><mac address='52:54:00:00:00:01'/><source network='lan' portgroup='dmz' portid='47' bridge='virbr3'/><target dev='vnet4'/><alias name='ua-nic-eth0'/></interface>
  <interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/><alias name='ua-nic-eth1'/></interface>
  <interface type='user'><mac address='52:54:00:00:00:03'/><alias name='net2'/></interface>
</devices></domain>`);

const nic = (name: string, input: Partial<InterfaceSpec>): InterfaceSpec =>
  ({ name, ...input }) as InterfaceSpec;

test("images, volumes and cables lead where they are on the other host; the guest sees no difference", () => {
  const before = formatXml(LIVE);
  const moved = movedXml(LIVE, {
    images: new Map([["/a/web-root.qcow2", "/b/web-root.qcow2"]]),
    volumes: new Map([["a/web-root.qcow2", "b/web-root.qcow2"]]),
    interfaces: [nic("eth0", { network: "lan" }), nic("eth1", { network: "other" })],
    defaultMacvlanMode: "bridge",
  });
  expect(formatXml(LIVE)).toBe(before);
  const text = formatXml(moved);
  expect(text).toContain('<source file="/b/web-root.qcow2"/><target dev="vda" bus="virtio"/>');
  expect(text).toContain('<source file="/iso/tools.iso"/>');
  expect(text).toContain('<source network="lan" portgroup="dmz"/>');
  expect(text).toMatch(
    /<interface type="network"><mac address="52:54:00:00:00:02"\/><source network="other"\/>/,
  );
  expect(text).toContain('<interface type="user"><mac address="52:54:00:00:00:03"/>');
  expect(readMark(moved)?.volumes).toEqual([{ key: "b/web-root.qcow2", disk: "root" }]);
  expect(find(moved, "name")).toEqual(find(LIVE, "name"));
});
