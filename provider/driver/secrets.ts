import type { LibvirtSecretSpec } from "../schema/libvirtSecret";
import type { Observed, Ownership } from "./observed";

/** The value of a secret goes to the host and never comes back. */
export interface SecretDriver {
  find(id: string): Promise<Observed<LibvirtSecretSpec> | undefined>;
  /** The one that is for the same usage. */
  findUsage(spec: LibvirtSecretSpec): Promise<Observed<LibvirtSecretSpec> | undefined>;
  /** Of an object without a mark: whether it was made for this owner, which its id says. Absent where marks say it. */
  isOf?(id: string, owner: string): boolean;
  create(spec: LibvirtSecretSpec, owned: Ownership): Promise<Observed<LibvirtSecretSpec>>;
  change(id: string, spec: LibvirtSecretSpec, owned: Ownership): Promise<Observed<LibvirtSecretSpec>>;
  remove(id: string): Promise<void>;
}
