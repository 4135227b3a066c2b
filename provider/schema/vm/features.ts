import { z } from "../table/zod";
import { field, type Fields, type Spec } from "../table/field";
import { group, type Complaint } from "../table/gate";
import { flag, part, parts, switchable, word } from "../table/part";
import { oneOf, text } from "../table/types";
import { memorySize } from "../table/units";
import { isUnknown } from "../table/unknown";

const onOff = (doc: string, source: string) => part(z.boolean().optional(), { doc, source });

export const featureFields = {
  acpi: flag(true, {
    doc: "Default true; without it a guest cannot be shut down politely.",
    source: "<acpi>; R123",
  }),
  apic: flag(true, { doc: "Default true on x86.", source: "<apic>; R123" }),
  pae: flag(false, { doc: "Physical address extension. Default false.", source: "<pae>; R123" }),
  hap: onOff("Hardware-assisted paging.", "<hap>"),
  pmu: onOff("Performance counters of the CPU in the guest.", "<pmu>"),
  vmport: onOff("VMware's I/O port.", "<vmport>"),
  smm: onOff("System management mode; secure boot switches it on.", "<smm>"),
  kvmHidden: onOff("Hide the hypervisor from the guest.", "<kvm><hidden>"),
  vmcoreinfo: onOff("Let the guest's kernel tell where its crash notes are.", "<vmcoreinfo>"),
  ioapic: word(["kvm", "qemu"], { doc: "Who emulates the I/O APIC.", source: "<ioapic driver>" }),
  gic: word(["2", "3", "host"], {
    doc: "Version of the interrupt controller on ARM.",
    source: "<gic version>",
  }),
  ras: onOff("Tell the guest of memory errors, on ARM alone. Needs libvirt 10.4.", "<ras>"),
  pciHole64: part(memorySize().optional(), {
    ts: "string | number",
    doc: "Room above 4 GiB for the memory of PCI devices, on x86; a bare number is MiB. Default: the firmware's.",
    source: "<controller type=pci><pcihole64>",
  }),
  pcieRootPorts: part(z.int().min(1).max(200).optional(), {
    doc: "At least so many PCIe root ports, one for each device that is to be plugged, on q35 and ARM's virt. A new VM has 14 more than disks and interfaces. A smaller number takes none away.",
    source: "<controller model=pcie-root-port>",
  }),
  virtioScsiQueues: part(z.union([z.int().min(1).max(256), z.literal("auto")]).optional(), {
    doc: "Queues of the virtio-scsi controller; `auto`: as many as cores.",
    source: "<controller type=scsi><driver queues>; R141",
  }),
} satisfies Fields;

const state = (doc: string, source: string) => flag(false, { doc, source });

export const hypervFields = {
  relaxed: state("No watchdogs of time.", "<relaxed>; R124"),
  vapic: state("Virtual APIC.", "<vapic>; R124"),
  spinlocks: part(z.int().min(4095, "must be at least 4095 (libvirt's rule)").optional(), {
    doc: "How often a spinlock is tried before the hypervisor is told.",
    source: "<spinlocks retries>; R124",
  }),
  vpindex: state("Index of the virtual processor.", "<vpindex>"),
  runtime: state("Processor time spent on the guest.", "<runtime>"),
  synic: state("Synthetic interrupt controller; needs `vpindex`.", "<synic>"),
  stimer: state("Synthetic timers; needs `synic`.", "<stimer>"),
  reset: state("Reset by the hypervisor.", "<reset>"),
  vendorId: part(
    text()
      .regex(/^[^,]{1,12}$/, "must be 1 to 12 characters, without commas (libvirt's rule)")
      .optional(),
    { doc: "What the hypervisor calls itself.", source: "<vendor_id>" },
  ),
  frequencies: state("Frequencies of TSC and APIC.", "<frequencies>"),
  reenlightenment: state("Notification of another TSC after migration.", "<reenlightenment>"),
  tlbflush: state("Flushes of the TLB by the hypervisor.", "<tlbflush>"),
  ipi: state("Interrupts between processors by the hypervisor.", "<ipi>"),
  evmcs: state("Enlightened VMCS, for nested guests on Intel.", "<evmcs>"),
} satisfies Fields;

