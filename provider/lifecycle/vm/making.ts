import type { HostDriver, NamedVmSpec, ObservedVm } from "../../driver/contract";
import { makingLine } from "../status/sharedLine";

/** Made on the host, whose words for how far it is stand in the engine's status line: an image may come from far away. */
export function makeVm(vms: HostDriver["vms"], spec: NamedVmSpec, wasThere: () => void): Promise<ObservedVm> {
  let told = "";
  const words = (): string => `VM ${spec.name}${told}`;
  const tell = (said: string): void => void (told = ` (${said})`);
  return makingLine.during(words, () => vms.create(spec, { owner: spec.owner, wasThere, tell }));
}
