/** What a Vm of the measured programs is told; the do-nothing resources get the same words. */
const VM = `{
    host, memory: 64, console: false, guestAgent: false, forceDestroy: true,
    raw: "<os><loader readonly='yes' type='rom'>" + config.require("rom") + "</loader></os>",
    disks: [{ pool, backing: base }],
    interfaces: [{ network: lan }],
  }`;

/** The same VM with room to grow, before and after a change of each kind that a running guest can be given. */
const CHANGED = `{
    host, memory: grown ? 80 : 64, maxMemory: 96, cores: grown ? 2 : 1, maxCores: 2,
    console: false, guestAgent: false, forceDestroy: true,
    raw: "<os><loader readonly='yes' type='rom'>" + config.require("rom") + "</loader></os>",
    disks: [{ pool, backing: base }, ...(grown ? [{ name: "more", pool, size: "16MiB" }] : [])],
    interfaces: [{ network: lan }, ...(grown ? [{ name: "more", network: lan }] : [])],
  }`;

const LAN = `{ host, name: "bench", forward: { mode: "nat" }, ips: [{ cidr: "172.16.77.1/24", dhcp: { ranges: [{ start: "172.16.77.10", end: "172.16.77.250" }] } }] }`;

const CONFIG = `
const pulumi = require("@pulumi/pulumi");
const config = new pulumi.Config();
const grown = config.getBoolean("grown");
`;

const NOTHING_AT_ALL = `
const text = 'exports.handler=()=>({check:async(o,n)=>({inputs:n}),diff:async(i,o,n)=>({changes:JSON.stringify(o)!==JSON.stringify(n)}),update:async(i,o,n)=>({outs:n}),create:async i=>({id:"id",outs:i}),read:async(id,props)=>({id,props}),delete:async()=>{}})';
class Nothing extends pulumi.CustomResource {
  constructor(name, props) { super("pulumi-nodejs:dynamic/bench:Nothing", name, { name, ...props, __provider: text }); }
}
`;

/** The program that is measured: pool, base volume, network, and N small VMs with an overlay and an interface each. */
export const VMS = `${CONFIG}
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const host = new VmHost("host", { address: config.require("address"), reservedCpu: -1000, reservedMemory: "-1TiB" });
const pool = new StoragePool("pool", { host, name: "bench", path: config.require("poolPath") });
const base = new StorageVolume("base", { host, pool, name: "base.qcow2", source: config.require("image") });
const lan = new LibvirtNetwork("lan", ${LAN});
for (let index = 0; index < config.requireNumber("count"); index++) new Vm("vm" + index, ${VM});
`;

/** The same resources with the same words and the same dependencies, by a provider that does nothing. */
export const NOTHING = `${CONFIG}${NOTHING_AT_ALL}
const real = new Nothing("host", { address: config.require("address") });
const host = { address: config.require("address"), urn: real.urn };
const pool = new Nothing("pool", { host, name: "bench", path: config.require("poolPath") }).name;
const base = pulumi.interpolate\`\${pool}/\${new Nothing("base", { host, pool, name: "base.qcow2", source: config.require("image") }).name}\`;
const lan = new Nothing("lan", ${LAN}).name;
for (let index = 0; index < config.requireNumber("count"); index++) new Nothing("vm" + index, ${VM});
`;

/** A base and N overlays on it. */
export const OVERLAYS = `${CONFIG}
const { StoragePool, StorageVolume } = require("pulumi-vmhost");
const host = config.require("address");
const pool = new StoragePool("pool", { host, name: "bench", path: config.require("poolPath") });
const base = new StorageVolume("base", { host, pool, name: "base.qcow2", source: config.require("image") });
for (let index = 0; index < config.requireNumber("count"); index++)
  new StorageVolume("vm" + index, { host, pool, name: "vm" + index, backing: base });
`;

/** The same by a provider that does nothing. */
export const NO_OVERLAYS = `${CONFIG}${NOTHING_AT_ALL}
const host = config.require("address");
const pool = new Nothing("pool", { host, name: "bench", path: config.require("poolPath") }).name;
const base = pulumi.interpolate\`\${pool}/\${new Nothing("base", { host, pool, name: "base.qcow2", source: config.require("image") }).name}\`;
for (let index = 0; index < config.requireNumber("count"); index++)
  new Nothing("vm" + index, { host, pool, name: "vm" + index, backing: base });
`;

/** One volume that is sent from a file. */
export const SENDING = `${CONFIG}
const { StorageVolume } = require("pulumi-vmhost");
const [host, pool, source] = ["address", "pool", "file"].map((key) => config.require(key));
new StorageVolume("sent", { host, pool, source });
`;

/** The same by a provider that does nothing. */
export const NOT_SENDING = `${CONFIG}${NOTHING_AT_ALL}
new Nothing("sent", { host: config.require("address"), pool: config.require("pool"), source: config.require("file") });
`;

/** What a container of the measured programs is told; the do-nothing resources get the same words. */
const CONTAINER = `{
    host, instanceType: "container", cores: 1, memory: 64, forceDestroy: true,
    disks: [{ name: "root", pool: config.require("pool"), image: config.require("image") }],
  }`;

/** N containers on an LXD host, started and not waited for. */
export const LXD_CONTAINERS = `${CONFIG}
const { VmHost, Vm } = require("pulumi-vmhost");
const host = new VmHost("host", { address: config.require("address"), reservedCpu: -1000, reservedMemory: "-1TiB" });
for (let index = 0; index < config.requireNumber("count"); index++) new Vm("vm" + index, ${CONTAINER});
`;

/** The same resources with the same words, by a provider that does nothing. */
export const NO_CONTAINERS = `${CONFIG}${NOTHING_AT_ALL}
const real = new Nothing("host", { address: config.require("address") });
const host = { address: config.require("address"), urn: real.urn };
for (let index = 0; index < config.requireNumber("count"); index++) new Nothing("vm" + index, ${CONTAINER});
`;

/** Both programs with VMs that change. */
export const CHANGING = VMS.replace(VM, CHANGED);
export const NOTHING_CHANGING = NOTHING.replace(VM, CHANGED);

/** One resource of ours that needs no host: a preview of it loads all that a preview loads. */
export const ONE = `
const { Vm } = require("pulumi-vmhost");
new Vm("vm", { host: { address: "qemu:///system" }, memory: 64 });
`;

/** The least that a dynamic provider can be. */
export const EMPTY = `
const pulumi = require("@pulumi/pulumi");
const { Vm } = require("pulumi-vmhost");
const text = 'exports.handler=()=>({check:async(o,n)=>({inputs:n})})';
class Nothing extends pulumi.CustomResource {
  constructor(name, props) { super("pulumi-nodejs:dynamic/bench:Nothing", name, { ...props, __provider: text }); }
}
new Nothing("vm", { host: { address: "qemu:///system" }, memory: 64 });
`;

/** A fleet of hosts behind sockets of their own, each with as many VMs. */
export const FLEET = `${CONFIG}
const { VmHost, Vm } = require("pulumi-vmhost");
for (let index = 0; index < config.requireNumber("count"); index++) {
  const address = "test+unix:///default?socket=" + config.require("run") + "/fleet-" + index;
  const host = new VmHost("host" + index, { address, cpuOvercommitRatio: 10, memoryOvercommitRatio: 10 });
  for (let vm = 0; vm < config.requireNumber("vms"); vm++) new Vm("vm" + index + "-" + vm, { host, memory: 64 });
}
`;
