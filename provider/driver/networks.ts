import type { LibvirtNetworkSpec } from "../schema/libvirtNetwork";
import type { Named, Observed, Ownership } from "./observed";
import type { NetworkSummary } from "./summaries";

export interface NetworkDriver {
  list(): Promise<readonly NetworkSummary[]>;
  find(idOrName: string): Promise<Observed<LibvirtNetworkSpec> | undefined>;
  create(spec: Named<LibvirtNetworkSpec>, owned: Ownership): Promise<Observed<LibvirtNetworkSpec>>;
  change(
    id: string,
    spec: Named<LibvirtNetworkSpec>,
    owned: Ownership,
  ): Promise<Observed<LibvirtNetworkSpec>>;
  remove(id: string): Promise<void>;
}
