import { describe, expect, test } from "@jest/globals";
import { isUuid, uuidOfOwner } from "../../../../provider/libvirt/common";
import { check } from "../../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../../provider/lifecycle/kind/handler";
import { drifted, inputsOf, toState, type Plain } from "../../../../provider/lifecycle/engine/state";
import { storagePool } from "../../../../provider/lifecycle/storagePool";
import {
  poolSpec,
  poolXml,
  readPool,
  standsOn,
  withChanges,
  type NamedPoolSpec,
} from "../../../../provider/libvirt/xml/pool";
import { readPoolTypes } from "../../../../provider/libvirt/xml/poolTypes";
import { formatXml, parseXml } from "../../../../provider/libvirt/xml/tree";
import { readVolume, volumeXml } from "../../../../provider/libvirt/xml/volume";
import { storagePoolFields } from "../../../../provider/schema/storagePool";

const NAME = `it's "odd" & größer – 🐧`;
const ODD = `it's <b>"odd"</b> & größer – 🐧`;

/** A pool as the gate hands it on. */
function pool(input: Plain): NamedPoolSpec {
  const news = { host: "qemu:///system", owner: "p/s/StoragePool/x", name: NAME, ...input };
  const { inputs, failures } = check(storagePool as unknown as Handler<never>, {}, news);
  expect(failures).toEqual([]);
  return inputs as unknown as NamedPoolSpec;
}

const SECRET = "2ec115d7-3a88-3ceb-bc12-0ac909a6fd87";
const IQN = "iqn.2013-06.com.example:pool";

describe("pools", () => {
  test.each<[string, Plain]>([
    ["dir", { path: `/srv/${ODD}`, permissions: { mode: "0711", owner: 1, group: 2 }, copyOnWrite: false }],
    ["fs", { source: { devices: ["/dev/sdb1"], format: "ext4" } }],
    [
      "netfs",
      { source: { hosts: [{ name: "nas" }], dir: "/export", format: "nfs", protocolVersion: "4.2" } },
    ],
    ["logical", { source: { devices: ["/dev/sdb", "/dev/sdc"], name: "vg" } }],
    ["disk", { source: { devices: ["/dev/sdb"], format: "gpt" } }],
    [
      "iscsi",
      {
        source: {
          hosts: [{ name: "san", port: 3261 }],
          iqn: IQN,
          initiator: "iqn.2013-06.com.example:me",
          auth: { username: "chap", secret: SECRET },
        },
      },
    ],
    ["iscsi-direct", { source: { hosts: [{ name: "san" }], iqn: IQN, initiator: IQN } }],
    ["scsi", { source: { adapter: { name: "scsi_host1" } } }],
    [
      "scsi",
      {
        source: {
          adapter: {
            type: "fc_host",
            parent: "scsi_host5",
            wwnn: "20000000c9831b4b",
            wwpn: "10000000c9831b4b",
            managed: true,
          },
        },
      },
    ],
    ["mpath", {}],
    [
      "rbd",
      {
        source: {
          hosts: [{ name: "mon1", port: 6789 }, { name: "mon2" }],
          name: "vms",
          auth: { username: "libvirt", secret: SECRET },
        },
      },
    ],
    ["gluster", { source: { hosts: [{ name: "gl" }], name: "vol", dir: "/sub" } }],
    ["zfs", { source: { name: "tank/vms", devices: ["/dev/sdb"] } }],
    ["vstorage", { source: { name: "cluster" }, permissions: { mode: "0770" } }],
  ])("%s: reads back as it was asked for: %j", (type, input) => {
    const spec = pool({ type, ...input });
    const uuid = uuidOfOwner("pool", "p/s/StoragePool/x");
    const xml = parseXml(formatXml(poolXml(spec, uuid)));
    expect(readPool(xml)).toMatchObject({ name: NAME, type, uuid });
    const inputs = inputsOf(storagePoolFields, toState(spec as unknown as Plain));
    expect(drifted(storagePoolFields, inputs, poolSpec(xml, true, true) as Plain)).toEqual(inputs);
    expect(formatXml(withChanges(xml, spec, true))).toBe(formatXml(xml));
  });

  test("have the secret's kind of login, and libvirt's order of owner and access", () => {
    const rbd = pool({ type: "rbd", source: { name: "vms", auth: { username: "u", secret: SECRET } } });
    expect(formatXml(poolXml(rbd, "u"))).toContain(
      `<auth username="u" type="ceph"><secret uuid="${SECRET}"/>`,
    );
    const dir = pool({ permissions: { group: 2, owner: 1, mode: "755" } });
    expect(formatXml(poolXml(dir, "u"))).toContain(
      "<permissions><mode>0755</mode><owner>1</owner><group>2</group></permissions>",
    );
  });

  test("lose what the program says no more, except where they were made by hand", () => {
    const with_ = { type: "iscsi", source: { hosts: [{ name: "san" }], iqn: IQN, initiator: IQN } };
    const xml = poolXml(pool(with_), "u");
    const without = pool({ ...with_, source: { hosts: [{ name: "san" }], iqn: IQN } });
    expect(formatXml(withChanges(xml, without, true))).not.toContain("<initiator>");
    expect(formatXml(withChanges(xml, without, false))).toBe(formatXml(xml));
  });

  test("stand on the same thing when the one has only more to say, as libvirt's own default", () => {
    const asked = poolXml(pool({ type: "logical" }), "u");
    const filled = parseXml(
      "<pool type='logical'><source><name>vg</name><format type='lvm2'/></source><target><path>/dev/vg</path></target></pool>",
    );
    expect(standsOn(filled, asked)).toBe(true);
    expect(standsOn(asked, filled)).toBe(false);
    expect(standsOn(filled, poolXml(pool({ type: "logical", source: { devices: ["/dev/sdb"] } }), "u"))).toBe(
      false,
    );
  });

  test("that the daemon has a driver for", () => {
    const xml =
      "<storagepoolCapabilities><pool type='dir' supported='yes'><poolOptions/></pool><pool type='rbd' supported='no'/></storagepoolCapabilities>";
    expect(readPoolTypes(parseXml(xml))).toEqual(["dir"]);
  });
});

describe("volumes", () => {
  test("take no space beforehand", () => {
    expect(formatXml(volumeXml({ name: "v", format: "qcow2", capacityBytes: 2 ** 40 }))).toBe(
      `<volume><name>v</name><capacity unit="bytes">1099511627776</capacity><allocation unit="bytes">0</allocation>` +
        `<target><format type="qcow2"/><compat>1.1</compat></target></volume>`,
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
      encrypted: false,
    });
  });

  test("what libvirt says of an encrypted image: not with which secret", () => {
    const read = readVolume(
      parseXml(
        `<volume type='file'><name>e</name><key>/p/e</key><capacity unit='bytes'>8388608</capacity><allocation unit='bytes'>262144</allocation>` +
          `<target><path>/p/e</path><format type='raw'/><encryption format='luks'>\n    </encryption></target></volume>`,
      ),
    );
    expect(read).toMatchObject({ format: "raw", capacityBytes: 8388608, encrypted: true });
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
