import { z } from "../../table/zod";
import type { Fields } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { flag, part, parts } from "../../table/part";
import { closest } from "../../table/suggest";
import { oneOf } from "../../table/types";
import { isUnknown, knownList } from "../../table/unknown";
import { name } from "./named";
import { virtioFields } from "./virtio";

const VIRTIO = ["virtio-transitional", "virtio-non-transitional"];
const EXPANDERS = ["pci-expander-bus", "pcie-expander-bus"];
const PLUGS = ["pcie-root-port", "pcie-switch-downstream-port"];
const XHCI = ["qemu-xhci", "nec-xhci"];

/** Models by type, as libvirt knows them; the buses that a machine has by itself and the parts of ICH9's USB are not made by hand. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  usb: [...XHCI, "ich9-ehci1", "ehci", "piix3-uhci", "piix4-uhci", "pci-ohci", "vt82c686b-uhci"],
  scsi: [
    ...["virtio-scsi", ...VIRTIO, "lsilogic", "lsisas1068", "lsisas1078", "megasas", "vmpvscsi"],
    ...["buslogic", "ibmvscsi", "am53c974", "dc390"],
  ],
  "virtio-serial": ["virtio", ...VIRTIO],
  sata: [],
  ide: ["piix3", "piix4", "ich6"],
  pci: [
    ...[...PLUGS, "pcie-switch-upstream-port", "pcie-to-pci-bridge", "dmi-to-pci-bridge", "pci-bridge"],
    ...EXPANDERS,
  ],
};

const controllerFields = {
  name: { ...name("controller"), fate: "restart" },
  type: part(oneOf("usb", "scsi", "virtio-serial", "sata", "ide", "pci"), {
    doc: "What hangs on it.",
    source: "<controller type>",
  }),
  index: part(z.int().min(0).max(65_535).optional(), {
    keep: true,
    doc: "Which of its type, from 0; disks and channels go to the first that has room. Default: the first of its type that nobody has named, else a new one; of pci always a new one.",
    source: "<controller index>",
  }),
  model: part(z.string().optional(), {
    keep: true,
    doc: "Such as `virtio-scsi` (the default of scsi), `qemu-xhci` or `pcie-to-pci-bridge`; needed for pci. Default: the hypervisor's.",
    source: "<controller model>",
  }),
  ports: part(z.int().min(1).max(31).optional(), {
    doc: "How many devices it takes: of usb (xhci) up to 15, of virtio-serial up to 31.",
    source: "<controller ports>",
  }),
  vectors: part(z.int().min(0).max(65_535).optional(), {
    doc: "Interrupts of a virtio-serial controller.",
    source: "<controller vectors>",
  }),
  queues: part(z.int().min(1).max(1024).optional(), {
    doc: "Queues of a virtio-scsi controller; not beside `features.virtioScsiQueues`.",
    source: "<driver queues>",
  }),
  iothread: part(z.int().min(1).max(64).optional(), {
    doc: "Which of `cpu.iothreads` serves a virtio-scsi controller, from 1.",
    source: "<driver iothread>",
  }),
  cmdPerLun: part(z.int().min(1).max(65_535).optional(), {
    doc: "The most commands that wait for one disk of a virtio-scsi controller.",
    source: "<driver cmd_per_lun>",
  }),
  maxSectors: part(z.int().min(1).max(4_294_967_295).optional(), {
    doc: "The most sectors that one command of a virtio-scsi controller moves.",
    source: "<driver max_sectors>",
  }),
  ...virtioFields,
  hotplug: flag(true, {
    doc: "Whether devices come and go at a PCIe port while the guest runs. Default true. Needs libvirt 6.3.",
    source: "<target hotplug>",
  }),
  node: part(z.int().min(0).max(1023).optional(), {
    doc: "The guest's NUMA node (`numa.cells`) that an expander bus belongs to.",
    source: "<target><node>",
  }),
} satisfies Fields;

export const controllers = parts(
  controllerFields,
  "name",
  {
    doc: "Controllers that the program has something to say of. libvirt adds what else the devices need, which is no concern of the program; one that is named no more goes, or is the host's own again where a device hangs on it.",
    source: "<controller>",
  },
  [
    function* ({ type, model }): Iterable<Complaint> {
      const known = type === undefined || isUnknown(type) ? undefined : MODELS[type];
      if (known === undefined || isUnknown(model)) return;
      if (model === undefined && type === "pci")
        yield { path: ["model"], message: `is required for type "pci": one of ${known.join(", ")}` };
      if (model === undefined || known.includes(model)) return;
      const near = closest(model, known);
      const hint =
        near === undefined ? ` (${known.join(", ") || "it has none"})` : `; did you mean "${near}"?`;
      yield { path: ["model"], message: `is no model of ${type}${hint}` };
    },
    function* ({ type, model, ports, ...given }): Iterable<Complaint> {
      if (type === undefined || isUnknown(type) || isUnknown(model)) return;
      const { queues, iothread, cmdPerLun, maxSectors, iommu, ats, packed, vectors, hotplug, node } = given;
      const scsi = type === "scsi" && (model ?? "virtio").startsWith("virtio");
      const needs = (fields: object, met: boolean, what: string): Complaint[] =>
        Object.entries(fields).flatMap(([key, value]) =>
          value === undefined || met ? [] : [{ path: [key], message: `needs ${what}` }],
        );
      yield* needs({ queues, iothread, cmdPerLun, maxSectors }, scsi, 'type "scsi" and model "virtio-scsi"');
      const virtio = scsi || type === "virtio-serial";
      yield* needs({ iommu, ats, packed }, virtio, 'type "virtio-serial", or "scsi" and model "virtio-scsi"');
      yield* needs({ vectors }, type === "virtio-serial", 'type "virtio-serial"');
      yield* needs({ hotplug }, PLUGS.includes(model ?? ""), `model ${either(PLUGS)}`);
      yield* needs({ node }, EXPANDERS.includes(model ?? ""), `model ${either(EXPANDERS)}`);
      const xhci = type === "usb" && (model === undefined || XHCI.includes(model));
      yield* needs(
        { ports },
        xhci || type === "virtio-serial",
        `type "virtio-serial", or "usb" and model ${either(XHCI)}`,
      );
      if (xhci && Number(ports) > 15) yield { path: ["ports"], message: "must be 15 at most for usb" };
    },
  ],
);

const either = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(" or ");

interface ControllerInput {
  readonly controllers?: readonly {
    readonly name?: string;
    readonly type?: string;
    readonly index?: number;
    readonly iothread?: number;
    readonly queues?: number;
    readonly node?: number;
  }[];
  readonly cpu?: { readonly iothreads?: number };
  readonly features?: { readonly virtioScsiQueues?: unknown };
  readonly numa?: { readonly cells?: readonly { readonly id?: number }[] };
}

/** What controllers and the rest of the VM say together. */
export function* controllerRules({
  controllers: list,
  cpu,
  features,
  numa,
}: ControllerInput): Iterable<Complaint> {
  const seen = new Map<string, number>();
  for (const [at, { name: called, type, index, iothread, queues, node }] of knownList(list).entries()) {
    const path = ["controllers", at];
    const keys = { name: called, index: index === undefined ? undefined : `${type} ${index}` };
    for (const [key, value] of Object.entries(keys)) {
      if (value === undefined || [value, type, index].some(isUnknown)) continue;
      const first = seen.get(`${key} ${value}`);
      if (first === undefined) seen.set(`${key} ${value}`, at);
      else yield { path: [...path, key], message: `"${value}" is taken by controllers[${first}]` };
    }
    const threads = isUnknown(cpu) ? undefined : (cpu?.iothreads ?? 0);
    if (iothread !== undefined && threads !== undefined && !isUnknown(threads) && iothread > threads)
      yield {
        path: [...path, "iothread"],
        message: `there are ${threads} I/O threads (\`cpu.iothreads\`), from 1`,
      };
    if (queues !== undefined && !isUnknown(features) && features?.virtioScsiQueues !== undefined)
      yield { path: [...path, "queues"], message: "cannot stand beside `features.virtioScsiQueues`" };
    if (node === undefined || isUnknown(node) || isUnknown(numa) || isUnknown(numa?.cells)) continue;
    const cells = knownList(numa?.cells);
    if (!cells.some(({ id }) => id === node || isUnknown(id)))
      yield { path: [...path, "node"], message: `is not one of \`numa.cells\` (${cells.length} are given)` };
  }
}
