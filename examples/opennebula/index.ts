/**
 * What OpenNebula's KVM driver has in its configuration and a VM template, as `vmDefaults` of a host and a Vm; `template.ts` shows
 * both side by side. Which attribute is which input: docs/placement.md. To run it, in this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set address qemu+ssh://ubuntu@192.168.1.2/system
 *   pulumi up
 */
import * as pulumi from "@pulumi/pulumi";
import { StoragePool, Vm, VmHost } from "pulumi-vmhost";
import { template, vmDefaults } from "./template";

const config = new pulumi.Config();

const host = new VmHost("kvm1", {
  address: config.get("address") ?? "qemu:///system", // LIBVIRT_URI
  shutdownTimeout: "300s", // SHUTDOWN_TIMEOUT
  forceDestroy: false, // FORCE_DESTROY
  cancelNoAcpi: false, // CANCEL_NO_ACPI
  vmDefaults,
});

const pool = new StoragePool("one", { host, name: "one", path: "/var/lib/libvirt/one" });

const vm = new Vm("one-74", {
  ...template,
  host,
  disks: (template.disks as object[]).map((disk) => ({ ...disk, pool })),
  domainType: "qemu",
  running: false,
});

export const uuid = vm.uuid;
