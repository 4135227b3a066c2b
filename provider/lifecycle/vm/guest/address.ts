import { isIPv4, isIPv6 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as ipaddr from "ipaddr.js";
import type { HostDriver, InterfaceAddresses } from "../../../driver/contract";
import { DriverError, hasCode } from "../../../driver/errors";
import type { VmSpec } from "../../../schema/vm";

export interface AddressWait {
  readonly family: "ipv4" | "ipv6" | "any";
  readonly source: "lease" | "agent" | "any";
  readonly timeoutSeconds: number;
}

/** What a program wants to wait for; nothing where it does not. */
export function waitOf({ waitFor }: VmSpec): AddressWait | undefined {
  if (waitFor === undefined || waitFor.address === false) return undefined;
  const family = waitFor.address === true ? "any" : waitFor.address;
  return { family, source: waitFor.source, timeoutSeconds: waitFor.timeout };
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2000;

/** Loopback, link-local, multicast and unspecified addresses are of no use to anybody outside of the guest. */
export function usable(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const range = ipaddr.parse(address).range();
  return !["loopback", "linkLocal", "multicast", "unspecified", "broadcast"].includes(range);
}

export function ofFamily(address: string, family: AddressWait["family"]): boolean {
  return family === "any" || (family === "ipv4" ? isIPv4(address) : isIPv6(address));
}

/** What is known of a guest's addresses now; a guest that cannot tell has none. */
export async function addressesNow(
  { vms }: HostDriver,
  id: string,
  source: AddressWait["source"],
): Promise<readonly InterfaceAddresses[]> {
  try {
    const found = await vms.addresses(id, source);
    return found.map(({ mac, addresses }) => ({
      mac: mac.toLowerCase(),
      addresses: addresses.filter(usable),
    }));
  } catch (error) {
    if (hasCode(error, "guest-agent-unavailable", "invalid-state", "unsupported")) return [];
    throw error;
  }
}

/** Ends with a usable address of the family on one of the VM's own interfaces; fails at once when the guest dies. */
export async function waitForAddress(
  driver: HostDriver,
  id: string,
  macs: readonly string[],
  wait: AddressWait,
): Promise<readonly InterfaceAddresses[]> {
  const deadline = Date.now() + wait.timeoutSeconds * 1000;
  const own = new Set(macs);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    const found = (await addressesNow(driver, id, wait.source)).filter(
      ({ mac }) => own.size === 0 || own.has(mac),
    );
    if (found.some(({ addresses }) => addresses.some((address) => ofFamily(address, wait.family))))
      return found;
    const state = await driver.vms.state(id);
    if (state !== "running") throw died(state ?? "gone");
    if (Date.now() + pause > deadline) throw late(wait, found);
    await sleep(pause);
  }
}

function died(state: string): DriverError {
  return new DriverError(`the guest is ${state} instead of running, so it will not get an address`, {
    code: "invalid-state",
    operation: "wait for an address",
    remedy: "Look at its console or log on the host for why it ended; the VM is kept.",
  });
}

function late(
  { family, source, timeoutSeconds }: AddressWait,
  found: readonly InterfaceAddresses[],
): DriverError {
  const others = found.flatMap(({ addresses }) => addresses);
  const seenText = others.length === 0 ? "" : ` (it has ${others.join(", ")})`;
  const kind = family === "any" ? "address" : family === "ipv4" ? "IPv4 address" : "IPv6 address";
  return new DriverError(`no usable ${kind} within ${timeoutSeconds} s${seenText}`, {
    code: "timeout",
    operation: "wait for an address",
    remedy:
      source === "agent"
        ? "Is the package qemu-guest-agent installed and running in the guest?"
        : "Does the network have DHCP (`ips[].dhcp`), or the guest qemu-guest-agent? A longer wait is `waitFor.timeout`. The VM is kept.",
  });
}
