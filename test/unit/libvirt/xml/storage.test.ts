import { describe, expect, test } from "@jest/globals";
import { isUuid, uuidOfOwner } from "../../../../provider/libvirt/common";
import { poolSpec, poolXml, readPool } from "../../../../provider/libvirt/xml/pool";
import { formatXml, parseXml } from "../../../../provider/libvirt/xml/tree";
import { readVolume, volumeXml } from "../../../../provider/libvirt/xml/volume";

const ODD = `it's <b>"odd"</b> & größer – 🐧`;

describe("pools", () => {
  test("read back as they were asked for", () => {
    const asked = { name: ODD, type: "dir", path: `/srv/${ODD}` };
    const uuid = uuidOfOwner("pool", "p/s/StoragePool/x");
    expect(readPool(parseXml(formatXml(poolXml(asked, uuid))))).toEqual({ ...asked, uuid });
  });

  test("a host's pool of another kind, in the table's words", () => {
    const facts = readPool(
      parseXml(
        `<pool type='logical'><name>vg</name><uuid>u</uuid><capacity unit='bytes'>1</capacity>` +
          `<source><device path='/dev/sdb'/><name>vg</name><format type='lvm2'/></source><target><path>/dev/vg</path></target></pool>`,
      ),
    );
    expect(poolSpec(facts, true, false)).toEqual({
      name: "vg",
      type: "logical",
      path: "/dev/vg",
      autostart: true,
      active: false,
    });
  });
});

describe("volumes", () => {
  test("take no space beforehand", () => {
    expect(formatXml(volumeXml({ name: "v", format: "qcow2", capacityBytes: 2 ** 40 }))).toBe(
      `<volume><name>v</name><capacity unit="bytes">1099511627776</capacity><allocation unit="bytes">0</allocation>` +
        `<target><format type="qcow2"/></target></volume>`,
    );
  });

  test("read back as they were asked for, over another image", () => {
    const backing = { path: `/srv/${ODD}.qcow2`, format: "qcow2" };
    const xml = formatXml(volumeXml({ name: ODD, format: "qcow2", capacityBytes: 5, backing }));
    expect(readVolume(parseXml(xml))).toMatchObject({
      name: ODD,
      format: "qcow2",
      capacityBytes: 5,
      backingPath: backing.path,
    });
  });

  test("what libvirt says of a logical volume", () => {
    const read = readVolume(
      parseXml(
        `<volume type='block'><name>lv</name><key>k</key><source/><capacity unit='bytes'>4194304</capacity>` +
          `<allocation unit='bytes'>4194304</allocation><target><path>/dev/vg/lv</path></target></volume>`,
      ),
    );
    expect(read).toEqual({
      name: "lv",
      path: "/dev/vg/lv",
      format: "raw",
      capacityBytes: 4194304,
      allocationBytes: 4194304,
      backingPath: undefined,
      block: true,
    });
  });
});

describe("an owner's UUID", () => {
  test("is the same for the same owner, and its own for every kind and owner", () => {
    const uuid = uuidOfOwner("pool", "p/s/StoragePool/x");
    expect(uuidOfOwner("pool", "p/s/StoragePool/x")).toBe(uuid);
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isUuid(uuid)).toBe(true);
    const others = [
      uuidOfOwner("network", "p/s/StoragePool/x"),
      uuidOfOwner("pool", "p/s/StoragePool/y"),
      uuidOfOwner("pool\np/s", "StoragePool/x"),
    ];
    expect(new Set([uuid, ...others]).size).toBe(4);
  });

  test.each(["", "default", "d7e5200ea8b053a89088915d12dd1602", "d7e5200e-a8b0-53a8-9088-915d12dd160"])(
    "is not a name like %j",
    (name) => expect(isUuid(name)).toBe(false),
  );
});
