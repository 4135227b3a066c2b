import type { HostNode, PageCount } from "../../driver/summaries";
import { attribute, childrenOf, find, textOf, type XmlElement } from "./tree";

export interface Capabilities {
  readonly hostUuid?: string;
  readonly arch: string;
  readonly cpuModel?: string;
  /** Architectures of guests, the host's own first. */
  readonly guestArchitectures: readonly string[];
  /** Machines by architecture, with the most cores of each. */
  readonly machines: Readonly<Record<string, Readonly<Record<string, number | undefined>>>>;
  /** Domain types for guests of the host's own architecture: kvm, qemu, test, … */
  readonly domainTypes: readonly string[];
  /** Huge pages set aside, over all NUMA nodes, by their size; the CPU's ordinary pages are not among them. */
  readonly hugepages: readonly PageCount[];
  /** NUMA nodes; empty where the host tells of none. */
  readonly nodes: readonly HostNode[];
}

export function readCapabilities(capabilities: XmlElement): Capabilities {
  const cpu = find(capabilities, "host", "cpu");
  const arch = textOf(find(cpu, "arch")) ?? "x86_64";
  const guests = childrenOf(capabilities, "guest").flatMap((guest) => childrenOf(guest, "arch"));
  const own = guests.filter((guest) => attribute(guest, "name") === arch);
  const types = (own.length > 0 ? own : guests).flatMap((guest) =>
    childrenOf(guest, "domain").flatMap((domain) => attribute(domain, "type") ?? []),
  );
  const nodes = nodesOf(capabilities);
  const names = guests.flatMap((guest) => attribute(guest, "name") ?? []);
  return {
    hostUuid: textOf(find(capabilities, "host", "uuid")),
    arch,
    cpuModel: textOf(find(cpu, "model")),
    guestArchitectures: [...new Set([...names.filter((name) => name === arch), ...names])],
    machines: Object.fromEntries(guests.map((guest) => [attribute(guest, "name") ?? "", machinesOf(guest)])),
    hugepages: sumOf(nodes),
    nodes,
    domainTypes: [...new Set([...types].sort((a, b) => Number(b === "kvm") - Number(a === "kvm")))],
  };
}

function machinesOf(arch: XmlElement): Record<string, number | undefined> {
  const places = [arch, ...childrenOf(arch, "domain")].flatMap((place) => childrenOf(place, "machine"));
  return Object.fromEntries(
    places.map((machine) => {
      const most = attribute(machine, "maxCpus");
      return [textOf(machine) ?? "", most === undefined ? undefined : Number(most)];
    }),
  );
}

/** `<host><topology><cells>` (R168). */
function nodesOf(capabilities: XmlElement): readonly HostNode[] {
  return childrenOf(find(capabilities, "host", "topology", "cells"), "cell").map((cell) => {
    const pages = childrenOf(cell, "pages").map((each) => ({
      pageKiB: Number(attribute(each, "size")),
      pages: Number(textOf(each)),
    }));
    const ordinary = Math.min(...pages.map(({ pageKiB }) => pageKiB));
    return {
      id: Number(attribute(cell, "id")),
      cpus: childrenOf(find(cell, "cpus"), "cpu").map((each) => Number(attribute(each, "id"))),
      memoryMiB: Math.floor(Number(textOf(find(cell, "memory")) ?? 0) / 1024),
      hugepages: pages.filter(({ pageKiB }) => pageKiB > ordinary),
    };
  });
}

function sumOf(nodes: readonly HostNode[]): readonly PageCount[] {
  const sums = new Map<number, number>();
  for (const { pageKiB, pages } of nodes.flatMap(({ hugepages }) => hugepages))
    sums.set(pageKiB, (sums.get(pageKiB) ?? 0) + pages);
  return [...sums].map(([pageKiB, pages]) => ({ pageKiB, pages }));
}
