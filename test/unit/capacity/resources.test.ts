import { describe, expect, test } from "@jest/globals";
import { hostResources, type Inventory, type PlacedVm } from "../../../provider/capacity/resources";

const HOST: Omit<Inventory, "vms"> = {
  total: { cores: 16, memoryMiB: 32768 },
  nodes: [0, 1].map((id) => ({
    id,
    cpus: Array.from({ length: 8 }, (_, cpu) => id * 8 + cpu),
    memoryMiB: 16384,
    hugepages: [{ pageKiB: 2048, pages: 1024 }],
  })),
  interfaces: [
    {
      name: "ens1",
      type: "physical",
      ports: [],
      numaNode: 0,
      virtualFunctions: 8,
      functions: ["0000:03:10.0"],
    },
    { name: "ens2", type: "physical", ports: [], numaNode: 1 },
    { name: "bond0", type: "bond", ports: ["ens2"] },
    { name: "br0", type: "bridge", ports: ["bond0", "tap17"] },
  ],
  networks: [
    { name: "fast", forwardMode: "sriov", parents: ["ens1"] },
    { name: "lan", forwardMode: "nat", bridge: "br0" },
  ],
};

const vm = (name: string, more: Partial<PlacedVm> = {}): PlacedVm => ({
  id: name,
  name,
  state: "running",
  cores: 2,
  memoryMiB: 2048,
  ...more,
});

const of = (...vms: PlacedVm[]) => hostResources({ ...HOST, vms }, { perNuma: true });

describe("a host's resources", () => {
  test("count every VM, tied to a node or not, running or not", () => {
    const told = of(
      vm("a", { state: "stopped" }),
      vm("b", { cpus: [0, 1], pinnedCores: [0, 1], hugepages: true }),
    );
    expect(told.cores).toEqual({ total: 16, allocated: 4, free: 12 });
    expect(told.memoryMiB).toEqual({
      general: { total: 28672, allocated: 2048, free: 26624 },
      hugepages: [{ pageKiB: 2048, total: 4096, allocated: 2048, free: 2048 }],
    });
    expect(told.untied).toEqual({ vms: 1, cores: 2, memoryMiB: 2048 });
    expect(told.vms.map(({ name, numaNodes }) => [name, numaNodes])).toEqual([
      ["a", []],
      ["b", [0]],
    ]);
  });

  test("know on which node a disk is, which a host of one node need not tell", () => {
    const disks = [
      { name: "sda", bytes: 5 },
      { name: "sdb", bytes: 7, numaNode: 1 },
    ];
    const storage = (nodes: Inventory["nodes"]): unknown =>
      hostResources({ ...HOST, nodes, vms: [], disks }, { perNuma: true }).numa?.map((node) => node.storage);
    expect(storage(HOST.nodes)).toEqual([
      { disks: [], bytes: 0 },
      { disks: ["sdb"], bytes: 7 },
    ]);
    expect(storage(HOST.nodes.slice(0, 1))).toEqual([{ disks: ["sda"], bytes: 5 }]);
    expect(hostResources({ ...HOST, vms: [] }).disks).toEqual([]);
  });

  test("go node by node only where that is asked for", () => {
    expect(of().numa?.map(({ id, interfaces }) => [id, interfaces])).toEqual([
      [0, ["ens1"]],
      [1, ["ens2"]],
    ]);
    expect(hostResources({ ...HOST, vms: [] })).not.toHaveProperty("numa");
  });

  test("name VMs that span nodes (R169)", () => {
    expect(of(vm("wide", { cores: 4, cpus: [6, 7, 8, 9] })).warnings).toEqual([
      'VM "wide" spans NUMA nodes (50% on node 0, 50% on node 1); pinned to CPUs of one, its memory is as near as can be',
    ]);
  });

  test("have SR-IOV functions less those of VMs: by parent, by network, by a function's own address (R174)", () => {
    const taking = [
      { device: "ens1", sriov: true },
      { network: "fast" },
      { device: "0000:03:10.0", sriov: true },
    ];
    const vms = taking.map((way, index) =>
      vm(`vm${index}`, { attachments: [{ name: "eth0", ...way } as never] }),
    );
    const told = of(...vms, vm("macvlan", { attachments: [{ name: "eth0", device: "ens1" }] }));
    expect(told.interfaces[0]?.functions).toEqual({ total: 8, enabled: 1, allocated: 3, free: 5 });
    expect(told.interfaces[1]).not.toHaveProperty("functions");
  });

  test("name interfaces on another node than their VM, through bridges and bonds (R172)", () => {
    const here = { cpus: [0, 1], pinnedCores: [0, 1] };
    const told = of(
      vm("far", {
        ...here,
        attachments: [
          { name: "eth0", network: "fast" },
          { name: "eth1", network: "lan" },
        ],
      }),
      vm("near", { ...here, attachments: [{ name: "eth0", device: "ens1" }] }),
      vm("roams", { attachments: [{ name: "eth0", device: "br0" }] }),
    );
    expect(told.warnings).toEqual([
      'VM "far" is on NUMA node 0, and its interface eth1 is on ens2 of node 1',
    ]);
  });

  test("are summed by project", () => {
    const told = of(
      vm("a", { project: "web" }),
      vm("b", { project: "web", cores: 4 }),
      vm("c", { project: "db" }),
    );
    expect(told.projects).toEqual([
      { project: "db", vms: 1, cores: 2, memoryMiB: 2048 },
      { project: "web", vms: 2, cores: 6, memoryMiB: 4096 },
    ]);
  });
});
