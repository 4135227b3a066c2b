import { z } from "./table/zod";
import { cloudInitFields } from "./vm/cloudInit";
import { adopt, description, host, name, orNothing, owner } from "./table/common";
import { field, type Field, type Fields, type Spec } from "./table/field";
import { group, list } from "./table/gate";
import { rawXml } from "./table/rawXml";
import { hostPath, listOf, oneOf, text, uuid } from "./table/types";
import { duration, memorySize } from "./table/units";
import { cpu } from "./vm/cpu";
import { diskFields, diskRules } from "./vm/disk";
import { deviceGroups } from "./vm/devices";
import { featureGroups } from "./vm/features";
import { filesystems } from "./vm/devices/filesystem";
import { firmwareGroups } from "./vm/firmware";
import { bootFields } from "./vm/firmware/boot";
import { graphicsGroups } from "./vm/devices/graphics";
import { migrate } from "./vm/migrate";
import { interfaceFields, interfaceRules } from "./vm/interface";
import { netbootFields } from "./vm/netboot";
import { memoryGroups } from "./vm/memory";
import { guestFields, waits } from "./vm/guest";
import { vmLxdFields } from "./vm/lxd";
import { told } from "./table/part";
import { hostDevices } from "./vm/devices/passthrough";
import { restartFields, shutdownFields } from "./vm/power";
import { placementFields } from "./vm/placement";
import { vmRules } from "./vm/rules";
import { sameCmdline, sameImage, sameMachine } from "./vm/same";

const cores = (): z.ZodNumber =>
  z.int("must be a whole number of cores").min(1, "must be at least 1").max(4096);
const label = (): z.ZodType<string> => text().min(1).max(255);
/** Volumes may stand in for files of the host. */
const volumeOrPath = (): z.ZodType<string> => text().min(1);

const osFields = {
  arch: field(
    z
      .string()
      .regex(/^[a-z0-9_]+$/)
      .optional(),
    {
      fate: "replace",
      keep: true,
      doc: "Guest architecture. Default: the host's.",
      source: "<type arch>; R121",
    },
  ),
  machine: field(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]+$/)
      .optional(),
    {
      fate: "restart",
      keep: true,
      same: sameMachine,
      doc: "Machine type, such as q35. Default: q35 on x86_64, else the hypervisor's.",
      source: "<type machine>; R121",
    },
  ),
  kernel: field(volumeOrPath().optional(), {
    fate: "restart",
    same: sameImage,
    refs: ["StorageVolume"],
    doc: "Kernel for direct boot: a StorageVolume, `pool/name`, or a path on the host.",
    source: "<kernel>; R119",
  }),
  initrd: field(volumeOrPath().optional(), {
    fate: "restart",
    same: sameImage,
    refs: ["StorageVolume"],
    doc: "Initial RAM disk of the kernel.",
    source: "<initrd>; R119",
  }),
  root: field(
    text()
      .regex(/^[A-Za-z0-9/=_-]+$/)
      .optional(),
    {
      fate: "restart",
      doc: "Root device for the kernel; becomes `root=/dev/…` in front of the command line.",
      source: "R119",
    },
  ),
  cmdline: field(text().max(4096).optional(), {
    fate: "restart",
    same: sameCmdline,
    doc: "The kernel's command line.",
    source: "<cmdline>; R119",
  }),
  boot: field(listOf(oneOf("hd", "network", "cdrom", "fd")).optional(), {
    fate: "restart",
    keep: true,
    ts: '("hd" | "network" | "cdrom" | "fd")[]',
    doc: "Boot order by kind of device. Default: disks. Not together with a device's own `bootOrder`.",
    source: "<boot dev>; R120",
  }),
  ...bootFields,
} satisfies Fields;

