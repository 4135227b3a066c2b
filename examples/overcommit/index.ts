/**
 * The scenario of MAAS's documentation: on a host with 4 cores and 12 GB, four VMs of 2 cores and 4 GB each. They need a CPU ratio
 * of 2 and a memory ratio of 1.34; at 1.3333 the preview refuses the fourth, by one MiB. To run it, in this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set address qemu+ssh://ubuntu@192.168.1.2/system
 *   pulumi config set cpuRatio 2 && pulumi config set memoryRatio 1.34
 *   pulumi preview
 *
 * It is the same on LXD (`address https://lxd1.example:8443`). On a larger machine, `reservedCpu` and `reservedMemory` take away what is more than 4 cores and 12 GB.
 */
import * as pulumi from "@pulumi/pulumi";
import { Vm, VmHost } from "pulumi-vmhost";

const config = new pulumi.Config();

const host = new VmHost("kvm1", {
  address: config.require("address"),
  cpuOvercommitRatio: config.requireNumber("cpuRatio"),
  memoryOvercommitRatio: config.requireNumber("memoryRatio"),
  reservedCpu: config.get("reservedCpu") ?? 0,
  reservedMemory: config.get("reservedMemory") ?? 0,
});

for (const name of ["one", "two", "three", "four"])
  new Vm(name, {
    host,
    name,
    cores: name === "four" ? (config.getNumber("coresOfFour") ?? 2) : 2,
    memory: "4GiB",
    // Never all of them at once.
    running: false,
  });

export const limits = host.overcommitted;
