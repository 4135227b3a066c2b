import { row, type Args, type Row } from "../row";

const vm = (field: string, a: unknown, b: unknown, shows: RegExp, on: string, needs: Args = {}): Row =>
  row("Vm", field, a, b, shows, { on, needs });

/** The cells of a VM of two cores; what the row is about stands in the first. */
function cell(field: string, a: Args, b: Args, shows: RegExp): Row {
  const side = (first: Args): Args => ({
    cores: 2,
    memory: 48,
    numa: { nodes: [0], cells: [{ id: 0, cores: [0], memory: 24, ...first }, second(first)] },
  });
  return {
    ...vm("numa", {}, {}, shows, `cell-${field}`),
    field: `numa.cells[].${field}`,
    a: side(a),
    b: side(b),
  };
}

const second = ({ memory = 24, cores = [0] }: Args): Args => ({
  id: 1,
  cores: (cores as number[])[0] === 0 ? [1] : [0],
  memory: 48 - Number(memory),
});

const distant = (distances: readonly (readonly number[])[]): Args => {
  const cells = [0, 1].map((id) => ({ id, cores: [id], memory: 24 }));
  return { cores: 2, memory: 48, numa: { cells, distances } };
};

/** A guest with a hard limit is started with the right to lock as much, which this machine does not give. */
function locking(field: string, a: unknown, b: unknown, shows: RegExp): Row {
  return row("Vm", field, a, b, shows, { on: "locking", off: "right to lock memory" });
}

export const rows: readonly Row[] = [
  // A preview refuses them where none are free; what is defined is proven by the tests of the model.
  row("Vm", "hugepages", undefined, undefined, /./, { on: "huge", lacks: "free huge pages" }),
  vm("memoryBacking.source", "memfd", "file", /<source type='file'/, "running-backing"),
  vm("memoryBacking.access", "private", "shared", /<access mode='shared'/, "running-backing"),
  vm("memoryBacking.allocation", "ondemand", "immediate", /<allocation mode='immediate'/, "running-backing"),
  vm("memoryBacking.locked", false, true, /<locked\/>/, "locked"),
  vm("memoryBacking.noSharePages", false, true, /<nosharepages\/>/, "running-backing"),
  vm("memoryBacking.discard", false, true, /<discard\/>/, "running-backing"),
  locking("memoryTuning.hardLimit", "900MiB", "1GiB", /<hard_limit[^>]*>1048576</),
  vm("memoryTuning.softLimit", "500MiB", "512MiB", /<soft_limit[^>]*>524288</, "running-tuned"),
  locking("memoryTuning.swapHardLimit", "1900MiB", "2GiB", /<swap_hard_limit[^>]*>2097152</),
  vm("numa.nodes", undefined, [0], /<numatune>\s*<memory mode='strict' nodeset='0'/, "running-tuned"),
  vm("numa.mode", "strict", "preferred", /<memory mode='preferred'/, "running-tied", {
    numa: { nodes: [0] },
  }),
  // So is a VM for which no node has CPUs left, beside those that other rows tie to the only one there is.
  row("Vm", "numaPolicy", undefined, undefined, /./, { on: "single-node", lacks: "second NUMA node" }),
  cell("cores", { cores: [0] }, { cores: [1] }, /<cell id='0' cpus='1'/),
  cell("memory", { memory: 24 }, { memory: 16 }, /<cell id='0'[^>]*memory='16384'/),
  cell("nodes", {}, { nodes: [0] }, /<memnode cellid='0'[^>]*nodeset='0'/),
  cell("access", { access: "private" }, { access: "shared" }, /<cell id='0'[^>]*memAccess='shared'/),
  {
    ...cell(
      "distances",
      {},
      {},
      /<cell id='0'[^>]*>\s*<distances>\s*<sibling id='0' value='10'\/>\s*<sibling id='1' value='31'/,
    ),
    field: "numa.distances",
    a: distant([
      [10, 21],
      [21, 10],
    ]),
    b: distant([
      [10, 31],
      [41, 10],
    ]),
  },
  {
    ...cell("id", {}, {}, /<cell id='0'[^>]*memory='49152'/),
    a: {
      memory: 48,
      cores: 2,
      numa: {
        cells: [
          { id: 1, cores: [1], memory: 24 },
          { id: 0, cores: [0], memory: 24 },
        ],
      },
    },
    b: { memory: 48, cores: 2, numa: { cells: [{ id: 0, cores: [0, 1], memory: 48 }] } },
  },
  vm("memory", 256, 384, /<size unit='KiB'>131072</, "running-modules", {
    maxMemory: "1GiB",
    memoryHotplug: {},
  }),
  vm("memoryHotplug.slots", 16, 32, /<maxMemory slots='32'/, "running-slots", { maxMemory: "1GiB" }),
  vm("balloon.model", "virtio", "none", /<memballoon model='none'/, "running-no-balloon"),
  vm("balloon.autodeflate", false, true, /autodeflate='on'/, "running"),
  vm("balloon.freePageReporting", false, true, /freePageReporting='on'/, "running"),
  vm("balloon.statsPeriod", 5, 10, /<stats period='10'/, "running"),
];
