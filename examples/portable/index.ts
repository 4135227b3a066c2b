/**
 * One program for a host of either kind: `kind` says which, and what differs stands in one place each. The outputs have the same
 * shape on both. In this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set kind libvirt
 *   pulumi config set address qemu+ssh://user@host/system
 *   pulumi config set image ./debian-13.qcow2        # a file of this machine
 *   pulumi up
 *
 * or, in another stack,
 *
 *   pulumi config set kind lxd
 *   pulumi config set address unix://
 *   pulumi config set image ubuntu:24.04             # an image of the server, or of an image server
 *   pulumi up
 */
import * as pulumi from "@pulumi/pulumi";
import {
  getHostResources,
  getVmHost,
  LibvirtNetwork,
  LxdNetwork,
  StoragePool,
  StorageVolume,
  Vm,
  VmHost,
} from "pulumi-vmhost";

const config = new pulumi.Config();
const kind = config.require<"libvirt" | "lxd">("kind");
const image = config.require("image");

const host = new VmHost("host", { address: config.require("address"), cpuOvercommitRatio: 4 });

const pool = new StoragePool("pool", {
  host,
  ...(kind === "libvirt" ? { path: config.get("poolPath") ?? "/var/lib/libvirt/portable" } : {}),
});

const subnet = "10.88.0";
const network =
  kind === "libvirt"
    ? new LibvirtNetwork("lan", {
        host,
        forward: { mode: "nat" },
        ips: [
          {
            cidr: `${subnet}.1/24`,
            dhcp: { ranges: [{ start: `${subnet}.10`, end: `${subnet}.200` }] },
          },
        ],
      })
    : new LxdNetwork("lan", {
        host,
        ipv4: {
          address: `${subnet}.1/24`,
          nat: true,
          ranges: [{ start: `${subnet}.10`, end: `${subnet}.200` }],
        },
        ipv6: { address: "none" },
      });

// libvirt puts a layer over a volume that we upload; LXD copies an image that it has or fetches.
const root =
  kind === "libvirt" ? { backing: new StorageVolume("image", { host, pool, source: image }) } : { image };

const vm = new Vm("app", {
  host,
  cores: 1,
  memory: config.get("memory") ?? "1GiB",
  description: "The same on both kinds of host",
  tags: ["portable"],
  disks: [{ name: "root", pool, size: config.get("disk") ?? "8GiB", ...root }],
  interfaces: [{ name: "eth0", network }],
  waitFor: { address: "ipv4", timeout: "5m" },
  ...config.getObject<object>("vm"),
});

// Asked once the VM is there, so that it is counted.
const now = vm.id.apply(() => host.connection);
const resources = getHostResources({ host: now, perNuma: true });
export const facts = getVmHost({ host: now });
export const numa = resources.numa;
export const untied = resources.untied;
export const capacity = facts.capacity;
export const pools = host.storagePools.apply((all) => all.length);
export const app = {
  id: vm.id,
  name: vm.name,
  address: vm.address,
  cores: vm.cores,
  memory: vm.memory,
  interfaces: vm.interfaces.apply((all) => all.map(({ name, mac, addresses }) => ({ name, mac, addresses }))),
  restartRequired: vm.restartRequired,
};
