import { LxdStand } from "./lxdStand";
import { fates } from "./suite";

fates({
  host: "lxd",
  // A kind is here as soon as its fields have rows (rows/lxd*.ts).
  kinds: ["Vm", "LxdNetwork", "LxdProject", "StoragePool", "StorageVolume"],
  start: LxdStand.start,
  titleOf: ({ field, lacks }) =>
    lacks === undefined ? field : `${field} (not made here: the host has no ${lacks})`,
});
