import { z } from "../table/zod";
import { field, type Fields, type Spec } from "../table/field";
import { lxdAccessFields } from "./lxdAccess";
import { limitFields } from "../hostLimits";
import { networkChoiceFields } from "../network/hostNetwork";
import { duration } from "../table/units";
import { objectName, oneOf, text } from "../table/types";

/** macvlan modes in the kernel's and MAAS's words; libvirt writes `passthrough` for `passthru` (R92). */
export const macvlanMode = (): z.ZodType<"private" | "vepa" | "bridge" | "passthru"> =>
  oneOf("private", "vepa", "bridge", "passthru");

const BETWEEN = "must be between 0 and 10";
const ratio = (): z.ZodType<number> =>
  z.number("must be a number between 0 and 10").min(0, BETWEEN).max(10, BETWEEN).default(1);

const label = (): z.ZodType<string> => text().min(1).max(255);

/** How a host is reached: everything that a driver needs to open a session. */
export const accessFields = {
  address: field(z.string().min(1).default("qemu:///system"), {
    fate: "record",
    doc: "Where the hypervisor is: `qemu:///system`, `qemu+unix:///system?socket=/path`, `qemu+ssh://user@host[:port]/system`, `qemu+tls://host/system`, `qemu+tcp://host/system`, `test:///default`; for LXD `https://host:8443`, or `unix://` on this machine. The same machine under another address is no change for its VMs.",
    source: "libvirt connection URI; R13–R16",
  }),
  sshPrivateKey: field(z.string().min(1).optional(), {
    fate: "record",
    secret: true,
    doc: "An SSH private key (the text, not a path). Prefer the agent, key files, or `pulumi config set --secret vmhost:sshPrivateKey`.",
  }),
  sshPassphrase: field(z.string().optional(), {
    fate: "record",
    secret: true,
    doc: "The passphrase of the SSH key.",
  }),
  sshKeyFile: field(z.string().min(1).optional(), {
    fate: "record",
    doc: "A key file on the machine that runs Pulumi; tried before ~/.ssh/config's and the default ones.",
  }),
  password: field(z.string().min(1).optional(), {
    fate: "record",
    secret: true,
    doc: "The SSH password. Prefer keys, or `pulumi config set --secret vmhost:password`.",
    source: "R23",
  }),
  sshKnownHosts: field(z.string().min(1).optional(), {
    fate: "record",
    doc: "Lines of a known_hosts file that pin the host's key. Default: the user's and the system's known_hosts.",
    source: "R25",
  }),
  hostKeyPolicy: field(oneOf("strict", "accept-new", "ignore").optional(), {
    fate: "record",
    doc: "What to do with an unknown SSH host key: refuse it (`strict`, the default), remember it (`accept-new`), or trust anything (`ignore`, insecure).",
    source: "R25",
  }),
  ...lxdAccessFields,
} satisfies Fields;

/** What a host's VMs are measured by and take over from it. */
export const settingFields = {
  cpuOvercommitRatio: field(ratio(), {
    fate: "record",
    doc: "Virtual cores allowed per physical core, 0 to 10. Default 1; below 1 keeps cores free, 0 forbids VMs.",
    source: "R49, R50",
  }),
  memoryOvercommitRatio: field(ratio(), {
    fate: "record",
    doc: "VM memory allowed per physical memory, 0 to 10. Default 1.",
    source: "R49, R50",
  }),
  ...limitFields,
  ...networkChoiceFields,
  defaultStoragePool: field(objectName().optional(), {
    fate: "record",
    refs: ["StoragePool"],
    doc: "Name or UUID of the pool for disks that name none. It must exist when such a disk is made.",
    source: "R103",
  }),
  defaultMacvlanMode: field(macvlanMode().default("bridge"), {
    fate: "record",
    doc: "Mode of macvlan interfaces that name none; existing interfaces keep theirs. Default `bridge`, and on LXD nothing else. In `private` guests on one device do not see each other; `vepa` needs a switch that sends frames back; in `passthru` a device is for one guest alone.",
    source: "R91–R97",
  }),
  zone: field(label().optional(), {
    fate: "record",
    doc: "Failure zone of the host; travels to its VMs' metadata.",
    source: "R35",
  }),
  resourcePool: field(label().optional(), {
    fate: "record",
    doc: "Logical group of the host; VMs inherit it.",
    source: "R7",
  }),
  tags: field(z.array(label()).default([]), {
    fate: "record",
    ts: "string[]",
    doc: "Labels of the host; travel to its VMs.",
    source: "R35",
  }),
  vmDefaults: field(z.record(z.string(), z.unknown()).optional(), {
    fate: "record",
    ts: 'Partial<Omit<VmArgs, "host" | "name" | "adopt" | "disks" | "interfaces" | "cloudInit">> & { disk?: Partial<VmDiskArgs>; nic?: Partial<VmInterfaceArgs> }',
    doc: "What holds for all VMs of the program on this host unless a VM says otherwise: any of a Vm's fields, and `disk` and `nic` for each of its disks and interfaces. Raw XML is added to a VM's own. A changed default changes the VMs.",
    source: "R117, R126–R128",
  }),
  maxParallelActions: field(z.int().min(1).max(64).default(10), {
    fate: "record",
    doc: "How many changing actions run on this host at a time, across all resources of the program. Default 10.",
    source: "R162",
  }),
  retries: field(z.int().min(0).max(20).default(3), {
    fate: "record",
    doc: "How often a step that may be repeated is tried again after a lost connection or a busy host. Default 3.",
    source: "R163",
  }),
  migrationAddress: field(
    text()
      .regex(/^[A-Za-z0-9.:-]+$/, "must be a host name or an IP address")
      .optional(),
    {
      fate: "record",
      hosts: ["libvirt"],
      doc: "Name or IP address at which other hosts' QEMU reaches this one when a VM moves here (TCP 49152–49215). Default: the host name that libvirt tells.",
      source: "VIR_MIGRATE_PARAM_URI; R160",
    },
  ),
  connectTimeout: field(duration().default(30), {
    fate: "record",
    ts: "string | number",
    doc: "How long to wait for the host to answer when connecting. Default 30s.",
  }),
  shutdownTimeout: field(duration().default(300), {
    fate: "record",
    ts: "string | number",
    doc: "How long a guest may take to shut down. Default 300s; a Vm can say otherwise.",
    source: "R156",
  }),
  forceDestroy: field(z.boolean().default(false), {
    fate: "record",
    doc: "Switch guests off hard that do not shut down in time. Default false; a Vm can say otherwise.",
    source: "FORCE_DESTROY; R158, R164",
  }),
  cancelNoAcpi: field(z.boolean().default(false), {
    fate: "record",
    doc: "Switch guests without ACPI off hard at once. Default false; a Vm can say otherwise.",
    source: "CANCEL_NO_ACPI; R159, R164",
  }),
} satisfies Fields;

/** A host as other resources carry it: the VmHost's inputs, its logical name and its URN. */
export const hostFields = {
  ...accessFields,
  ...settingFields,
  name: field(z.string().optional(), {
    fate: "record",
    internal: true,
    doc: "The VmHost's logical name, for messages.",
  }),
  urn: field(z.string().optional(), {
    fate: "record",
    internal: true,
    doc: "The VmHost's URN: the same URN is the same host.",
  }),
} satisfies Fields;

export type HostConnection = Spec<typeof hostFields>;
