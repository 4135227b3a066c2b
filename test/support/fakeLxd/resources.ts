/**
 * `/1.0/resources` of machines that are not here. Each says where it is from.
 */

/**
 * Recorded from Debian's LXD 5.0.2 on our own machine: one node, a card without ports and without SR-IOV. What a client
 * does not read (caches, firmware, disks) is left out.
 */
export const small = {
  cpu: {
    architecture: "x86_64",
    sockets: [
      {
        name: "Intel(R) Xeon(R) Processor",
        vendor: "GenuineIntel",
        socket: 0,
        cores: [0, 1].map((core) => ({
          core,
          die: 0,
          threads: [{ id: core, numa_node: 0, thread: 0, online: true, isolated: false }],
        })),
      },
    ],
    total: 2,
  },
  memory: {
    nodes: [{ numa_node: 0, hugepages_used: 0, hugepages_total: 0, used: 9733705728, total: 25769803776 }],
    hugepages_total: 0,
    hugepages_used: 0,
    hugepages_size: 2097152,
    used: 3276832768,
    total: 25769803776,
  },
  network: {
    cards: [
      {
        driver: "virtio-pci",
        driver_version: "6.18.44-fc-v595",
        numa_node: 0,
        pci_address: "0000:00:03.0",
        vendor_id: "1af4",
        product_id: "1041",
      },
    ],
    total: 1,
  },
};

const GIB = 2 ** 30;

/**
 * Reconstructed: a machine of two sockets. The numbering of threads (hyperthreads 16 to 31 beside 0 to 15, a socket a node) is
 * that of two E5-2620 v4 in `lxc info --resources` of canonical/lxd issue 10566; the cards (a 82574L on node 0, a dual-port
 * one on node 1) are those of pull request 6060; their SR-IOV part has the form of MAAS' samples of LXD's answers
 * (`current_vfs`, `maximum_vfs`, `vfs` with an address each, or null). Amounts of memory are ours, the fields are those of
 * LXD's documented ResourcesMemory and ResourcesMemoryNode.
 */
export const twoNodes = {
  cpu: {
    architecture: "x86_64",
    sockets: [0, 1].map((socket) => ({
      name: "Intel(R) Xeon(R) CPU E5-2620 v4 @ 2.10GHz",
      vendor: "GenuineIntel",
      socket,
      frequency: 1201,
      cores: Array.from({ length: 8 }, (_, core) => ({
        core,
        die: 0,
        frequency: 1201,
        threads: [0, 1].map((thread) => ({
          id: socket * 8 + core + thread * 16,
          numa_node: socket,
          thread,
          online: true,
          isolated: false,
        })),
      })),
    })),
    total: 32,
  },
  memory: {
    nodes: [0, 1].map((node) => ({
      numa_node: node,
      hugepages_used: 0,
      hugepages_total: 4 * GIB,
      used: 8 * GIB,
      total: 64 * GIB,
    })),
    hugepages_total: 8 * GIB,
    hugepages_used: 0,
    hugepages_size: 2097152,
    used: 16 * GIB,
    total: 128 * GIB,
  },
  storage: {
    disks: [
      { id: "sda", device: "8:0", model: "INTEL SSDSC2BB48", type: "sata", size: 480103981056, numa_node: 0 },
      { id: "nvme0n1", device: "259:0", model: "", type: "nvme", size: 512110190592, numa_node: 1 },
    ],
    total: 2,
  },
  network: {
    cards: [
      {
        driver: "e1000e",
        driver_version: "3.2.6-k",
        numa_node: 0,
        pci_address: "0000:0a:00.0",
        vendor: "Intel Corporation",
        vendor_id: "8086",
        product: "82574L Gigabit Network Connection",
        product_id: "10d3",
        ports: [{ id: "enp11s0", address: "d0:50:99:c2:92:64", port: 0, protocol: "ethernet" }],
      },
      {
        driver: "mlx4_core",
        driver_version: "4.0-0",
        numa_node: 1,
        pci_address: "0000:82:00.0",
        vendor: "Mellanox Technologies",
        vendor_id: "15b3",
        product: "MT27500 Family [ConnectX-3]",
        product_id: "1003",
        sriov: {
          current_vfs: 2,
          maximum_vfs: 16,
          vfs: [1, 2].map((vf) => ({
            driver: "mlx4_core",
            driver_version: "4.0-0",
            numa_node: 1,
            pci_address: `0000:82:00.${vf}`,
            ports: [],
          })),
        },
        ports: [
          { id: "enp130s0d1", address: "00:02:c9:a0:00:91", port: 1, protocol: "ethernet" },
          { id: "ib0", address: "80:00:0a:80:fe:80", port: 0, protocol: "infiniband" },
        ],
      },
    ],
    total: 2,
  },
};

/** In the form of MAAS' sample of a machine whose memory LXD tells as a whole (`nodes: null`), with huge pages; one CPU is off. */
export const withoutNodes = {
  ...small,
  cpu: {
    ...small.cpu,
    sockets: [
      {
        ...small.cpu.sockets[0],
        cores: [0, 1, 2].map((core) => ({
          core,
          die: 0,
          threads: [{ id: core, numa_node: 0, thread: 0, online: core !== 2, isolated: false }],
        })),
      },
    ],
  },
  memory: {
    hugepages_size: 2097152,
    hugepages_total: 429284917248,
    hugepages_used: 429284917248,
    nodes: null,
    total: 687194767360,
    used: 557450502144,
  },
};
