import type { VmArgs, VmHostArgs } from "pulumi-vmhost";

/**
 * OpenNebula's `vmm_exec_kvm.conf`, as it stands in its documentation:
 *
 *   OS       = [ ARCH = "x86_64" ]
 *   FEATURES = [ PAE = "no", ACPI = "yes", APIC = "no", HYPERV = "no", GUEST_AGENT = "no" ]
 *   DISK     = [ DRIVER = "raw" , CACHE = "none" ]
 *   NIC      = [ FILTER = "clean-traffic" ]
 */
export const vmDefaults: NonNullable<VmHostArgs["vmDefaults"]> = {
  os: { arch: "x86_64" },
  features: { pae: false, acpi: true, apic: false },
  hyperv: false,
  guestAgent: false,
  disk: { format: "raw", cache: "none" },
  nic: { filter: "clean-traffic" },
};

/**
 * A VM template:
 *
 *   CPU      = 0.5, VCPU = 2, MEMORY = 512
 *   DISK     = [ DEV_PREFIX = "sd", DISCARD = "unmap", SIZE = 64 ]
 *   DISK     = [ DEV_PREFIX = "vd", SIZE = 32, CACHE = "writeback" ]
 *   NIC      = [ BRIDGE = "br0", MODEL = "virtio", TARGET = "one-74-0" ]
 *   FEATURES = [ VIRTIO_SCSI_QUEUES = 4, HYPERV = "yes" ], and HYPERV_OPTIONS of the documentation
 *   GRAPHICS = [ TYPE = "SPICE" ], which brings SPICE_OPTIONS: qxl, sound, the agent's channel, three USB redirections
 *   RAW      = [ TYPE = "kvm", DATA = "<devices><serial …/><console …/></devices>" ]
 */
export const template: Omit<VmArgs, "host"> = {
  name: "one-74",
  cpu: 0.5,
  cores: 2,
  memory: 512,
  disks: [
    { bus: "scsi", discard: "unmap", size: "64MiB" },
    { size: "32MiB", cache: "writeback" },
  ],
  interfaces: [{ bridge: "br0", model: "virtio", targetDev: "one-74-0" }],
  features: { virtioScsiQueues: 4 },
  hyperv: { relaxed: true, vapic: true, spinlocks: 4096 },
  graphics: { type: "spice" },
  // Its own serial line and console stand in place of ours.
  console: false,
  raw: '<devices><serial type="pty"><source path="/dev/pts/5"/><target port="0"/></serial><console type="pty" tty="/dev/pts/5"><source path="/dev/pts/5"/><target port="0"/></console></devices>',
};
