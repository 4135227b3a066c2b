import { attribute, childrenOf, find, textOf, type XmlElement } from "./tree";

export interface Capabilities {
  readonly hostUuid?: string;
  readonly arch: string;
  readonly cpuModel?: string;
  /** Architectures of guests, the host's own first. */
  readonly guestArchitectures: readonly string[];
  /** Domain types for guests of the host's own architecture: kvm, qemu, test, … */
  readonly domainTypes: readonly string[];
  /** Huge pages set aside, over all NUMA nodes, by their size; the CPU's ordinary pages are not among them. */
  readonly hugepages: readonly { readonly pageKiB: number; readonly pages: number }[];
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
    hugepages: hugepagesOf(capabilities),
    domainTypes: [...new Set([...types].sort((a, b) => Number(b === "kvm") - Number(a === "kvm")))],
  };
}

function hugepagesOf(capabilities: XmlElement): Capabilities["hugepages"] {
  const cells = find(capabilities, "host", "topology", "cells");
  const sums = new Map<number, number>();
  for (const pages of childrenOf(cells, "cell").flatMap((cell) => childrenOf(cell, "pages"))) {
    const size = Number(attribute(pages, "size"));
    sums.set(size, (sums.get(size) ?? 0) + Number(textOf(pages)));
  }
  const [ordinary = 0] = [...sums.keys()].sort((a, b) => a - b);
  return [...sums].flatMap(([pageKiB, pages]) => (pageKiB > ordinary ? [{ pageKiB, pages }] : []));
}
