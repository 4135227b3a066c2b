import type { NetworkDriver, NetworkSummary } from "../driver/contract";
import { DriverError } from "../driver/errors";
import { at, type LxdClient } from "./api/client";
import type { Network } from "./objects";

/** LXD's networks are told; a LibvirtNetwork cannot be made of one. */
export function createNetworkDriver(client: LxdClient): NetworkDriver {
  const refuse = async (): Promise<never> => {
    throw new DriverError("an LXD host has no libvirt networks", {
      code: "unsupported",
      operation: "use a LibvirtNetwork",
      remedy:
        "Use an LxdNetwork; a network that is there already is named in the VM's `interfaces`, such as lxdbr0.",
    });
  };
  return {
    list: async () =>
      (await client.get<readonly Network[]>(at("networks"), { recursion: "1" }))
        .filter(({ managed }) => managed)
        .map(summary),
    find: refuse,
    create: refuse,
    change: refuse,
    remove: refuse,
  };
}

function summary({ name, type, config, status }: Network): NetworkSummary {
  const settings = config ?? {};
  const served = (family: string): boolean =>
    !["", "none"].includes(settings[`${family}.address`] ?? "") && settings[`${family}.dhcp`] !== "false";
  const nat = settings["ipv4.nat"] === "true" || settings["ipv6.nat"] === "true";
  return {
    id: name,
    name,
    active: status === undefined || status === "Created",
    ...(type === "bridge" ? { bridge: name } : {}),
    ...(settings["parent"] === undefined ? {} : { parents: [settings["parent"]] }),
    forwardMode: type === "bridge" ? (nat ? "nat" : "route") : type,
    hasDhcp: served("ipv4") || served("ipv6"),
    ...(/^\s*dhcp-boot=/m.test(settings["raw.dnsmasq"] ?? "") ? { hasBootp: true } : {}),
    subnets: ["ipv4.address", "ipv6.address"].flatMap((key) => {
      const address = settings[key] ?? "";
      return address.includes("/") ? [address] : [];
    }),
  };
}