const timerFields = {
  name: field(oneOf("pit", "rtc", "hpet", "tsc", "kvmclock", "hypervclock", "armvtimer"), {
    fate: "restart",
    doc: "Which timer.",
  }),
  present: part(z.boolean().optional(), { doc: "Whether the guest has it.", source: "<timer present>" }),
  tickPolicy: word(["delay", "catchup", "merge", "discard"], {
    doc: "What happens to ticks that the guest has missed.",
    source: "<timer tickpolicy>",
  }),
  track: word(["guest", "wall", "realtime"], { doc: "What it follows.", source: "<timer track>" }),
  frequency: part(z.int().min(1).optional(), { doc: "Hz, for tsc.", source: "<timer frequency>" }),
  mode: word(["auto", "native", "emulate", "paravirt", "smpsafe"], {
    doc: "For tsc.",
    source: "<timer mode>",
  }),
} satisfies Fields;

/** Policies and sources that QEMU knows, by timer; others take whatever is said. */
const TICKS: Readonly<Record<string, readonly string[]>> = {
  rtc: ["delay", "catchup"],
  pit: ["delay", "catchup", "discard"],
};

function* timerRules({ name, tickPolicy, track, frequency, mode }: Timer): Iterable<Complaint> {
  if (name === undefined || isUnknown(name)) return;
  const ticks = TICKS[name];
  if (
    ticks !== undefined &&
    tickPolicy !== undefined &&
    !isUnknown(tickPolicy) &&
    !ticks.includes(tickPolicy)
  )
    yield { path: ["tickPolicy"], message: `must be ${ticks.join(" or ")} for ${name} (libvirt's rule)` };
  if (track !== undefined && name !== "rtc") yield { path: ["track"], message: "is for rtc alone" };
  for (const [key, value] of Object.entries({ frequency, mode }))
    if (value !== undefined && name !== "tsc") yield { path: [key], message: "is for tsc alone" };
}

interface Timer {
  readonly name?: string;
  readonly tickPolicy?: string;
  readonly track?: string;
  readonly frequency?: number;
  readonly mode?: string;
}

export const clockFields = {
  offset: part(oneOf("utc", "localtime", "timezone").optional(), {
    same: (a, b) => (a ?? "utc") === (b ?? "utc"),
    doc: "What the guest's hardware clock shows. Default `utc`; `localtime` for Windows.",
    source: "<clock offset>",
  }),
  timezone: part(
    z
      .string()
      .regex(/^[A-Za-z0-9_+/-]+$/, "must be the name of a time zone, such as Europe/Berlin")
      .optional(),
    { doc: 'Time zone for offset "timezone".', source: "<clock timezone>" },
  ),
  timers: parts(timerFields, "name", { doc: "Timers of the guest.", source: "<clock><timer>" }, [timerRules]),
} satisfies Fields;

export const powerManagementFields = {
  suspendToMem: part(z.boolean().optional(), {
    doc: "Whether the guest may sleep.",
    source: "<suspend-to-mem>",
  }),
  suspendToDisk: part(z.boolean().optional(), {
    doc: "Whether the guest may hibernate.",
    source: "<suspend-to-disk>",
  }),
} satisfies Fields;

const event = <const T extends readonly [string, ...string[]]>(words: T, doc: string, source: string) =>
  part(oneOf(...words).optional(), {
    same: (a, b) => (a ?? words[0]) === (b ?? words[0]),
    doc: `${doc} Default \`${words[0]}\`.`,
    source,
  });

export const eventFields = {
  poweroff: event(["destroy", "restart"], "What follows the guest's switching itself off.", "<on_poweroff>"),
  reboot: event(["restart", "destroy"], "What follows the guest's restart.", "<on_reboot>"),
  crash: event(
    ["destroy", "restart", "preserve", "coredump-destroy", "coredump-restart"],
    "What follows the guest's crash.",
    "<on_crash>",
  ),
} satisfies Fields;

