import type { VmSpec } from "../schema/vm";
import type { Named, Observed, Ownership } from "./observed";
import type { PowerState, VmSummary } from "./summaries";

export type NamedVmSpec = Named<VmSpec>;

/** A stop in the middle of a change, as it is noted on the VM. */
export interface Interruption {
  /** How the guest was before, and is to be again. */
  readonly was: "running" | "paused";
  /** Whether it may be switched off where it does not shut down. */
  readonly hard: boolean;
}

export interface ObservedVm extends Observed<VmSpec> {
  readonly state: PowerState;
  /** False for a VM that vanishes when it stops; such a one is never stopped by us (R149). */
  readonly persistent: boolean;
  /** Fields whose configured value the running guest does not have yet. */
  readonly restartRequired: readonly string[];
  /**
   * A run that was cut off has stopped it for a change, and it is off since: how it was before. `over` where somebody has started it
   * since then, or stopped it otherwise: what is noted of it means nothing any more.
   */
  readonly interrupted?: Interruption["was"] | "over";
  /** The member of a cluster that it is on. */
  readonly member?: string;
  /** The volume behind each disk by the disk's name, as far as the host can tell. */
  readonly volumes: Readonly<Record<string, DiskVolume>>;
}

export interface DiskVolume {
  readonly pool?: string;
  readonly volume?: string;
  readonly path?: string;
  /** By which the guest knows the disk, where that is the host's choice. */
  readonly serial?: string;
  /** Made for this VM, and leaves with it. */
  readonly owned: boolean;
}

export interface InterfaceAddresses {
  readonly mac: string;
  readonly addresses: readonly string[];
}

export interface VmCreation extends Ownership {
  /** Called where an earlier run has made it, before anything of it is changed. */
  readonly wasThere?: () => void;
  /** Called when the host counts the VM from now on; its volumes may still have to be made. */
  readonly defined?: () => void;
  /** Called with the volumes (`pool/name`) of a new VM that were there before it: they hold what another VM has left. */
  readonly older?: (volumes: readonly string[]) => void;
}

export interface VmRemoval {
  /** Whether the VM is to stay after all; asked with the name and the owner that the host has for it. */
  readonly spared?: (found: Pick<ObservedVm, "name" | "owner">) => boolean;
  /** Volumes of its own that stay, as `pool/name`. */
  readonly kept?: readonly string[];
}

export interface VmChange extends Ownership {
  /** Names of drives whose medium the program has taken out. A drive for which it has never named one keeps what is in it. */
  readonly emptied?: readonly string[];
}

/** Whether and how a VM can go to a member of a cluster. */
export interface Toward {
  /** Why VMs cannot go there now, as the end of a sentence; absent where they can. */
  readonly closed?: string;
  /** The member that the VM is on, where that is another one. */
  readonly from?: string;
  /** Whether it can go while it is on. */
  readonly live: boolean;
}

export interface VmDriver {
  /**
   * All VMs of the host, whoever made them. Of a VM that is `known` by its id or its name, only whether it is there, and
   * on, need be asked.
   */
  list(known?: ReadonlyMap<string, VmSummary>): Promise<readonly VmSummary[]>;
  /**
   * By id (UUID) or by name. As one of `many` in a refresh, what the host told a few seconds ago will do, where nothing was
   * changed from here since.
   */
  find(idOrName: string, options?: { readonly many: boolean }): Promise<ObservedVm | undefined>;
  /**
   * Make the VM, stopped: records intent first, then makes the volumes it owns. Continues what an earlier, cut-off
   * create of the same owner has left. Throws `already-exists` when the name belongs to somebody else.
   */
  create(spec: NamedVmSpec, owned: VmCreation): Promise<ObservedVm>;
  /**
   * Bring an existing VM to the spec: live where the hypervisor can, the rest in its definition. Another name renames it, with
   * all that it has; one that is on throws `invalid-state`.
   */
  change(id: string, spec: NamedVmSpec, change: VmChange): Promise<ObservedVm>;
  /** Why the VM could not be renamed even if it were off, in a few words. Absent where nothing stands in the way. */
  nameHeld?(id: string): Promise<string | undefined>;
  /** About a member of a cluster, or a group of them, and the VM that is to be there. Absent where hosts have no members. */
  toward?(target: string, id?: string): Promise<Toward>;
  start(id: string, options?: { readonly paused?: boolean }): Promise<void>;
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Ask the guest to shut down; does not wait. `hard` switches it off at once. */
  stop(id: string, options: { readonly hard: boolean }): Promise<void>;
  /** Note on the VM, before it is stopped for a change, how it is to be started again; `undefined` takes the note away. */
  noteStop(id: string, stop: Interruption | undefined): Promise<void>;
  /** Stop the guest with its memory on disk; the next start goes on from there. */
  save?(id: string): Promise<void>;
  /** Whether the guest has ACPI; one without it cannot be asked to shut down (R159). */
  hasAcpi(id: string): Promise<boolean>;
  state(id: string): Promise<PowerState | undefined>;
  addresses(id: string, source: "lease" | "agent" | "any"): Promise<readonly InterfaceAddresses[]>;
  /** Take away a stopped or running VM, its own volumes and everything the hypervisor keeps for it. */
  remove(id: string, options?: VmRemoval): Promise<void>;
}

export interface MoveOptions {
  /** Copy the volumes of the VM's own, or find all of them on storage that both hosts see. */
  readonly storage: "copy" | "shared";
  /** Move although a cache of the old host may hold what the new one has not seen (R161). */
  readonly unsafe: boolean;
  readonly autoConverge: boolean;
  readonly compressed: boolean;
  readonly tls: boolean;
}
