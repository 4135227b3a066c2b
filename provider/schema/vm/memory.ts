import { z } from "../table/zod";
import { CPUSET_TS, cpuset } from "./cpuset";
import { field, type Fields, type Spec } from "../table/field";
import { group, type Complaint } from "../table/gate";
import { flag, part, parts, setAtOnce, switchable, word } from "../table/part";
import { oneOf } from "../table/types";
import { memorySize } from "../table/units";
import { virtioFields, virtioRules } from "./devices/virtio";
import { isUnknown, knownList } from "../table/unknown";

const MEMORY_TS = "string | number";

/** `true`: pages of the host's usual size. */
export const hugepages = field(
  z
    .union([z.boolean(), memorySize()])
    .optional()
    .transform((value) => (value === false ? undefined : value)),
  {
    fate: "restart",
    filled: true,
    ts: "boolean | string | number",
    doc: 'Back the VM\'s memory with hugepages: `true` for the host\'s default size, or a size such as "2MiB" or "1GiB". The host must have set them aside.',
    source: "<memoryBacking><hugepages>; R176",
  },
);

export const memoryBackingFields = {
  source: word(["file", "anonymous", "memfd"], {
    doc: "What the memory is made of.",
    source: "<memoryBacking><source>",
  }),
  access: word(["shared", "private"], {
    doc: "`shared` lets other processes of the host see it, which virtiofs and vhost-user need.",
    source: "<memoryBacking><access>",
  }),
  allocation: word(["immediate", "ondemand"], { doc: "When it is taken.", source: "<allocation mode>" }),
  locked: flag(false, { doc: "Keep it out of the host's swap.", source: "<locked>" }),
  noSharePages: flag(false, { doc: "No merging of equal pages (KSM).", source: "<nosharepages>" }),
  discard: flag(false, { doc: "Drop its content at shutdown instead of writing it.", source: "<discard>" }),
} satisfies Fields;

export interface SharedInput {
  readonly memoryBacking?: { readonly access?: string };
  readonly numa?: { readonly cells?: readonly { readonly access?: string }[] };
}

/** Whether other processes of the host see the guest's memory; undefined where that is yet to be known. */
export function sharesMemory({ memoryBacking, numa }: SharedInput): boolean | undefined {
  if (isUnknown(memoryBacking) || isUnknown(memoryBacking?.access) || isUnknown(numa)) return undefined;
  const cells = knownList(numa?.cells);
  const shared = (access: unknown): boolean => access === "shared";
  return shared(memoryBacking?.access) || (cells.length > 0 && cells.every(({ access }) => shared(access)));
}

const limit = (doc: string, source: string) =>
  part(memorySize().optional(), { fate: "live", ts: MEMORY_TS, doc, source });

export const memoryTuningFields = {
  hardLimit: limit("The most that the VM with its emulator may take of the host.", "<memtune><hard_limit>"),
  softLimit: limit("What it is held to when the host is short of memory.", "<memtune><soft_limit>"),
  swapHardLimit: limit("The most of memory and swap together.", "<memtune><swap_hard_limit>"),
} satisfies Fields;

const cellFields = {
  id: field(z.int().min(0).max(1023), { fate: "restart", doc: "Number of the cell, from 0." }),
  cores: field(cpuset(), {
    fate: "restart",
    ts: CPUSET_TS,
    doc: "Cores of the VM in this cell.",
    source: "<cell cpus>",
  }),
  memory: field(memorySize(), {
    fate: "restart",
    ts: MEMORY_TS,
    doc: "Memory in this cell; the sum over all cells is the VM's maximum.",
    source: "<cell memory>",
  }),
  nodes: part(cpuset().optional(), {
    ts: CPUSET_TS,
    doc: "Nodes of the host that this cell's memory comes from.",
    source: "<numatune><memnode>",
  }),
  access: word(["shared", "private"], { doc: "As in `memoryBacking.access`.", source: "<cell memAccess>" }),
} satisfies Fields;

export const numaFields = {
  nodes: part(cpuset().optional(), {
    fate: setAtOnce,
    ts: CPUSET_TS,
    doc: "Nodes of the host that the VM's memory comes from. On LXD those whose CPUs it runs on, which have its memory near them (not beside `cpu.pin`; LXD 5.0 cannot, told in preview).",
    source: "<numatune><memory nodeset>; limits.cpu.nodes; R170",
  }),
  mode: part(oneOf("strict", "preferred", "interleave", "restrictive").optional(), {
    same: (a, b) => (a ?? "strict") === (b ?? "strict"),
    doc: "How strictly. Default `strict`.",
    source: "<numatune><memory mode>",
  }),
  cells: parts(cellFields, "id", {
    doc: "NUMA nodes as the guest sees them.",
    source: "<cpu><numa><cell>",
  }),
  distances: part(z.array(z.array(z.int().min(10).max(255))).optional(), {
    ts: "number[][]",
    doc: "How far the cells are from each other: a row for each cell, in the order of their numbers, with its distance to every cell: 10 to itself, 255 for out of reach, such as `[[10, 21], [21, 10]]`. Default: 20 between any two.",
    source: "<cell><distances><sibling>; appendix 3",
  }),
} satisfies Fields;

