import type { VmSpec } from "../../../schema/vm";
import { asNumber, at, type Binding } from "../bind";
import { severalOf, type Several } from "../model/device";
import { childrenOf, el, ensureChild, find, removeChild, setChild, type XmlElement } from "../tree";
import { memoryMiB } from "../units";

const KIB_PER_MIB = 1024;

/** Memory modules that the VM has beyond what it was made with: a running guest is given them, and gives them back. */
export const MODULES: Several = {
  field: "module",
  tag: "memory",
  bindings: { size: { read: (module) => memoryMiB(find(module, "target", "size")), write: () => undefined } },
  hotplug: true,
};

function moduleOf(name: string, mib: number): XmlElement {
  const size = el("size", { unit: "KiB" }, String(mib * KIB_PER_MIB));
  return el(
    "memory",
    { model: "dimm" },
    el("target", {}, size, el("node", {}, "0")),
    el("alias", { name: `ua-module-${name}` }),
  );
}

const sizeOf = (module: XmlElement): number => memoryMiB(find(module, "target", "size")) ?? 0;

/** What the guest has from the start, in the one cell that modules want to be plugged beside. */
export function baseMemory(domain: XmlElement): number | undefined {
  const cells = childrenOf(find(domain, "cpu", "numa"), "cell");
  const [cell] = cells;
  if (cells.length !== 1 || cell === undefined) return undefined;
  return memoryMiB(el("memory", { unit: cell.attributes["unit"] }, cell.attributes["memory"] ?? "0"));
}

/** Whether the VM's one cell is there for modules alone. */
export function hasModules(domain: XmlElement): boolean {
  return find(domain, "maxMemory") !== undefined;
}

/** The slots; without them the VM has no more memory than it was made with. Sizes are set by {@link setModules}. */
export const memoryHotplug: Binding = {
  write(root, value) {
    if (value !== undefined) {
      const { slots } = value as { readonly slots: number };
      ensureChild(root, "maxMemory").attributes["slots"] = String(slots);
      return;
    }
    setChild(root, "maxMemory", undefined);
    const [cpu, devices] = [find(root, "cpu"), find(root, "devices")];
    if (cpu !== undefined) setChild(cpu, "numa", undefined);
    if (devices !== undefined)
      for (const module of severalOf(root, MODULES).values()) removeChild(devices, module);
  },
  read(root) {
    const slots = at("maxMemory@slots", asNumber).read(root);
    return slots === undefined ? undefined : { slots };
  },
};

/**
 * As much memory as asked for: modules beside what the VM was made with. The last ones go first, so that a guest gives back
 * what it was given last; below the base only the next start helps.
 */
export function setModules(
  domain: XmlElement,
  devices: XmlElement,
  { memory = 0, maxMemory = memory, cores = 1, maxCores = cores }: Partial<VmSpec>,
): void {
  const most = ensureChild(domain, "maxMemory");
  Object.assign(most.attributes, { unit: "KiB" });
  most.children = [String(maxMemory * KIB_PER_MIB)];
  const modules = [...severalOf(domain, MODULES).values()];
  const base = baseMemory(domain) ?? memory;
  let total = modules.reduce((sum, module) => sum + sizeOf(module), base);
  while (total > memory && modules.length > 0) {
    const last = modules.pop();
    if (last === undefined) break;
    total -= sizeOf(last);
    removeChild(devices, last);
  }
  if (total < memory) devices.children.push(moduleOf(freeName(domain), memory - total));
  const kib = Math.min(base, memory) * KIB_PER_MIB;
  const cpus = maxCores === 1 ? "0" : `0-${maxCores - 1}`;
  const cpu = ensureChild(domain, "cpu");
  setChild(cpu, "numa", el("numa", {}, el("cell", { id: 0, cpus, memory: kib, unit: "KiB" })));
  for (const name of ["memory", "currentMemory"])
    setChild(domain, name, el(name, { unit: "KiB" }, String(memory * KIB_PER_MIB)));
}

function freeName(domain: XmlElement): string {
  const taken = severalOf(domain, MODULES);
  let number = 0;
  while (taken.has(String(number))) number++;
  return String(number);
}
