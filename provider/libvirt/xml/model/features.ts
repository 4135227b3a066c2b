import { asNumber, asOnOff, asYesNo, at, present, records, type Binding, type Bindings } from "../bind";
import { isNamedController } from "./controllers";
import { pcieRootPorts, pciHole64 } from "./pci";
import { attribute, childrenOf, el, ensureChild, find, setChild, type XmlElement } from "../tree";

/** There unless the program says no. */
function unlessOff(path: string, applies: (root: XmlElement) => boolean = () => true): Binding {
  const plain = present(path);
  return {
    write: (root, value) => plain.write(root, value ?? applies(root)),
    read: (root) => plain.read(root) ?? false,
  };
}

function isX86(root: XmlElement): boolean {
  return /^(x86_64|i686)$/.test(attribute(find(root, "os", "type"), "arch") ?? "");
}

/** Queues belong to the controller of SCSI disks, which is made for them where there is none. */
const virtioScsiQueues: Binding = {
  write(root, value) {
    const devices = ensureChild(root, "devices");
    const found = scsiOf(root);
    if (value === undefined && (found === undefined || isNamedController(found))) return;
    const controller = found ?? el("controller", { type: "scsi", index: 0, model: "virtio-scsi" });
    if (found === undefined) devices.children.push(controller);
    at("driver@queues").write(controller, value);
  },
  read: (root) => at("driver@queues", asNumber).read(scsiOf(root) ?? el("controller")),
};

function scsiOf(root: XmlElement): XmlElement | undefined {
  return childrenOf(find(root, "devices"), "controller").find(
    (controller) => attribute(controller, "type") === "scsi",
  );
}

const FEATURES = "features";

const hyperv = (name: string): Binding => {
  const plain = at(`${FEATURES}/hyperv/${name}@state`, asOnOff);
  return {
    ...plain,
    write(root, value) {
      plain.write(root, value);
      withoutEmptyHyperv(root);
    },
  };
};

/** libvirt says `mode='custom'` of it, which keeps it in place when nothing is left. */
function withoutEmptyHyperv(root: XmlElement): void {
  const features = find(root, FEATURES);
  const found = find(features, "hyperv");
  if (features !== undefined && found !== undefined && found.children.length === 0)
    setChild(features, "hyperv", undefined);
}

/** A value beside the switch: retries of spinlocks, the vendor's name. */
function switched(name: string, key: string, value: Binding): Binding {
  const path = `${FEATURES}/hyperv/${name}`;
  return {
    write(root, given) {
      value.write(root, given);
      at(`${path}@state`).write(root, given === undefined ? undefined : "on");
      withoutEmptyHyperv(root);
    },
    read: (root) => (at(`${path}@state`).read(root) === "on" ? at(`${path}@${key}`).read(root) : undefined),
  };
}

/** A clock always has an offset. */
const offset: Binding = {
  write: (root, value) => {
    ensureChild(root, "clock").attributes["offset"] = String(value ?? "utc");
  },
  read: at("clock@offset").read,
};

/** What follows the guest's end is always said. */
const event = (name: string, usual: string): Binding => ({
  write: (root, value) => at(name).write(root, value ?? usual),
  read: at(name).read,
});

const SPINLOCKS = `${FEATURES}/hyperv/spinlocks@retries`;
const spinlocks = switched("spinlocks", "retries", at(SPINLOCKS));

export const featureBindings: Bindings = {
  features: {
    acpi: unlessOff(`${FEATURES}/acpi`),
    apic: unlessOff(`${FEATURES}/apic`, isX86),
    pae: present(`${FEATURES}/pae`),
    hap: at(`${FEATURES}/hap@state`, asOnOff),
    pmu: at(`${FEATURES}/pmu@state`, asOnOff),
    vmport: at(`${FEATURES}/vmport@state`, asOnOff),
    smm: at(`${FEATURES}/smm@state`, asOnOff),
    kvmHidden: at(`${FEATURES}/kvm/hidden@state`, asOnOff),
    vmcoreinfo: at(`${FEATURES}/vmcoreinfo@state`, asOnOff),
    ioapic: at(`${FEATURES}/ioapic@driver`),
    gic: at(`${FEATURES}/gic@version`),
    ras: at(`${FEATURES}/ras@state`, asOnOff),
    pciHole64,
    pcieRootPorts,
    virtioScsiQueues,
  },
  hyperv: {
    ...Object.fromEntries(
      [
        ...["relaxed", "vapic", "vpindex", "runtime", "synic", "stimer", "reset"],
        ...["frequencies", "reenlightenment", "tlbflush", "ipi", "evmcs"],
      ].map((name) => [name, hyperv(name)]),
    ),
    spinlocks: {
      write: spinlocks.write,
      read: (root: XmlElement) =>
        spinlocks.read(root) === undefined ? undefined : at(SPINLOCKS, asNumber).read(root),
    },
    vendorId: switched("vendor_id", "value", at(`${FEATURES}/hyperv/vendor_id@value`)),
  },
  clock: {
    offset,
    timezone: at("clock@timezone"),
    timers: records("clock/timer", {
      name: at("@name"),
      present: at("@present", asYesNo),
      tickPolicy: at("@tickpolicy"),
      track: at("@track"),
      frequency: at("@frequency", asNumber),
      mode: at("@mode"),
    }),
  },
  powerManagement: {
    suspendToMem: at("pm/suspend-to-mem@enabled", asYesNo),
    suspendToDisk: at("pm/suspend-to-disk@enabled", asYesNo),
  },
  events: {
    poweroff: event("on_poweroff", "destroy"),
    reboot: event("on_reboot", "restart"),
    crash: event("on_crash", "destroy"),
  },
};
