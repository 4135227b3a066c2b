import type { HostDriver, NamedVmSpec, ObservedVm, Ownership, VmCreation } from "../../../driver/contract";
import { makingLine } from "../../status/sharedLine";

/** Made on the host, whose words for how far it is stand in the engine's status line: an image may come from far away. */
export function makeVm(
  vms: HostDriver["vms"],
  spec: NamedVmSpec,
  told: Omit<VmCreation, keyof Ownership>,
): Promise<ObservedVm> {
  let said = "";
  const words = (): string => `VM ${spec.name}${said}`;
  const tell = (words: string): void => void (said = ` (${words})`);
  return makingLine.during(words, () => vms.create(spec, { owner: spec.owner, ...told, tell }));
}
