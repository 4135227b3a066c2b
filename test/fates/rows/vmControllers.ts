import { device, type Args, type Row } from "../row";

const controller = (
  field: string,
  a: unknown,
  b: unknown,
  shows: RegExp,
  has: Args,
  on = "running-controllers",
  needs: Args = {},
): Row =>
  device("controllers", field, a, b, shows, { with: has, on, needs: { cpu: { iothreads: 2 }, ...needs } });

const scsi = { type: "scsi" };
const serial = { type: "virtio-serial" };
const cells = [0, 1].map((id) => ({ id, cores: [id], memory: 24 }));

export const rows: readonly Row[] = [
  controller("name", "", "", /./, { type: "sata" }),
  controller("type", "sata", "usb", /type='usb'/, {}),
  controller("index", 13, 14, /index='14'/, scsi),
  controller("model", "virtio-scsi", "lsilogic", /model='lsilogic'/, scsi),
  controller("ports", 8, 16, /ports='16'/, serial),
  controller("vectors", 4, 6, /vectors='6'/, serial),
  controller("queues", 2, 3, /queues='3'/, scsi),
  controller("iothread", 1, 2, /iothread='2'/, scsi),
  controller("cmdPerLun", 64, 32, /cmd_per_lun='32'/, scsi),
  controller("maxSectors", 128, 256, /max_sectors='256'/, scsi),
  controller("iommu", false, true, /iommu='on'/, scsi),
  controller("ats", false, true, /ats='on'/, scsi),
  controller("packed", false, true, /packed='on'/, serial),
  controller("hotplug", true, false, /hotplug='off'/, { type: "pci", model: "pcie-root-port" }),
  controller("node", 0, 1, /<node>1</, { type: "pci", model: "pcie-expander-bus" }, "running-expander", {
    ...{ cores: 2, memory: 48, numa: { cells } },
  }),
];
