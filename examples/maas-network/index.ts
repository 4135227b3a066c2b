/**
 * A KVM host as MAAS's documentation sets it up by hand: the network `maas`, whose DHCP is not libvirt's, so that a VM on it can
 * boot from the network; the host is reached over SSH with a key. Nobody names the network for the VM: `maas` is what is chosen.
 *
 * First, once: `ssh-keygen`, `ssh-copy-id ubuntu@192.168.1.2`, and `virsh -c qemu+ssh://ubuntu@192.168.1.2/system list --all` must
 * answer (the account is in the host's `libvirt` group). Then, in this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set address qemu+ssh://ubuntu@192.168.1.2/system
 *   pulumi up
 */
import * as pulumi from "@pulumi/pulumi";
import { LibvirtNetwork, Vm, VmHost } from "pulumi-vmhost";

const config = new pulumi.Config();

const host = new VmHost("kvm1", {
  address: config.require("address"),
  // What libvirt cannot know: a DHCP server of yours (MAAS's, say) is on this bridge.
  knownInterfaces: [{ name: "virbr1", type: "bridge", dhcp: true }],
});

const maas = new LibvirtNetwork("maas", {
  host,
  name: "maas",
  forward: { mode: "nat", natPorts: { start: 1024, end: 65535 } },
  dns: { enabled: false },
  bridge: { name: "virbr1", stp: false, delay: 0 },
  domain: "testnet",
  // No `dhcp`: libvirt's own would not tell guests what to boot.
  ips: [{ cidr: "172.16.99.1/24" }],
});

const node = new Vm(
  "node",
  {
    host,
    name: "node",
    memory: "512MiB",
    // Emulation, so that this runs in nested and cloud machines too; leave it out to use KVM.
    domainType: config.get("domainType") === "kvm" ? "kvm" : "qemu",
    netboot: true,
    interfaces: [{}],
  },
  // It names no network, so nothing else would make it wait for this one.
  { dependsOn: maas },
);

export const network = node.interfaces.apply(([nic]) => nic?.chosen);
export const mac = node.interfaces.apply(([nic]) => nic?.mac);
export const netbootReady = node.netbootReady;
