import { projectOf } from "../lxdLook";
import { kept, row, type Row, type RowOptions } from "../row";

const pool = (field: string, a: unknown, b: unknown, shows: RegExp, options: RowOptions = {}): Row =>
  row("StoragePool", field, a, b, shows, options);

const still = { on: "still" };
const loop = { type: "btrfs", size: "160MiB" };

const volume = (field: string, a: unknown, b: unknown, shows: RegExp, options: RowOptions = {}): Row => {
  const { needs, ...rest } = options;
  return row("StorageVolume", field, a, b, shows, { ...rest, needs: { allowDataLoss: true, ...needs } });
};

const whole = { size: undefined };
/** What is in a volume, by the size that its content has given it. */
const holds = (mib: number): RegExp => new RegExp(`"size": "${mib * 2 ** 20}"`);

export const rows: readonly Row[] = [
  pool("host", undefined, "$other", /"other"/, { where: projectOf }),
  pool("name", "fates-pool-a", "fates-pool-b", /"name": "fates-pool-b"/),
  pool("adopt", undefined, true, /./, { on: "adopt" }),
  pool("type", "dir", "btrfs", /"driver": "btrfs"/),
  pool("path", "$folder/a", "$folder/b", /"source": "\S+pools\/b"/),
  pool("source.name", undefined, "vg0", /./, { lacks: "volume groups and zpools", needs: { type: "btrfs" } }),
  pool("source.devices", undefined, ["/dev/sdz"], /./, {
    lacks: "spare block device",
    needs: { type: "btrfs" },
  }),
  pool("description", "first", "second <&>", /"description": "second <&>"/),
  // A size that LXD 5.0 could grow to does not exist; a smaller one is another pool.
  pool("size", "200MiB", "160MiB", /"size": "167772160"/, { on: "size", needs: { type: "btrfs" } }),
  pool("members", undefined, { node1: { source: "/dev/sdb" } }, /./, { lacks: "cluster", needs: loop }),
  pool(
    "config",
    { "volume.size": "1GiB", "user.gone": "x" },
    { "volume.size": "2GiB" },
    /"volume.size": "2GiB"(?![^}]*user\.gone)/,
  ),
  // What libvirt's pools have and LXD's always are.
  pool("autostart", true, true, /./, still),
  pool("active", true, true, /./, still),
  pool("deleteContents", false, false, /./, still),
  kept("StoragePool", "allowDataLoss", false, true),
  { ...volume("host", undefined, "$other", /"other"/, { where: projectOf }) },
  volume("name", "fates-a", "fates-b", /"name": "fates-b"/, { fate: "live" }),
  volume("adopt", undefined, true, /./, { on: "adopt" }),
  volume("pool", "fates", "fates2", /"pool":"fates2"/, { where: "state" }),
  // There is one format.
  volume("format", "raw", "raw", /./),
  volume("contentType", "block", "filesystem", /"content_type": "filesystem"/),
  volume("size", "1MiB", "2MiB", holds(2), { on: "grown" }),
  volume("size", "2MiB", "1MiB", holds(1), { on: "shrunk" }),
  volume("description", "first", "second <&>", /"description": "second <&>"/),
  volume("snapshots.schedule", "@daily", "@weekly", /"snapshots.schedule": "@weekly"/),
  volume("snapshots.expiry", "1d", "2w", /"snapshots.expiry": "2w"/),
  volume("snapshots.pattern", "a%d", "b%d", /"snapshots.pattern": "b%d"/),
  volume("source", "small.raw", "large.raw", holds(2), { needs: whole }),
  volume("checksum", "$sha256", "$sha512", /"sha512:/, {
    needs: { source: "small.raw", ...whole },
    where: "state",
  }),
  volume("copyOf", "$pool/block-one", "$pool/block-two", holds(2), { needs: whole }),
  volume("config", { "user.a": "1", "user.gone": "x" }, { "user.a": 2 }, /"user.a": "2"(?![^}]*user\.gone)/),
  // The preview refuses a member that is none: test/live/lxd/cluster.test.ts has a cluster.
  volume("target", undefined, undefined, /./, { lacks: "other members", on: "target" }),
  kept("StorageVolume", "allowDataLoss", false, true, { on: "kept" }),
];
