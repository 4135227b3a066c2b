import type { Complaint } from "../table/gate";
import { isUnknown, knownList } from "../table/unknown";

/** What the machine and its firmware decide, as far as the program says what they are. */
interface Input {
  readonly os?: { readonly arch?: string; readonly machine?: string };
  readonly cores?: number;
  readonly maxCores?: number;
  readonly domainType?: string;
  readonly cpu?: { readonly mode?: string; readonly migratable?: string };
  readonly features?: { readonly acpi?: boolean };
  readonly firmware?: { readonly type?: string; readonly secureBoot?: boolean };
  readonly iommu?: {
    readonly model?: string;
    readonly eim?: boolean;
    readonly interruptRemapping?: boolean;
  };
  readonly console?: boolean;
  readonly serials?: readonly { readonly device?: string }[];
  readonly channels?: readonly { readonly target?: string }[];
  readonly filesystems?: readonly { readonly target?: string }[];
  readonly balloon?: { readonly model?: string };
  readonly memory?: number;
  readonly maxMemory?: number;
  readonly memoryHotplug?: object;
}

/** SeaBIOS's and QEMU's: COM1 to COM4. */
const ISA_LINES = 4;

export function* machineRules(given: Input): Iterable<Complaint> {
  yield* boardRules(given);
  yield* coreRules(given);
  yield* lineRules(given);
  const { features, firmware, balloon, memory, maxMemory, memoryHotplug, iommu } = given;
  if (firmware?.type === "uefi" && features?.acpi === false)
    yield { path: ["features", "acpi"], message: "cannot be off with UEFI (libvirt's rule)" };
  if (iommu?.eim === true && iommu.interruptRemapping !== true && !isUnknown(iommu.interruptRemapping))
    yield { path: ["iommu", "eim"], message: "needs `interruptRemapping` (libvirt's rule)" };
  if (balloon?.model === "none" && memoryHotplug === undefined && Number(maxMemory) > Number(memory))
    yield {
      path: ["maxMemory"],
      message: "needs the balloon: without it the guest has all of its memory from the start",
    };
}

function* boardRules({ os, firmware, iommu }: Input): Iterable<Complaint> {
  if (isUnknown(os) || isUnknown(os?.machine) || isUnknown(os?.arch)) return;
  const board = os?.machine ?? "";
  if (!/^pc(-i440fx|$)/.test(board)) return;
  if (firmware?.secureBoot === true)
    yield { path: ["firmware", "secureBoot"], message: `needs machine q35: ${board} has no SMM` };
  if (iommu !== undefined && !isUnknown(iommu) && iommu.model !== "smmuv3")
    yield { path: ["iommu"], message: `needs machine q35: ${board} has no place for one` };
}

function* coreRules({ os, cores, maxCores, domainType, cpu, iommu }: Input): Iterable<Complaint> {
  const most = Number(maxCores ?? cores);
  const x86 = os?.arch === undefined || /^(x86_64|i686)$/.test(os.arch);
  if (most > 255 && x86 && !isUnknown(os) && !isUnknown(iommu) && iommu?.eim !== true)
    yield {
      path: [maxCores === undefined || maxCores === cores ? "cores" : "maxCores"],
      message:
        "above 255 needs `iommu: { eim: true, interruptRemapping: true }` on machine q35 (libvirt's rule)",
    };
  if (domainType === "qemu" && cpu?.mode === "host-passthrough")
    yield { path: ["cpu", "mode"], message: 'needs KVM, and `domainType` is "qemu"; "maximum" is emulated' };
  if (
    cpu?.migratable !== undefined &&
    cpu.mode !== undefined &&
    !isUnknown(cpu.mode) &&
    !/^(host-passthrough|maximum)$/.test(cpu.mode)
  )
    yield { path: ["cpu", "migratable"], message: 'needs mode "host-passthrough" or "maximum"' };
}

function* lineRules({ os, console, serials, channels, filesystems }: Input): Iterable<Complaint> {
  yield* unique(channels, "channels");
  yield* unique(filesystems, "filesystems");
  if (isUnknown(os) || (os?.arch !== undefined && !/^(x86_64|i686)$/.test(os.arch))) return;
  let isa = console === false ? 0 : 1;
  for (const [index, { device }] of knownList(serials).entries()) {
    if (device === undefined || device === "isa-serial") isa++;
    if (isa > ISA_LINES)
      yield {
        path: ["serials", index],
        message: `is one ISA line too many: a PC has ${ISA_LINES}, the \`console\` among them; give it \`device: "pci-serial"\` or "usb-serial"`,
      };
  }
}

/** Names by which the guest tells them apart. */
function* unique(
  items: readonly { readonly target?: string }[] | undefined,
  list: string,
): Iterable<Complaint> {
  const seen = new Map<string, number>();
  for (const [index, { target }] of knownList(items).entries()) {
    if (target === undefined || isUnknown(target)) continue;
    const first = seen.get(target);
    if (first === undefined) seen.set(target, index);
    else yield { path: [list, index, "target"], message: `"${target}" is taken by ${list}[${first}]` };
  }
}
