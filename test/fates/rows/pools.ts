import { kept, row, type Args, type Row } from "../row";

/** Pools that are off: what is proven here is what the host keeps; what runs is proven in test/live/libvirt/pools. */
function of(type: string, source: Args = {}, on?: string) {
  const needs = { active: false, autostart: false, type, source };
  return (field: string, a: unknown, b: unknown, shows: RegExp): Row =>
    row("StoragePool", field, a, b, shows, { needs, ...(on === undefined ? {} : { on }) });
}

const folder = (name: string): Args => ({ path: `/var/lib/libvirt/images/fates/${name}` });
const secret = (digit: string): string => `2ec115d7-3a88-3ceb-bc12-0ac909a6fd8${digit}`;
const iqn = (name: string): string => `iqn.2013-06.com.example:${name}`;

const server = { hosts: [{ name: "nas" }] };
const target = (name: string): Args => ({ ...server, iqn: iqn(name) });
const login = of("iscsi", target("login"), "pool-login");
const disk = {
  active: false,
  autostart: false,
  type: "disk",
  source: { devices: ["/dev/sdw"], format: "gpt" },
};
const own = of("dir", {}, "pool-own");
/** A Fibre Channel port; no two pools of a host may stand on the same. */
const port = (digit: number, parts: Args = {}): Args => ({
  type: "fc_host",
  wwnn: `20000000c9831b4${digit}`,
  wwpn: `10000000c9831b4${digit}`,
  ...parts,
});

/** A field of the adapter, which is given whole before and after. */
const adapter = (field: string, a: Args, b: Args, shows: RegExp): Row => ({
  ...of("scsi")("source.adapter", a, b, shows),
  field: `source.adapter.${field}`,
  on: `pool-adapter-${field}`,
});

/** A field of the servers. */
const servers = (field: string, a: Args, b: Args, shows: RegExp): Row => ({
  ...of("netfs", { dir: `/export/${field}` })("source.hosts", [a], [b], shows),
  field: `source.hosts[].${field}`,
  on: `pool-servers-${field}`,
});

export const rows: readonly Row[] = [
  servers("name", { name: "nas-a" }, { name: "nas-b" }, /<host name='nas-b'/),
  servers("port", { name: "nas", port: 2049 }, { name: "nas", port: 2050 }, /port='2050'/),
  of("netfs", server)("source.dir", "/export/a", "/export/b", /<dir path='\/export\/b'/),
  of("logical")("source.devices", ["/dev/sdx"], ["/dev/sdy"], /<device path='\/dev\/sdy'/),
  of("logical")("source.name", "vga", "vgb", /<source>[\s\S]*<name>vgb</),
  of("disk", { devices: ["/dev/sdv"] })("source.format", "gpt", "dos", /<format type='dos'/),
  of("netfs", { ...server, dir: "/export/nfs" }, "pool-nfs")(
    "source.protocolVersion",
    "3",
    "4.2",
    /<protocol ver='4.2'/,
  ),
  of("iscsi", server)("source.iqn", iqn("a"), iqn("b"), /<device path='\S+:b'/),
  of("iscsi", target("initiator"), "pool-initiator")(
    "source.initiator",
    iqn("me"),
    iqn("you"),
    /<iqn name='\S+:you'/,
  ),
  login("source.auth.username", "chap", "other", /username='other'/),
  login("source.auth.secret", secret("1"), secret("2"), /fd82'/),
  adapter("type", { name: "scsi_host1" }, port(1), /type='fc_host'/),
  adapter("name", { name: "scsi_host2" }, { name: "scsi_host3" }, /name='scsi_host3'/),
  adapter("parent", port(2, { parent: "scsi_host4" }), port(2, { parent: "scsi_host5" }), /'scsi_host5'/),
  adapter("wwnn", port(3), port(3, { wwnn: "20000000c9831b4a" }), /wwnn='20000000c9831b4a'/),
  adapter("wwpn", port(4), port(4, { wwpn: "10000000c9831b4a" }), /wwpn='10000000c9831b4a'/),
  adapter("managed", port(5, { managed: false }), port(5, { managed: true }), /managed='yes'/),
  own("permissions.mode", "0711", "0750", /<mode>0750</),
  own("permissions.owner", 7, 8, /<owner>8</),
  own("permissions.group", 7, 9, /<group>9</),
  own("copyOnWrite", true, false, /<cow state='no'/),
  // Both together: the one means nothing without the other.
  kept("StoragePool", "build", false, true, { needs: disk, on: "pool-build" }),
  kept("StoragePool", "overwrite", false, true, { needs: disk, on: "pool-build" }),
  kept("StoragePool", "allowDataLoss", false, true, { needs: folder("flags") }),
];
