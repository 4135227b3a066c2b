import * as pulumi from "@pulumi/pulumi";
import { LibvirtNetwork, StoragePool, StorageVolume, Vm, VmHost } from "pulumi-vmhost";

const config = new pulumi.Config();

// Your own host: `pulumi config set address qemu+ssh://user@host/system`.
const host = new VmHost("kvm1", {
  address: config.get("address") ?? "qemu:///system",
  cpuOvercommitRatio: 4,
  tags: ["quickstart"],
});

// The network of MAAS's documentation, with libvirt's DHCP on.
const network = new LibvirtNetwork("maas", {
  host,
  name: "maas",
  forward: { mode: "nat", natPorts: { start: 1024, end: 65535 } },
  bridge: { name: "virbr1", stp: false, delay: 0 },
  domain: "testnet",
  ips: [{ cidr: "172.16.99.1/24", dhcp: { ranges: [{ start: "172.16.99.10", end: "172.16.99.200" }] } }],
});

const pool = new StoragePool("quickstart", {
  host,
  name: "quickstart",
  path: config.get("poolPath") ?? "/var/lib/libvirt/quickstart",
});

// A kernel and an initramfs from this machine, streamed up to the host.
const kernel = new StorageVolume("kernel", { host, pool, source: config.require("kernel"), format: "raw" });
const initrd = new StorageVolume("initrd", { host, pool, source: config.require("initrd"), format: "raw" });

const vm = new Vm("hello", {
  host,
  description: "The quickstart of pulumi-vmhost",
  cores: 1,
  memory: "192MiB",
  // Emulation, so that this runs in nested and cloud machines too; leave it out to use KVM.
  domainType: config.get("domainType") === "kvm" ? "kvm" : "qemu",
  os: { kernel, initrd, cmdline: "console=ttyS0 quiet" },
  disks: [{ pool, size: "64MiB" }],
  interfaces: [{ network }],
  waitFor: { address: "ipv4", timeout: "3m" },
});

export const address = vm.address;
export const vmName = vm.name;
export const hostname = host.hostname;
export const capacity = host.capacity;
export const storagePools = host.storagePools;
export const networks = host.networks;
