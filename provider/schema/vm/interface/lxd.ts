import type { Fields } from "../../table/field";
import { flag, part } from "../../table/part";
import { ipAddress } from "../../table/types";
import { configKeys } from "../../lxdConfig";
import { KEYS_TS } from "../lxd";

const filtering = (what: string, key: string) =>
  flag(false, { fate: "live", hosts: ["lxd"], doc: `The guest cannot take ${what}.`, source: key });

/** What only LXD's interfaces have. */
export const lxdInterfaceFields = {
  ipv4Address: part(ipAddress().optional(), {
    fate: "live",
    hosts: ["lxd"],
    doc: "The IPv4 address that LXD's DHCP gives the guest on a managed network.",
    source: "ipv4.address",
  }),
  ipv6Address: part(ipAddress().optional(), {
    fate: "live",
    hosts: ["lxd"],
    doc: "The IPv6 address that LXD's DHCP gives the guest on a managed network.",
    source: "ipv6.address",
  }),
  macFiltering: filtering("another MAC address", "security.mac_filtering"),
  ipv4Filtering: filtering("another IPv4 address", "security.ipv4_filtering"),
  ipv6Filtering: filtering("another IPv6 address", "security.ipv6_filtering"),
  config: part(
    configKeys({
      type: "network",
      network: "network",
      nictype: "bridge",
      parent: "bridge",
      hwaddr: "mac",
      "boot.priority": "bootOrder",
      "ipv4.address": "ipv4Address",
      "ipv6.address": "ipv6Address",
      "security.mac_filtering": "macFiltering",
      "security.ipv4_filtering": "ipv4Filtering",
      "security.ipv6_filtering": "ipv6Filtering",
      "security.port_isolation": "isolated",
      "limits.ingress": "bandwidth.inbound",
      "limits.egress": "bandwidth.outbound",
      mtu: "mtu",
      vlan: "vlan",
      host_name: "targetDev",
    }).optional(),
    {
      fate: "live",
      hosts: ["lxd"],
      ts: KEYS_TS,
      doc: "LXD device keys for what has no field, such as `vlan.tagged` or `queue.tx.length`.",
      source: "nic device",
    },
  ),
} satisfies Fields;