function* distanceRules({ cells, distances }: Partial<Spec<typeof numaFields>>): Iterable<Complaint> {
  if (distances === undefined || isUnknown(distances) || isUnknown(cells)) return;
  const count = cells?.length ?? 0;
  if (count === 0) yield { path: ["distances"], message: "needs `cells`" };
  else if (distances.length !== count)
    yield { path: ["distances"], message: `must have a row for each of the ${count} cells` };
  else
    for (const [index, row] of distances.entries()) {
      if (isUnknown(row)) continue;
      const path = ["distances", index];
      if (row.length !== count) yield { path, message: `must have ${count} numbers, one for each cell` };
      else if (row[index] !== 10 && !isUnknown(row[index]))
        yield { path: [...path, index], message: "must be 10: a cell is next to itself" };
    }
}

export const balloonFields = {
  model: part(oneOf("virtio", "virtio-transitional", "virtio-non-transitional", "none").optional(), {
    same: (a, b) => (a ?? "virtio") === (b ?? "virtio"),
    doc: "Default `virtio`; with `none` memory cannot change while the VM runs.",
    source: "<memballoon model>",
  }),
  autodeflate: flag(false, { doc: "Give memory back when the guest runs out.", source: "<autodeflate>" }),
  freePageReporting: flag(false, {
    doc: "The guest hands free pages back by itself.",
    source: "<freePageReporting>",
  }),
  statsPeriod: part(z.int().min(1).max(86_400).optional(), {
    fate: "live",
    doc: "Seconds between the guest's reports on its memory.",
    source: "<memballoon><stats period>",
  }),
  ...virtioFields,
} satisfies Fields;

const hotplugFields = {
  slots: part(z.int().min(1).max(255).default(16), {
    doc: "How many modules can be plugged. Default 16.",
    source: "<maxMemory slots>",
  }),
} satisfies Fields;

export const memoryGroups = {
  hugepages,
  memoryHotplug: switchable(hotplugFields, {
    fate: "restart",
    filled: true,
    doc: "Memory grows and shrinks by modules (DIMM) that are plugged into the running guest, up to `maxMemory`, in place of the balloon; `true` for 16 slots. Guests use memory in blocks of 128 MiB.",
    source: "<maxMemory>, <memory model=dimm>; appendix 3",
  }),
  memoryBacking: group(memoryBackingFields, { fate: "restart", doc: "What the VM's memory is made of." }),
  memoryTuning: group(memoryTuningFields, { fate: "live", doc: "Limits of what the VM takes of the host." }),
  numa: group(
    numaFields,
    { fate: "restart", doc: "Where memory comes from, and what the guest sees of it." },
    [
      function* ({ nodes, mode }): Iterable<Complaint> {
        if (mode !== undefined && nodes === undefined) yield { path: ["mode"], message: "needs `nodes`" };
      },
      distanceRules,
    ],
  ),
  balloon: group(balloonFields, { fate: "restart", doc: "The memory balloon." }, [
    ({ model, ...ways }) => virtioRules(ways, model, "a balloon"),
  ]),
} satisfies Fields;

interface MemoryInput {
  readonly cores?: number;
  readonly maxCores?: number;
  readonly memory?: number;
  readonly maxMemory?: number;
  readonly numa?: Partial<Spec<typeof numaFields>>;
  readonly memoryBacking?: Partial<Spec<typeof memoryBackingFields>>;
  readonly memoryHotplug?: object;
  readonly hugepages?: boolean | number;
}

/** A module is a whole number of large pages, and is plugged beside one cell. */
export function* hotplugRules({ memory, maxMemory, memoryHotplug, numa }: MemoryInput): Iterable<Complaint> {
  if (memoryHotplug === undefined || isUnknown(memoryHotplug)) return;
  if (maxMemory === undefined) yield { path: ["maxMemory"], message: "is required with `memoryHotplug`" };
  for (const [key, value] of Object.entries({ memory, maxMemory }))
    if (typeof value === "number" && value % 2 !== 0)
      yield { path: [key], message: "must be a multiple of 2 MiB with `memoryHotplug`" };
  if (knownList(numa?.cells).length > 0)
    yield {
      path: ["numa", "cells"],
      message: "cannot stand beside `memoryHotplug`, which has one of its own",
    };
}

export function* memoryRules(input: MemoryInput): Iterable<Complaint> {
  const { memory, maxMemory, numa, memoryBacking, hugepages: page } = input;
  const cells = knownList(numa?.cells);
  const most = maxMemory ?? memory;
  if (cells.length > 0 && !cells.some((cell) => isUnknown(cell.memory)) && typeof most === "number") {
    const sum = cells.reduce((total, cell) => total + Number(cell.memory), 0);
    if (sum !== most)
      yield {
        path: ["numa", "cells"],
        message: `have ${sum} MiB together, and the VM has ${most} MiB; they must be equal`,
      };
  }
  const parts = cells.length > 0 ? cells.map((cell) => cell.memory) : [most];
  const least = Math.min(...parts.filter((part) => typeof part === "number"));
  if (typeof page === "number" && page > least)
    yield {
      path: ["hugepages"],
      message: `a page of ${page} MiB is larger than the ${least} MiB of ${cells.length > 0 ? "a cell" : "the VM"} (QEMU's rule)`,
    };
  if (memoryBacking?.source === "anonymous" && memoryBacking.access === "shared")
    yield {
      path: ["memoryBacking", "access"],
      message: 'anonymous memory cannot be shared; use source "memfd"',
    };
}
