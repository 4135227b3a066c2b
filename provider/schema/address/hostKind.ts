import type { HostKind } from "../table/field";

/** A host without a scheme counts as LXD's only where it can be nothing else: an IP address, a domain name, or with a port. */
const BARE = /^(\[[0-9a-f:.%]+\](:\d+)?|[\w-]+(\.[\w-]+)+(:\d+)?|[\w-]+:\d+)$/i;

/** Which kind of hypervisor an address leads to: `https://…`, `unix://…` and bare hosts are LXD's. */
export function kindOf(address: string): HostKind {
  return /^(https|unix):/i.test(address) || BARE.test(address) ? "lxd" : "libvirt";
}
