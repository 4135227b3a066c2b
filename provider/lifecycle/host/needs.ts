/** A field, or one value of it, that not every host knows. */
interface Need {
  readonly field: string;
  readonly value?: unknown;
}

/** The version of libvirt that has brought it, as far as that is later than 6.0 (Ubuntu 20.04). */
export const SINCE: readonly (Need & { readonly since: string })[] = [
  { field: "interfaces[].isolated", since: "6.1.0" },
  { field: "filesystems[].type", value: "virtiofs", since: "6.2.0" },
  { field: "disks[].io", value: "io_uring", since: "6.3.0" },
  ...[
    "disks[]",
    "interfaces[]",
    "filesystems[]",
    "inputs[]",
    "controllers[]",
    "balloon",
    "rng",
    "video",
    "vsock",
  ].map((device) => ({
    ...{ field: `${device}.packed`, since: "6.3.0" },
  })),
  { field: "controllers[].hotplug", since: "6.3.0" },
  { field: "cpu.migratable", since: "6.5.0" },
  { field: "sharedMemory[].role", since: "6.6.0" },
  { field: "balloon.freePageReporting", since: "6.9.0" },
  { field: "tpm.persistentState", since: "7.0.0" },
  { field: "cpu.mode", value: "maximum", since: "7.1.0" },
  { field: "firmware.enrolledKeys", since: "7.2.0" },
  { field: "disks[].rotationRate", since: "7.3.0" },
  { field: "numa.mode", value: "restrictive", since: "7.9.0" },
  { field: "launchSecurity.kernelHashes", since: "8.0.0" },
  { field: "iommu.model", value: "virtio", since: "8.3.0" },
  { field: "panic.model", value: "pvpanic", since: "9.1.0" },
  { field: "features.ras", since: "10.4.0" },
];

/** The API extension of LXD that has brought it, or one that stands for it since. */
export const EXTENSIONS: readonly (Need & { readonly any: readonly string[] })[] = [
  { field: "numa.nodes", any: ["numa_cpu_placement"] },
  { field: "firmware.type", value: "bios", any: ["security_csm", "instance_boot_mode"] },
];

const X86 = { on: /^(x86_64|i686)$/, words: "x86" };
const ARM = { on: /^(aarch64|armv)/, words: "ARM" };
const POWER = { on: /^ppc/, words: "POWER" };
const S390 = { on: /^s390/, words: "s390x" };

export const ON_ARCHITECTURE: readonly (Need & { readonly on: RegExp; readonly words: string })[] = [
  { field: "features.gic", ...ARM },
  { field: "features.ras", ...ARM },
  { field: "iommu.model", value: "intel", ...X86 },
  { field: "iommu.model", value: "smmuv3", ...ARM },
  { field: "launchSecurity.type", value: "sev", ...X86 },
  { field: "launchSecurity.type", value: "s390-pv", ...S390 },
  { field: "panic.model", value: "isa", ...X86 },
  { field: "panic.model", value: "hyperv", ...X86 },
  { field: "panic.model", value: "pseries", ...POWER },
  { field: "panic.model", value: "s390", ...S390 },
  { field: "tpm.model", value: "tpm-spapr", ...POWER },
  { field: "watchdog.model", value: "ib700", ...X86 },
  { field: "watchdog.model", value: "diag288", ...S390 },
  { field: "serials[].device", value: "isa-serial", ...X86 },
  ...["pit", "rtc", "hpet", "kvmclock", "hypervclock"].map((value) => ({
    field: "clock.timers[].name",
    value,
    ...X86,
  })),
  { field: "clock.timers[].name", value: "armvtimer", ...ARM },
];

/** Of two versions such as 9.0.0. */
export function isBefore(version: string, since: string): boolean {
  const [a, b] = [version, since].map((text) => text.split(".").map(Number));
  for (const [index, part] of (b ?? []).entries()) {
    const mine = a?.[index] ?? 0;
    if (mine !== part) return mine < part;
  }
  return false;
}
