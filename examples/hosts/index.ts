/**
 * One machine registered three ways, with the values of MAAS's documentation:
 *
 *   maas $PROFILE pods create type=virsh power_address=qemu+ssh://ubuntu@192.168.1.2/system
 *   … power_pass=example cpu_over_commit_ratio=0.3 memory_over_commit_ratio=4.6
 *   … power_pass=example default_storage_pool=pool1
 *
 * and a VM for each of the two that say something of VMs. On four cores, 0.3 leaves room for one core: set `cores` to 2, and the
 * preview refuses. To run it, in this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set address qemu+ssh://ubuntu@192.168.1.2/system
 *   pulumi config set --secret password example
 *   pulumi up
 */
import * as pulumi from "@pulumi/pulumi";
import { StoragePool, Vm, VmHost } from "pulumi-vmhost";

const config = new pulumi.Config();
const address = config.require("address");
const password = config.requireSecret("password");
// Cores that this machine keeps for itself.
const reservedCpu = config.get("reservedCpu") ?? 0;

const plain = new VmHost("plain", { address, sshKeyFile: config.get("sshKeyFile") });

const overcommitted = new VmHost("overcommitted", {
  address,
  password,
  cpuOvercommitRatio: 0.3,
  memoryOvercommitRatio: 4.6,
  reservedCpu,
});

const pool1 = new StoragePool("pool1", { host: plain, name: "pool1", path: "/var/lib/libvirt/pool1" });
const pooled = new VmHost("pooled", { address, password, reservedCpu, defaultStoragePool: pool1 });

const small = new Vm("small", {
  host: overcommitted,
  name: "small",
  cores: config.getNumber("cores") ?? 1,
  memory: "1GiB",
  domainType: "qemu",
  running: false,
});

const stored = new Vm(
  "stored",
  {
    host: pooled,
    name: "stored",
    memory: "1GiB",
    domainType: "qemu",
    disks: [{ size: "64MiB" }],
    running: false,
  },
  // All VMs of a machine count for each of its ratios; the one that has the least room goes first.
  { dependsOn: small },
);

export const hostname = plain.hostname;
export const limits = overcommitted.overcommitted;
export const pool = stored.disks.apply(([root]) => root?.inPool);
