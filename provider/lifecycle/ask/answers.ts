import type { HostResources } from "../../capacity/resources";
import type {
  HostFacts,
  HostInterface,
  NetworkSummary,
  NwFilterSummary,
  PoolSummary,
  ProjectState,
  VmSummary,
} from "../../driver/summaries";
import type { HostKind } from "../../schema/table/kinds";

/** What is on a host now, in plain data. */
export interface HostInventory {
  readonly hostname: string;
  readonly capacity: {
    readonly cores: Amounts;
    readonly memoryMiB: Amounts;
  };
  readonly interfaces: readonly HostInterface[];
  readonly storagePools: readonly ListedPool[];
  readonly networks: readonly NetworkSummary[];
  readonly vms: readonly VmSummary[];
}

export interface Amounts {
  readonly total: number;
  /** Given to VMs, running or not (with `overcommitScope: "running"`, to those that are on), whoever made them. */
  readonly used: number;
  /** Of these, what VMs of the project have that an LXD host is bound to; on libvirt all of them. */
  readonly tracked: number;
  /** And what VMs of other projects have, as far as we may see them. */
  readonly other: number;
  /** total − used; negative on an overcommitted host. */
  readonly available: number;
  /** What may be used: (total − reserved) × overcommit ratio. */
  readonly limit: number;
}

export type ListedPool = PoolSummary & { readonly default: boolean };

/** A host, with what it has and how much of it is given away. */
export interface FoundVmHost extends Omit<HostFacts, "machines" | "extensions"> {
  readonly kind: HostKind;
  readonly capacity: HostInventory["capacity"];
  readonly interfaces: readonly HostInterface[];
}

/** A host's resources and who has them. */
export interface FoundHostResources extends HostResources {
  readonly hostname: string;
  readonly kind: HostKind;
}

/** A volume as it is, whoever made it. */
export interface FoundVolume {
  /** `pool/name`, as other resources take it. */
  readonly id: string;
  readonly pool: string;
  readonly name: string;
  readonly path: string;
  readonly format?: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  /** False while content is still being sent, or when an upload was cut off. */
  readonly complete: boolean;
}

export interface Questions {
  vmHost: { asked: object; answer: FoundVmHost };
  hostResources: { asked: { readonly perNuma?: boolean }; answer: FoundHostResources };
  storagePools: { asked: object; answer: readonly ListedPool[] };
  networks: { asked: object; answer: readonly NetworkSummary[] };
  vms: { asked: object; answer: readonly VmSummary[] };
  storageVolume: { asked: { readonly pool: string; readonly name: string }; answer: FoundVolume };
  nwFilters: { asked: object; answer: readonly NwFilterSummary[] };
  lxdProject: { asked: { readonly name?: string }; answer: ProjectState };
}
