import type { InterfaceAddresses } from "../../driver/contract";
import { hasCode } from "../../driver/errors";
import {
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
  VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
} from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { domainOf } from "./observe";

const SOURCES = {
  lease: VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
  agent: VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
} as const;

/**
 * What libvirt's DHCP has leased, what the guest's agent tells, or both together: a guest may have one interface on a
 * libvirt network and another on a bridge. With `any`, a source that has nothing to say is no failure.
 */
export async function addressesOf(
  session: LibvirtSession,
  id: string,
  source: "lease" | "agent" | "any",
): Promise<readonly InterfaceAddresses[]> {
  if (source !== "any") return ask(session, id, source);
  const [leases, told] = await Promise.all([
    ask(session, id, "lease").catch(nothing),
    ask(session, id, "agent").catch(nothing),
  ]);
  const macs = [...new Set([...leases, ...told].map(({ mac }) => mac))];
  return macs.map((mac) => {
    const all = [...leases, ...told].filter((each) => each.mac === mac);
    return { mac, addresses: [...new Set(all.flatMap(({ addresses }) => addresses))] };
  });
}

/** Whether qemu-guest-agent does; libvirt itself gives it five seconds. */
export async function agentAnswers(session: LibvirtSession, id: string): Promise<boolean> {
  try {
    await ask(session, id, "agent");
    return true;
  } catch (error) {
    if (hasCode(error, "guest-agent-unavailable", "invalid-state")) return false;
    throw error;
  }
}

async function ask(
  session: LibvirtSession,
  id: string,
  source: keyof typeof SOURCES,
): Promise<readonly InterfaceAddresses[]> {
  const { ifaces } = await session.call("domain_interface_addresses", {
    dom: domainOf(id),
    source: SOURCES[source],
    flags: 0,
  });
  return ifaces.flatMap(({ hwaddr, addrs }) =>
    hwaddr === null ? [] : [{ mac: hwaddr.toLowerCase(), addresses: addrs.map(({ addr }) => addr) }],
  );
}

function nothing(error: unknown): readonly InterfaceAddresses[] {
  if (hasCode(error, "connection-lost", "unreachable", "not-found")) throw error;
  return [];
}
