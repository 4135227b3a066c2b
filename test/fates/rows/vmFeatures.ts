import { row, type Args, type Row } from "../row";

const vm = (field: string, a: unknown, b: unknown, shows: RegExp, on: string, needs: Args = {}): Row =>
  row("Vm", field, a, b, shows, { on, needs });

/** A switch from off to on. */
const feature = (name: string, tag: string, on = "features"): Row =>
  vm(`features.${name}`, false, true, new RegExp(`<${tag} state='on'`), on);

/** What many of them need is there throughout. */
const hyperv = (name: string, b: unknown = true, tag: string = name): Row =>
  vm(`hyperv.${name}`, undefined, b, new RegExp(`<${tag} state='on'`), "hyperv", {
    hyperv: { vpindex: true, synic: true },
  });

const timer = (field: string, a: unknown, b: unknown, shows: RegExp, name: string): Row => {
  const side = (value: unknown): Args => ({ clock: { timers: [{ name, [field]: value }] } });
  return {
    ...vm("clock", {}, {}, shows, field === "name" ? "timer" : "timers"),
    field: `clock.timers[].${field}`,
    a: side(a),
    b: side(b),
  };
};

export const rows: readonly Row[] = [
  vm("features.acpi", true, false, /^(?![\s\S]*<acpi\/>)/, "acpi"),
  vm("features.apic", true, false, /^(?![\s\S]*<apic\/>)/, "apic"),
  vm("features.pae", false, true, /<pae\/>/, "running"),
  feature("hap", "hap"),
  feature("pmu", "pmu"),
  feature("vmport", "vmport", "running"),
  feature("smm", "smm", "running"),
  feature("kvmHidden", "hidden"),
  feature("vmcoreinfo", "vmcoreinfo"),
  vm("features.ioapic", "kvm", "qemu", /<ioapic driver='qemu'/, "features"),
  row("Vm", "features.ras", undefined, undefined, /./, { on: "gic", lacks: "QEMU for ARM" }),
  vm("features.pciHole64", "1GiB", "2GiB", /<pcihole64 unit='KiB'>2097152</, "running"),
  vm("features.pcieRootPorts", 3, 30, /<alias name='ua-port-29'/, "running"),
  row("Vm", "features.gic", undefined, undefined, /./, { on: "gic", lacks: "QEMU for ARM" }),
  vm("features.virtioScsiQueues", 2, 4, /queues='4'/, "queues", {
    disks: [{ name: "scsi", pool: "fates", size: "1MiB", bus: "scsi" }],
  }),
  hyperv("relaxed"),
  hyperv("vapic"),
  hyperv("runtime"),
  hyperv("stimer"),
  hyperv("reset"),
  hyperv("frequencies"),
  hyperv("reenlightenment"),
  hyperv("tlbflush"),
  hyperv("ipi"),
  hyperv("evmcs"),
  hyperv("spinlocks", 8191),
  hyperv("vendorId", "two", "vendor_id"),
  vm("hyperv.vpindex", false, true, /<vpindex state='on'/, "vpindex"),
  vm("hyperv.synic", false, true, /<synic state='on'/, "synic", { hyperv: { vpindex: true } }),
  vm("clock.offset", "utc", "localtime", /<clock offset='localtime'/, "running"),
  vm("clock.timezone", "Europe/Berlin", "Europe/Paris", /timezone='Europe\/Paris'/, "timezone", {
    clock: { offset: "timezone" },
  }),
  {
    ...timer("name", "pit", "rtc", /<timer name='rtc'/, "pit"),
    a: { clock: { timers: [{ name: "pit", tickPolicy: "delay" }] } },
    b: { clock: { timers: [{ name: "rtc", tickPolicy: "catchup" }] } },
  },
  timer("present", true, false, /<timer name='hpet' present='no'/, "hpet"),
  timer("tickPolicy", "delay", "discard", /tickpolicy='discard'/, "pit"),
  timer("track", "guest", "wall", /track='wall'/, "rtc"),
  timer("frequency", 1000000, 2000000, /frequency='2000000'/, "tsc"),
  timer("mode", "native", "emulate", /mode='emulate'/, "tsc"),
  vm("powerManagement.suspendToMem", true, false, /<suspend-to-mem enabled='no'/, "running"),
  vm("powerManagement.suspendToDisk", true, false, /<suspend-to-disk enabled='no'/, "running"),
  vm("events.poweroff", "destroy", "restart", /<on_poweroff>restart</, "running"),
  vm("events.reboot", "restart", "destroy", /<on_reboot>destroy</, "events"),
  vm("events.crash", "destroy", "preserve", /<on_crash>preserve</, "running"),
];
