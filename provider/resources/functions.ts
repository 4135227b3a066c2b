import * as pulumi from "@pulumi/pulumi";
import type {
  FoundHostResources,
  FoundVmHost,
  FoundVolume,
  HostInventory,
  Questions,
} from "../lifecycle/ask/answers";
import { lower } from "./base";
import { configReader } from "./inventory";
import { answered } from "./question";
import type { HostConnection, LxdProjectRef, StoragePoolRef, VmHostRef } from "./refs";

export type { FoundHostResources, FoundVmHost, FoundVolume };

/** The host to ask: a VmHost, the `connection` output of one, or an address. */
export interface HostQuestion {
  readonly host: VmHostRef | pulumi.Input<HostConnection | string>;
}

export interface VolumeQuestion extends HostQuestion {
  /** A StoragePool, or the name or UUID of one. */
  readonly pool: StoragePoolRef | pulumi.Input<string>;
  readonly name: pulumi.Input<string>;
}

/** Who a host is, what it has, and how much of it is given to VMs. */
export function getVmHost(question: HostQuestion): pulumi.Output<FoundVmHost> {
  return answer("vmHost", question);
}

export interface ResourcesQuestion extends HostQuestion {
  /** Also node by node, as `numa`. Default false. */
  readonly perNuma?: pulumi.Input<boolean>;
}

/**
 * Cores, memory, huge pages and SR-IOV functions of a host, and who has them; with `perNuma` also for each NUMA node.
 * `warnings` names VMs that span nodes, and interfaces on another node than their VM.
 *
 * @example
 * export const fullest = getHostResources({ host: kvm1, perNuma: true }).numa;
 */
export function getHostResources(question: ResourcesQuestion): pulumi.Output<FoundHostResources> {
  return answer("hostResources", question);
}

/** The storage pools of a host with their sizes, whoever made them. */
export function getStoragePools(question: HostQuestion): pulumi.Output<HostInventory["storagePools"]> {
  return answer("storagePools", question);
}

/** The virtual networks of a host, whoever made them. */
export function getNetworks(question: HostQuestion): pulumi.Output<HostInventory["networks"]> {
  return answer("networks", question);
}

/** The VMs of a host with their state and size, whoever made them. */
export function getVms(question: HostQuestion): pulumi.Output<HostInventory["vms"]> {
  return answer("vms", question);
}

/**
 * One volume of a storage pool, whoever made it; an error where there is none of that name.
 *
 * @example
 * const debian = getStorageVolume({ host: kvm1, pool: "images", name: "debian-13.qcow2" });
 * new Vm("web", { host: kvm1, disks: [{ backing: debian.id, size: "20GiB" }] });
 */
export function getStorageVolume(question: VolumeQuestion): pulumi.Output<FoundVolume> {
  return answer("storageVolume", question);
}

export interface ProjectQuestion extends HostQuestion {
  /** An LxdProject, or the name of one. Default: the project that the host is bound to. */
  readonly name?: LxdProjectRef | pulumi.Input<string>;
}

/** How much an LXD project has of what it may have: instances, cores, memory, disk, networks. */
export function getLxdProject(question: ProjectQuestion): pulumi.Output<Questions["lxdProject"]["answer"]> {
  return answer("lxdProject", question);
}

/** The network filters that libvirt knows, as interfaces name them. */
export function getNwFilters(question: HostQuestion): pulumi.Output<Questions["nwFilters"]["answer"]> {
  return answer("nwFilters", question);
}

/**
 * Asked in every preview and update, once what the question is made of is known; nothing of it is kept in state. Loaded on
 * first use: most programs never ask, and the drivers cost time to load.
 */
function answer<K extends keyof Questions>(
  what: K,
  question: HostQuestion,
): pulumi.Output<Questions[K]["answer"]> {
  const reader = configReader();
  const { host, ...rest } = lower({ ...question });
  // A host's credentials are secret; what it tells is not.
  const connection = pulumi.unsecret(pulumi.output(host));
  return answered(pulumi.all([connection, pulumi.output(rest)]), async ([asked, about]) => {
    const { ask } = require("../runtime") as typeof import("../runtime");
    return ask(what, asked, about as Questions[K]["asked"], reader);
  });
}