export const vmFields = {
  host: { ...host, shaped: true },
  ...placementFields,
  owner,
  name: {
    ...name,
    fate: "restart",
    doc: 'The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack. Another one renames the VM where it is, with its disks, while it is off: one that runs is shut down and started again where the program lets it (`restart: "ifNeeded"`), else refused in preview. libvirt cannot rename a VM that has snapshots, saved memory, or UEFI variables in a file named after it; told in preview.',
    source: "virDomainRename; POST /1.0/instances/<name>",
  } as Field<string | undefined>,
  uuid: field(uuid().optional(), {
    fate: "replace",
    keep: true,
    doc: "The VM's UUID, by which the host and many a guest know it: of a machine that is moved here by hand, say, or one that a licence is bound to. Another one makes another VM. Default: one that libvirt chooses.",
    source: "<uuid>",
  }),
  adopt,
  title: field(
    text()
      .max(255)
      .refine((value) => !/[\n\r]/.test(value), "must be one line")
      .transform(orNothing)
      .optional(),
    { fate: "live", doc: "One line about the VM.", source: "<title>" },
  ),
  description: description("<description>"),
  cores: field(cores().default(1), {
    fate: "live",
    doc: "Virtual CPUs. Default 1. Changed live within `maxCores`.",
    source: "<vcpu current>, limits.cpu; R122",
  }),
  maxCores: field(cores().optional(), {
    fate: "restart",
    filled: true,
    doc: "Up to how many cores the VM can grow while it runs. Default: `cores`.",
    source: "<vcpu>",
  }),
  memory: field(memorySize().default(2048), {
    fate: "live",
    ts: "string | number",
    doc: "Memory; a bare number is MiB. Default 2048. Changed live within `maxMemory` (balloon).",
    source: "<currentMemory>; R59",
  }),
  maxMemory: field(memorySize().optional(), {
    fate: "restart",
    filled: true,
    ts: "string | number",
    doc: "Up to how much memory the VM can grow while it runs; a bare number is MiB. Default: `memory`.",
    source: "<memory>",
  }),
  domainType: field(oneOf("kvm", "qemu").optional(), {
    fate: "replace",
    keep: true,
    doc: "`kvm`, or `qemu` for emulation. Default: kvm where the host can, else qemu.",
    source: "<domain type>; R12, R166",
  }),
  emulator: field(hostPath().optional(), {
    fate: "restart",
    keep: true,
    doc: "Path of the emulator. Default: the host's for the architecture.",
    source: "<emulator>; R118",
  }),
  cpu,
  ...memoryGroups,
  ...featureGroups,
  ...firmwareGroups,
  ...graphicsGroups,
  ...deviceGroups,
  filesystems,
  hostDevices,
  os: group(osFields, { fate: "restart", doc: "What boots, and on which machine." }),
  ...netbootFields,
  ...vmLxdFields,
  disks: list(diskFields, "name", { fate: "live", doc: "Disks of the VM.", source: "<disk>" }, diskRules),
  interfaces: list(
    interfaceFields,
    "name",
    { fate: "live", doc: "Network interfaces of the VM, in order.", source: "<interface>; R9" },
    interfaceRules,
  ),
  cloudInit: told(cloudInitFields, {
    fate: "live",
    doc: "First-boot configuration by cloud-init. The seed is made in process, lives as a volume beside the VM's disks and leaves with it; a change is in the drive at once, and is read at the next boot.",
    source: "NoCloud seed on a cdrom",
  }),
  guestAgent: field(z.boolean().default(true), {
    fate: "restart",
    doc: "The channel for qemu-guest-agent. Default true; the agent itself must be in the guest.",
    source: "<channel>; R145",
  }),
  console: field(z.boolean().default(true), {
    fate: "restart",
    doc: "A serial console (pty). Default true.",
    source: "<serial>, <console>",
  }),
  raw: field(rawXml(), {
    fate: "restart",
    ts: "string | string[]",
    doc: "Domain XML for what has no field yet, merged element by element into the definition: the children of `<domain>`, such as `<devices>…</devices>`.",
    source: "R128",
  }),
  autostart: field(z.boolean().default(false), {
    fate: "live",
    doc: "Start with the host. Default false.",
    source: "virDomainSetAutostart; R113",
  }),
  running: field(z.union([z.boolean(), oneOf("paused", "saved")]).optional(), {
    fate: "live",
    keep: true,
    doc: '`true`: kept running; `false`: kept stopped; `"paused"`; `"saved"`: stopped with its memory on disk, to go on where it was. Without it the VM is started once, when it is made, and its power is left alone afterwards.',
    source: "R116",
  }),
  waitFor: waits({ fate: "record", doc: "What creation waits for. Default: nothing." }),
  ...guestFields,
  shutdownTimeout: field(duration().optional(), {
    fate: "record",
    ts: "string | number",
    doc: "How long a graceful shutdown may take. Default: the host's (300s).",
    source: "R156",
  }),
  ...shutdownFields,
  restart: field(oneOf("never", "ifNeeded").default("never"), {
    fate: "record",
    doc: "What to do with changes that need a restart: name them in `restartRequired` (`never`), or restart the VM now (`ifNeeded`).",
  }),
  migrate,
  ...restartFields,
  allowDataLoss: field(z.boolean().default(false), {
    fate: "record",
    doc: "Allow changes that destroy disks of this VM. Default false: refused in preview.",
  }),
  zone: field(label().optional(), {
    fate: "record",
    keep: true,
    doc: "Default: the host's.",
    source: "<metadata>; R35",
  }),
  resourcePool: field(label().optional(), {
    fate: "record",
    keep: true,
    doc: "Default: the host's.",
    source: "<metadata>; R7",
  }),
  tags: field(z.array(label()).optional(), {
    fate: "record",
    keep: true,
    ts: "string[]",
    doc: "Default: the host's.",
    source: "<metadata>; R35",
  }),
} satisfies Fields;

export type VmSpec = Spec<typeof vmFields>;
export { vmRules };
