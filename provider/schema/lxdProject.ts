import { z } from "./table/zod";
import { adopt, changingName, description, host, owner } from "./table/common";
import { field, type Field, type Fields, type Spec } from "./table/field";
import { group, type Complaint } from "./table/gate";
import { rawKeys, some } from "./lxdConfig";
import { lxdProjectKeys } from "./lxdProjectKeys";
import { part } from "./network/networkParts";
import { hostPath, listOf, oneOf, text } from "./table/types";
import { diskSize, memorySize } from "./table/units";
import { isUnknown } from "./table/unknown";

/** What is not said stays as it is; a new project has LXD's own choice. */
const feature = (what: string, own: string, key: string): Field<boolean | undefined> =>
  field(z.boolean().optional(), {
    fate: "live",
    keep: true,
    doc: `Whether the project has ${what} of its own, or those of the project \`default\`. LXD's choice for a new project is ${own}. Only a project that holds nothing can be given another.`,
    source: key,
  });

const featureFields = {
  images: feature("images", "yes", "features.images"),
  profiles: feature("profiles", "yes", "features.profiles"),
  storageVolumes: feature("volumes", "yes", "features.storage.volumes"),
  storageBuckets: feature("buckets", "yes", "features.storage.buckets"),
  networks: feature("networks", "no", "features.networks"),
  networkZones: feature("network zones", "no", "features.networks.zones"),
} satisfies Fields;

const most = (what: string, key: string): Field<number | undefined> =>
  part(z.int().min(0).optional(), {
    doc: `The most ${what} that the project may have. Default: any number.`,
    source: key,
  });

const limitFields = {
  instances: most("instances", "limits.instances"),
  containers: most("containers", "limits.containers"),
  virtualMachines: most("virtual machines", "limits.virtual-machines"),
  cores: most("cores (each instance then needs a number of its own)", "limits.cpu"),
  memory: part(memorySize().optional(), {
    ts: "string | number",
    doc: "The most memory of all instances together (each then needs a size of its own); a bare number is MiB.",
    source: "limits.memory",
  }),
  disk: part(diskSize().optional(), {
    ts: "string | number",
    doc: "The most space of instances, volumes and images together; a bare number is GiB.",
    source: "limits.disk",
  }),
  networks: most("networks", "limits.networks"),
  processes: most("processes", "limits.processes"),
} satisfies Fields;

const permit = (what: string, key: string): Field<"allow" | "block" | undefined> =>
  part(oneOf("allow", "block").optional(), { doc: `${what}. LXD's default is block.`, source: key });
const device = (what: string, key: string): Field<"allow" | "block" | "managed" | undefined> =>
  part(oneOf("allow", "block", "managed").optional(), {
    doc: `${what}: all of them, none, or only what LXD manages. LXD's default is managed.`,
    source: key,
  });
const names = (doc: string, key: string): Field<string[] | undefined> =>
  part(some(listOf(text().min(1))), { ts: "string[]", doc, source: key });

const restrictionFields = {
  backups: permit("Backups of instances and volumes", "restricted.backups"),
  snapshots: permit("Snapshots of instances and volumes", "restricted.snapshots"),
  target: permit("Choosing the cluster's member for an instance", "restricted.cluster.target"),
  clusterGroups: names("Groups of the cluster that instances may go to.", "restricted.cluster.groups"),
  interception: part(oneOf("allow", "block", "full").optional(), {
    doc: "Interception of containers' system calls. LXD's default is block.",
    source: "restricted.containers.interception",
  }),
  containerLowLevel: permit("Raw configuration of containers", "restricted.containers.lowlevel"),
  nesting: permit("Containers in containers", "restricted.containers.nesting"),
  privilege: part(oneOf("unprivileged", "isolated", "allow").optional(), {
    doc: "What containers may be: unprivileged, only with identities of their own (`isolated`), or anything. LXD's default is unprivileged.",
    source: "restricted.containers.privilege",
  }),
  vmLowLevel: permit("Raw configuration of virtual machines", "restricted.virtual-machines.lowlevel"),
  disks: device("Disks", "restricted.devices.disk"),
  diskPaths: part(some(listOf(hostPath())), {
    ts: "string[]",
    doc: "With disks `allow`: folders of the host that disks may come from.",
    source: "restricted.devices.disk.paths",
  }),
  gpus: permit("GPUs", "restricted.devices.gpu"),
  infiniband: permit("InfiniBand devices", "restricted.devices.infiniband"),
  interfaces: device("Network interfaces", "restricted.devices.nic"),
  pci: permit("PCI devices", "restricted.devices.pci"),
  proxies: permit("Proxy devices", "restricted.devices.proxy"),
  unixBlock: permit("Block devices of the host", "restricted.devices.unix-block"),
  unixChar: permit("Character devices of the host", "restricted.devices.unix-char"),
  unixHotplug: permit("Devices of the host that come and go", "restricted.devices.unix-hotplug"),
  usb: permit("USB devices", "restricted.devices.usb"),
  networks: names("Networks that may be used. Default: all.", "restricted.networks.access"),
  networkSubnets: names(
    "Subnets of uplinks that may be used, such as `uplink:10.0.0.0/24`.",
    "restricted.networks.subnets",
  ),
  networkUplinks: names("Networks that may be uplinks.", "restricted.networks.uplinks"),
  networkZones: names("DNS zones that may be used.", "restricted.networks.zones"),
} satisfies Fields;

export const lxdProjectFields = {
  host,
  owner,
  name: changingName(
    "The name on the server. Default: the logical name and a short suffix that is stable for this resource of this stack. A project that holds nothing is renamed in place.",
    "POST /1.0/projects/<name>",
  ),
  adopt,
  description: description("description"),
  features: group(featureFields, { fate: "live", doc: "What the project has of its own." }),
  limits: group(limitFields, { fate: "live", filled: true, doc: "How much it may have." }),
  restricted: part(z.boolean().optional(), {
    same: (a, b) => (a ?? false) === (b ?? false),
    doc: "Whether `restrictions` hold. Default false.",
    source: "restricted",
  }),
  restrictions: group(restrictionFields, {
    fate: "live",
    filled: true,
    doc: "What a restricted project may do; what is left out has LXD's default.",
  }),
  config: rawKeys(lxdProjectKeys, "images.remote_cache_expiry"),
} satisfies Fields;

export type LxdProjectSpec = Spec<typeof lxdProjectFields>;

interface ProjectInput {
  readonly name?: string;
  readonly features?: { readonly profiles?: boolean };
  readonly restricted?: boolean;
  readonly restrictions?: Readonly<Record<string, unknown>>;
}

export const lxdProjectRules = [
  function* ({ name, features, restricted, restrictions }: ProjectInput): Iterable<Complaint> {
    if (name !== undefined && !isUnknown(name) && !/^[A-Za-z0-9._-]{1,63}$/.test(name))
      yield { path: ["name"], message: "must be 1 to 63 letters, digits, dots, - or _" };
    if (restrictions !== undefined && restricted !== true && !isUnknown(restricted))
      yield { path: ["restrictions"], message: "need `restricted: true`" };
    if (restricted === true && features?.profiles === false)
      yield {
        path: ["restricted"],
        message: "needs `features.profiles`: LXD restricts no project without profiles of its own",
      };
  },
] as const;
