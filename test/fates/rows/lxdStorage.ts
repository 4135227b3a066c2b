import { projectOf } from "../lxdLook";
import { kept, row, type Row, type RowOptions } from "../row";

const pool = (field: string, a: unknown, b: unknown, shows: RegExp, options: RowOptions = {}): Row =>
  row("StoragePool", field, a, b, shows, options);

const still = { on: "still" };
const loop = { type: "btrfs", size: "160MiB" };

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
];
