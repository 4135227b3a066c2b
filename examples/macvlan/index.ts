/**
 * The default macvlan mode of a host that has VMs already is changed, as with
 * `maas $PROFILE pod update <pod-id> default_macvlan_mode=<mode>`: the preview says `update` for the host, the VMs that are there
 * keep their mode, and VMs that come later get the new one. To run it, in this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set address qemu+ssh://ubuntu@192.168.1.2/system
 *   pulumi config set device eno2
 *   pulumi up
 *   pulumi config set mode private && pulumi config set --path 'vms[0]' first && pulumi config set --path 'vms[1]' second
 *   pulumi up
 *
 * The host itself cannot talk to guests over macvlan, whatever the mode; `vepa` needs a switch that sends frames back.
 */
import * as pulumi from "@pulumi/pulumi";
import { Vm, VmHost } from "pulumi-vmhost";

const config = new pulumi.Config();

const host = new VmHost("kvm1", {
  address: config.require("address"),
  cpuOvercommitRatio: 2,
  defaultMacvlanMode: config.get<"private" | "vepa" | "bridge" | "passthru">("mode") ?? "bridge",
});

for (const name of config.getObject<string[]>("vms") ?? ["first"])
  new Vm(name, {
    host,
    name,
    memory: "64MiB",
    domainType: "qemu",
    interfaces: [{ macvlan: config.require("device") }],
    // There is nothing to boot here.
    running: "paused",
  });
