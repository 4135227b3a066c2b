import type { InterfaceSpec } from "../../../schema/vm/interface";
import { given } from "../../common";
import type { Device, Devices, Instance } from "../../objects";
import { orderOf, priorityOf, rawKeysOf, type DeviceKeys } from "./keys";

/** LXD's devices for the interfaces of the table. */
export function interfaceDevice(nic: InterfaceSpec): Device {
  const { mac, bootOrder, targetDev, mtu, vlan, isolated, bandwidth } = nic;
  return {
    ...(given({
      type: "nic",
      ...placeOf(nic),
      hwaddr: mac,
      "boot.priority": priorityOf(bootOrder),
      host_name: targetDev,
      mtu: mtu === undefined ? undefined : String(mtu),
      vlan: vlan?.tags[0] === undefined ? undefined : String(vlan.tags[0]),
      "ipv4.address": nic.ipv4Address,
      "ipv6.address": nic.ipv6Address,
      "security.mac_filtering": nic.macFiltering === true ? "true" : undefined,
      "security.ipv4_filtering": nic.ipv4Filtering === true ? "true" : undefined,
      "security.ipv6_filtering": nic.ipv6Filtering === true ? "true" : undefined,
      "security.port_isolation": isolated === true ? "true" : undefined,
      "limits.ingress": rateOf(bandwidth?.inbound?.average),
      "limits.egress": rateOf(bandwidth?.outbound?.average),
    }) as Device),
    ...nic.config,
  };
}

/** LXD takes a function of an SR-IOV card itself: it is told the card (R175). */
function placeOf({ network, bridge, macvlan, sriov }: InterfaceSpec): Record<string, string | undefined> {
  if (network !== undefined) return { network };
  if (bridge !== undefined) return { nictype: "bridged", parent: bridge };
  return sriov === undefined ? { nictype: "macvlan", parent: macvlan } : { nictype: "sriov", parent: sriov };
}

/** KiB in a second, as LXD counts: in bits. */
function rateOf(kibibytes: number | undefined): string | undefined {
  return kibibytes === undefined ? undefined : `${8 * kibibytes}Kibit`;
}

const BITS: Readonly<Record<string, number>> = {
  bit: 1,
  "": 1,
  kbit: 1e3,
  Mbit: 1e6,
  Gbit: 1e9,
  Tbit: 1e12,
  Kibit: 2 ** 10,
  Mibit: 2 ** 20,
  Gibit: 2 ** 30,
  Tibit: 2 ** 40,
};

function kibibytesIn(rate: string | undefined): number | undefined {
  const [, number, unit = ""] = /^(\d+)\s*([A-Za-z]*)$/.exec(rate ?? "") ?? [];
  const bits = BITS[unit];
  return number === undefined || bits === undefined ? undefined : Math.floor((Number(number) * bits) / 8192);
}

/** An instance's interfaces in the table's words. */
export function interfacesIn(
  devices: Devices,
  config: Instance["config"],
  keys: DeviceKeys,
): Partial<InterfaceSpec>[] {
  return Object.entries(devices).flatMap(([name, device]): Partial<InterfaceSpec>[] => {
    if (device["type"] !== "nic") return [];
    const { network, parent, nictype } = device;
    const on = (kind: string): string | undefined =>
      network === undefined && nictype === kind ? parent : undefined;
    const flag = (key: string): true | undefined => (device[key] === "true" ? true : undefined);
    const [inbound, outbound] = ["limits.ingress", "limits.egress"].map((key) => kibibytesIn(device[key]));
    return [
      {
        ...given({
          name,
          network,
          bridge: on("bridged"),
          macvlan: on("macvlan"),
          sriov: on("sriov"),
          // LXD knows no other mode (R95).
          macvlanMode: on("macvlan") === undefined ? undefined : ("bridge" as const),
          mac: (device["hwaddr"] ?? config[`volatile.${name}.hwaddr`])?.toLowerCase(),
          bootOrder: orderOf(device),
        }),
        targetDev: device["host_name"],
        vlan: device["vlan"] === undefined ? undefined : { tags: [Number(device["vlan"])], trunk: undefined },
        mtu: device["mtu"] === undefined ? undefined : Number(device["mtu"]),
        ipv4Address: device["ipv4.address"],
        ipv6Address: device["ipv6.address"],
        macFiltering: flag("security.mac_filtering"),
        ipv4Filtering: flag("security.ipv4_filtering"),
        ipv6Filtering: flag("security.ipv6_filtering"),
        isolated: flag("security.port_isolation"),
        bandwidth: {
          inbound: { average: inbound } as NonNullable<InterfaceSpec["bandwidth"]>["inbound"],
          outbound: { average: outbound } as NonNullable<InterfaceSpec["bandwidth"]>["outbound"],
        },
        config: rawKeysOf(device, keys[name], NIC_KEYS),
      },
    ];
  });
}

/** Keys that fields have. */
const NIC_KEYS: ReadonlySet<string> = new Set([
  ...["type", "network", "nictype", "parent", "hwaddr", "boot.priority", "host_name", "mtu", "vlan"],
  ...["ipv4.address", "ipv6.address", "limits.ingress", "limits.egress", "security.port_isolation"],
  ...["security.mac_filtering", "security.ipv4_filtering", "security.ipv6_filtering"],
]);
