/**
 * An LXD server over HTTPS that does not know us yet: trusted in two steps, then given a project, a storage pool, a network and
 * a virtual machine. In this folder:
 *
 *   pulumi stack init dev
 *   pulumi config set address https://192.168.1.5:8443
 *   pulumi config set serverFingerprint <certificate_fingerprint of `lxc info` on the server>
 *   pulumi up
 *
 * The first `pulumi up` makes a key and a certificate for this server, prints the command that trusts them, and stops there.
 * Run that command on the server, then `pulumi up` again: it goes on with the same pair. With a token it is one step:
 * `lxc config trust add --name pulumi` on the server prints one for `pulumi config set --secret trustToken`.
 */
import * as pulumi from "@pulumi/pulumi";
import { getHostResources, LxdNetwork, LxdProject, StoragePool, Vm, VmHost } from "pulumi-vmhost";

const config = new pulumi.Config();
const address = config.require("address");
const serverFingerprint = config.require("serverFingerprint");

const server = new VmHost("lxd1", {
  address,
  serverFingerprint,
  generateCertificate: true,
  trustToken: config.getSecret("trustToken"),
});

// A project with at most five instances of its own, and the images that the server has for everybody.
const project = new LxdProject("web", {
  host: server,
  features: { images: false, profiles: true, storageVolumes: true },
  limits: { instances: 5 },
});

// The same server, seen from inside the project: what is made here is in it.
const web = new VmHost("lxd1-web", {
  address,
  serverFingerprint,
  certificate: server.clientCertificate.apply((pem) => pem ?? ""),
  key: server.clientKey.apply((pem) => pem ?? ""),
  project,
});

const pool = new StoragePool("pool", { host: server, type: "dir" });

const lan = new LxdNetwork("lan", {
  host: server,
  ipv4: { address: "10.77.0.1/24", nat: true },
  ipv6: { address: "none" },
});

const vm = new Vm("app", {
  host: web,
  instanceType: config.get("instanceType") === "container" ? "container" : "virtual-machine",
  cores: 1,
  memory: config.get("memory") ?? "1GiB",
  disks: [
    { name: "root", pool, image: config.get("image") ?? "ubuntu:24.04", size: config.get("disk") ?? "8GiB" },
  ],
  interfaces: [{ network: lan }],
  waitFor: { address: "ipv4", timeout: "5m" },
});

export const version = server.version;
export const certificateExpiry = server.certificateExpiry;
export const projectName = project.name;
export const vmName = vm.name;
export const ipAddress = vm.address;
// Who has what, project by project: asked of the server once the VM is there, and not kept in state.
export const projects = getHostResources({ host: vm.id.apply(() => web.connection) }).projects;