export const featureGroups = {
  features: group(featureFields, {
    fate: "restart",
    doc: "Features of the machine.",
    source: "<features>; R123",
  }),
  hyperv: switchable(
    hypervFields,
    {
      fate: "restart",
      doc: "Enlightenments for Windows guests; `true` for relaxed, vapic and 8191 spinlock retries.",
      source: "<features><hyperv>; R124",
    },
    [
      function* ({ synic, vpindex, stimer }): Iterable<Complaint> {
        if (synic === true && vpindex !== true && !isUnknown(vpindex))
          yield { path: ["synic"], message: "needs `vpindex` (QEMU's rule)" };
        if (stimer === true && synic !== true && !isUnknown(synic))
          yield { path: ["stimer"], message: "needs `synic` (QEMU's rule)" };
      },
    ],
    { relaxed: true, vapic: true, spinlocks: 8191 },
  ),
  clock: group(clockFields, { fate: "restart", doc: "The guest's clock and timers.", source: "<clock>" }, [
    function* ({ offset, timezone }): Iterable<Complaint> {
      if (offset === "timezone" && timezone === undefined)
        yield { path: ["timezone"], message: 'is required with offset "timezone"' };
      if (timezone !== undefined && offset !== "timezone" && !isUnknown(offset))
        yield { path: ["timezone"], message: 'needs `offset: "timezone"`' };
    },
  ]),
  powerManagement: group(powerManagementFields, { fate: "restart", doc: "Sleep states.", source: "<pm>" }),
  events: group(eventFields, { fate: "restart", doc: "What follows the guest's own end." }, [
    function* ({ poweroff, reboot }): Iterable<Complaint> {
      if (reboot === "destroy" && poweroff === "restart")
        yield {
          path: ["reboot"],
          message: 'cannot be "destroy" beside `poweroff: "restart"` (libvirt\'s rule)',
        };
    },
  ]),
} satisfies Fields;

interface FeatureInput {
  readonly features?: Partial<Spec<typeof featureFields>>;
  readonly iommu?: { readonly interruptRemapping?: boolean };
  readonly firmware?: { readonly type?: string; readonly secureBoot?: boolean };
  readonly os?: { readonly arch?: string; readonly machine?: string };
}

export function* featureRules({ features, iommu, firmware, os }: FeatureInput): Iterable<Complaint> {
  if (isUnknown(features)) return;
  const { ioapic, smm } = features ?? {};
  if (iommu?.interruptRemapping === true && ioapic !== "qemu" && !isUnknown(ioapic))
    yield {
      path: ["iommu", "interruptRemapping"],
      message: 'needs `features.ioapic: "qemu"` (libvirt\'s rule)',
    };
  if (firmware?.secureBoot === true && smm === false)
    yield { path: ["features", "smm"], message: "cannot be off with `firmware.secureBoot`" };
  if (!isUnknown(os)) yield* machineRules(features ?? {}, os ?? {});
}

/** As far as the program says what the machine is. */
function* machineRules(
  { ras, pciHole64, pcieRootPorts }: NonNullable<FeatureInput["features"]>,
  { arch, machine }: NonNullable<FeatureInput["os"]>,
): Iterable<Complaint> {
  const said = (value: string | undefined): string | undefined => (isUnknown(value) ? undefined : value);
  const [guest, board] = [said(arch), said(machine)];
  const x86 = guest === undefined ? /q35|^pc\b|i440fx/.test(board ?? "") : /^(x86_64|i686)$/.test(guest);
  const known = guest ?? (board === undefined ? undefined : x86 ? "x86" : undefined);
  if (ras !== undefined && known !== undefined && !/^(aarch64|armv)/.test(known))
    yield { path: ["features", "ras"], message: `exists on ARM alone, and the VM is ${known}` };
  if (pciHole64 !== undefined && known !== undefined && !x86)
    yield { path: ["features", "pciHole64"], message: `exists on x86 alone, and the VM is ${known}` };
  if (pcieRootPorts !== undefined && board !== undefined && !/q35|^virt\b/.test(board))
    yield { path: ["features", "pcieRootPorts"], message: `needs machine q35 or virt: ${board} has no PCIe` };
}
