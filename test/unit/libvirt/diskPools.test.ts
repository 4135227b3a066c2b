import { describe, expect, test } from "@jest/globals";
import type { NamedVmSpec } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import type { LibvirtSession } from "../../../provider/libvirt/session";
import { planDisks } from "../../../provider/libvirt/vms/disks";
import { diskElement, diskPlace, readDisk } from "../../../provider/libvirt/xml/domain/disks";
import { formatXml } from "../../../provider/libvirt/xml/tree";
import { passed } from "../schema/complaints";

const SECRET = "5ec2e700-0000-4000-8000-00000000ce9b";
const OWNER = "p/s/Vm/web";

/** Pools as libvirt returns their definitions. */
const POOLS: Readonly<Record<string, string>> = {
  ceph: `<pool type='rbd'><name>ceph</name><uuid>aa</uuid><source><host name='mon1' port='6789'/><host name='mon2'/>
    <name>libvirt-pool</name><auth type='ceph' username='libvirt'><secret uuid='${SECRET}'/></auth></source></pool>`,
  named: `<pool type='rbd'><name>named</name><uuid>bb</uuid><source><host name='mon1'/><name>vms</name>
    <auth type='ceph' username='admin'><secret usage='ceph admin'/></auth></source></pool>`,
  glu: `<pool type='gluster'><name>glu</name><uuid>cc</uuid><source><host name='g1'/><dir path='/images'/><name>vol0</name></source></pool>`,
  san: `<pool type='iscsi-direct'><name>san</name><uuid>dd</uuid><source><host name='san.example'/>
    <device path='iqn.2013-06.com.example:pool'/><initiator><iqn name='iqn.2013-06.com.example:web'/></initiator></source></pool>`,
  part: `<pool type='disk'><name>part</name><uuid>ee</uuid><source><device path='/dev/sdb'/></source><target><path>/dev</path></target></pool>`,
};

const FORMATS: Readonly<Record<string, string>> = { glu: "qcow2" };

function sessionOf(): LibvirtSession {
  const call = async (procedure: string, args: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const pool = args["pool"] as { readonly name: string } | undefined;
    switch (procedure) {
      case "storage_pool_lookup_by_name":
        return { pool: { name: args["name"], uuid: `${String(args["name"])}-uuid` } };
      case "storage_pool_is_active":
        return { active: 1 };
      case "storage_pool_get_xml_desc":
        return { xml: POOLS[pool?.name ?? ""] };
      case "storage_vol_lookup_by_name":
        return { vol: { pool: pool?.name, name: args["name"], key: "k" } };
      case "storage_vol_get_xml_desc": {
        const vol = args["vol"] as { readonly pool: string; readonly name: string };
        const format = FORMATS[vol.pool] ?? "raw";
        return {
          xml: `<volume type='network'><name>${vol.name}</name><capacity>1048576</capacity><target><path>x/${vol.name}</path><format type='${format}'/></target></volume>`,
        };
      }
      case "secret_lookup_by_usage":
        expect(args).toEqual({ usageType: 2, usageID: "ceph admin" });
        return { secret: { uuid: SECRET } };
      default:
        throw new DriverError(`not expected: ${procedure}`, { code: "failed" });
    }
  };
  return { call } as unknown as LibvirtSession;
}

async function planned(disk: object): Promise<Awaited<ReturnType<typeof planDisks>>[number]> {
  const input = { host: "qemu:///system", name: "web", memory: 64, disks: [{ name: "root", ...disk }] };
  const [plan] = await planDisks(sessionOf(), passed("Vm", input) as unknown as NamedVmSpec, OWNER);
  if (plan === undefined) throw new Error("nothing is planned");
  return plan;
}

const xmlOf = async (disk: object): Promise<string> => {
  const { spec, source } = await planned(disk);
  return formatXml(diskElement(spec, source, undefined)).replace(/\s*\n\s*/g, "");
};

describe("a disk in a pool on a server", () => {
  test("of Ceph is made there by name, and QEMU is told what the pool knows", async () => {
    const { own, spec, source } = await planned({ pool: "ceph", size: "2GiB" });
    expect(own).toMatchObject({ shape: { format: "raw", capacityBytes: 2 * 2 ** 30 } });
    expect(own?.key).toMatch(/^ceph\/web-[0-9a-f]{7}-root\.img$/);
    const disk = diskElement(spec, source, undefined);
    const name = own?.shape.name ?? "";
    expect(formatXml(disk).replace(/\s*\n\s*/g, "")).toContain(
      `<source protocol="rbd" name="libvirt-pool/${name}"><host name="mon1" port="6789"/><host name="mon2"/>` +
        `<auth username="libvirt"><secret type="ceph" uuid="${SECRET}"/></auth></source>`,
    );
    expect(disk.attributes["type"]).toBe("network");
    // By this the volume is known as the VM's own when it is read back.
    expect(diskPlace(disk)?.split("/").at(-1)).toBe(name);
    expect(readDisk(disk)).toMatchObject({ format: "raw", remote: { protocol: "rbd" } });
  });

  test("has the secret that the pool knows by its usage", async () => {
    expect(await xmlOf({ volume: "named/gold" })).toContain(
      `name="vms/gold"><host name="mon1"/><auth username="admin"><secret type="ceph" uuid="${SECRET}"/></auth>`,
    );
  });

  test("of Gluster is the file in the pool's folder, in its format", async () => {
    const xml = await xmlOf({ volume: "glu/web.qcow2" });
    expect(xml).toContain(
      '<source protocol="gluster" name="vol0/images/web.qcow2"><host name="g1"/></source>',
    );
    expect(xml).toContain('type="qcow2"');
  });

  test("of an iSCSI target is the unit, under the pool's own name", async () => {
    expect(await xmlOf({ volume: "san/unit:0:0:3" })).toContain(
      '<source protocol="iscsi" name="iqn.2013-06.com.example:pool/3"><initiator><iqn name="iqn.2013-06.com.example:web"/></initiator><host name="san.example"/></source>',
    );
  });

  test.each(["glu", "san", "part"])("is not made where libvirt makes none by name: %s", async (pool) => {
    await expect(planned({ pool, size: "1GiB" })).rejects.toMatchObject({ code: "unsupported" });
  });
});
