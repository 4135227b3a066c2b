/** The kind of guest that a question about CPUs is for: another machine of the same host may have other CPUs. */
export interface GuestKind {
  readonly arch: string;
  readonly domainType: "kvm" | "qemu";
  readonly machine?: string;
  readonly emulator?: string;
}

export interface CpuModel {
  readonly name: string;
  /** False where the host cannot give a guest all that the model has. */
  readonly usable?: boolean;
}

/** What guests of a host can have for a CPU. */
export interface CpuDriver {
  /** CPU models of the host's QEMU; none where the host tells of none. */
  models(guest: GuestKind): Promise<readonly CpuModel[]>;
  /** Those of the names that are no CPU feature; none where the host cannot be asked. */
  unknownFeatures(guest: GuestKind, names: readonly string[]): Promise<readonly string[]>;
}
