import { attribute, childrenOf, find, textOf, type XmlElement } from "./tree";

export interface Capabilities {
  readonly hostUuid?: string;
  readonly arch: string;
  readonly cpuModel?: string;
  /** Architectures of guests, the host's own first. */
  readonly guestArchitectures: readonly string[];
  /** Domain types for guests of the host's own architecture: kvm, qemu, test, … */
  readonly domainTypes: readonly string[];
}

export function readCapabilities(capabilities: XmlElement): Capabilities {
  const cpu = find(capabilities, "host", "cpu");
  const arch = textOf(find(cpu, "arch")) ?? "x86_64";
  const guests = childrenOf(capabilities, "guest").flatMap((guest) => childrenOf(guest, "arch"));
  const own = guests.filter((guest) => attribute(guest, "name") === arch);
  const types = (own.length > 0 ? own : guests).flatMap((guest) =>
    childrenOf(guest, "domain").flatMap((domain) => attribute(domain, "type") ?? []),
  );
  const names = guests.flatMap((guest) => attribute(guest, "name") ?? []);
  return {
    hostUuid: textOf(find(capabilities, "host", "uuid")),
    arch,
    cpuModel: textOf(find(cpu, "model")),
    guestArchitectures: [...new Set([...names.filter((name) => name === arch), ...names])],
    domainTypes: [...new Set([...types].sort((a, b) => Number(b === "kvm") - Number(a === "kvm")))],
  };
}
