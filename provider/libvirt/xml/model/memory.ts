import { asNumber, asOnOff, at, element, present, type Binding, type Bindings, type Spelling } from "../bind";
import { hasModules } from "../domain/modules";
import {
  attribute,
  childrenOf,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  type XmlElement,
} from "../tree";
import { memoryMiB } from "../units";
import { virtioBindings } from "./virtio";

const KIB_PER_MIB = 1024;

/** MiB in the table, KiB with its unit on the host. */
function memory(path: string): Binding {
  const names = path.split("/");
  const plain = at(path);
  return {
    write(root, value) {
      const kib: Spelling["toXml"] = (mib) => String(Number(mib) * KIB_PER_MIB);
      plain.write(root, value === undefined ? undefined : kib(value));
      if (value === undefined) return;
      const found = find(root, ...names);
      if (found !== undefined) found.attributes["unit"] = "KiB";
    },
    read: (root) => memoryMiB(find(root, ...names)),
  };
}

/** `true`: the host's default size; a number: MiB. */
const hugepages = element(
  "memoryBacking/hugepages",
  (value: true | number) =>
    value === true
      ? el("hugepages")
      : el("hugepages", {}, el("page", { size: value * KIB_PER_MIB, unit: "KiB" })),
  (found) => {
    const page = find(found, "page");
    const size = attribute(page, "size");
    if (size === undefined) return true;
    return memoryMiB(el("page", { unit: attribute(page, "unit") }, size));
  },
);

/** Placement needs both; `strict` is what libvirt takes a missing mode for. */
const nodes: Binding = {
  write(root, value) {
    at("numatune/memory@nodeset").write(root, value);
    const tune = find(root, "numatune");
    const placed = find(tune, "memory");
    if (value === undefined && tune !== undefined) {
      setChild(tune, "memory", undefined);
      if (tune.children.length === 0) removeChild(root, tune);
    } else if (placed !== undefined) placed.attributes["mode"] ??= "strict";
  },
  read: (root) => attribute(find(root, "numatune", "memory"), "nodeset"),
};

const numaMode: Binding = {
  write(root, value) {
    const placed = find(root, "numatune", "memory");
    if (placed !== undefined) placed.attributes["mode"] = String(value ?? "strict");
  },
  read: (root) => attribute(find(root, "numatune", "memory"), "mode"),
};

interface Cell {
  readonly id: number;
  readonly cores: string;
  readonly memory: number;
  readonly nodes?: string;
  readonly access?: string;
}

/** A cell of the guest, and where its memory comes from; distances between cells have a field of their own. */
const cells: Binding = {
  write(root, value) {
    const cpu = ensureChild(root, "cpu");
    const before = childrenOf(find(cpu, "numa"), "cell");
    const wanted = (value ?? []) as readonly Cell[];
    setChild(cpu, "numa", wanted.length === 0 ? undefined : el("numa", {}, ...wanted.map(cellOf(before))));
    const tune = find(root, "numatune");
    for (const child of childrenOf(tune, "memnode")) if (tune !== undefined) removeChild(tune, child);
    for (const { id, nodes: nodeset } of wanted) {
      if (nodeset !== undefined)
        ensureChild(root, "numatune").children.push(
          el("memnode", {
            cellid: id,
            mode: (numaMode.read(root) as string | undefined) ?? "strict",
            nodeset,
          }),
        );
    }
    if (tune !== undefined && tune.children.length === 0) removeChild(root, tune);
  },
  read(root) {
    const found = childrenOf(find(root, "cpu", "numa"), "cell");
    // One that memory modules stand beside is no layout of the program's.
    if (found.length === 0 || (found.length === 1 && hasModules(root))) return undefined;
    const places = childrenOf(find(root, "numatune"), "memnode");
    return found.map((cell): Cell => {
      const id = attribute(cell, "id") ?? "";
      const place = places.find((each) => attribute(each, "cellid") === id);
      const size = el("memory", { unit: attribute(cell, "unit") }, attribute(cell, "memory") ?? "0");
      return {
        id: Number(id),
        cores: attribute(cell, "cpus") ?? "",
        memory: memoryMiB(size) ?? 0,
        nodes: attribute(place, "nodeset"),
        access: attribute(cell, "memAccess"),
      };
    });
  },
};

const NEXT_TO_ITSELF = 10;
/** What libvirt takes two cells for of which nothing is said. */
const APART = 20;

/** A matrix, a row for each cell by its number; libvirt fills in what a cell leaves out. */
const distances: Binding = {
  write(root, value) {
    const rows = (value ?? []) as readonly (readonly number[])[];
    for (const cell of childrenOf(find(root, "cpu", "numa"), "cell")) {
      const row = rows[Number(attribute(cell, "id"))];
      const siblings = row?.map((distance, id) => el("sibling", { id, value: distance })) ?? [];
      setChild(cell, "distances", row === undefined ? undefined : el("distances", {}, ...siblings));
    }
  },
  read(root) {
    const found = childrenOf(find(root, "cpu", "numa"), "cell").sort((a, b) => numberOf(a) - numberOf(b));
    if (!found.some((cell) => find(cell, "distances") !== undefined)) return undefined;
    return found.map((cell, from) => {
      const said = childrenOf(find(cell, "distances"), "sibling");
      return found.map((_, to) => {
        const sibling = said.find((each) => numberOf(each) === to);
        return Number(attribute(sibling, "value") ?? (from === to ? NEXT_TO_ITSELF : APART));
      });
    });
  },
};

const numberOf = (element: XmlElement): number => Number(attribute(element, "id"));

const cellOf =
  (before: readonly XmlElement[]) =>
  ({ id, cores, memory: size, access }: Cell): XmlElement => {
    const same = before.find((cell) => attribute(cell, "id") === String(id));
    const cell = el("cell", { id, cpus: cores, memory: size * KIB_PER_MIB, unit: "KiB", memAccess: access });
    return { ...cell, children: same?.children ?? [] };
  };

export const memoryBindings: Bindings = {
  hugepages,
  memoryBacking: {
    source: at("memoryBacking/source@type"),
    access: at("memoryBacking/access@mode"),
    allocation: at("memoryBacking/allocation@mode"),
    locked: present("memoryBacking/locked"),
    noSharePages: present("memoryBacking/nosharepages"),
    discard: present("memoryBacking/discard"),
  },
  memoryTuning: {
    hardLimit: memory("memtune/hard_limit"),
    softLimit: memory("memtune/soft_limit"),
    swapHardLimit: memory("memtune/swap_hard_limit"),
  },
  // The cells before what stands in them.
  numa: { nodes, mode: numaMode, cells, distances },
};

export const balloonBindings: Bindings = {
  model: {
    write: (root: XmlElement, value: unknown) => {
      root.attributes["model"] = String(value ?? "virtio");
    },
    read: (root: XmlElement) => attribute(root, "model"),
  },
  autodeflate: at("@autodeflate", asOnOff),
  freePageReporting: at("@freePageReporting", asOnOff),
  statsPeriod: at("stats@period", asNumber),
  ...virtioBindings,
};
