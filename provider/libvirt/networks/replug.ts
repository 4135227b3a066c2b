import { DriverError, hasCode, isDriverError } from "../../driver/errors";
import { orAbsent } from "../common";
import { VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_DOMAIN_AFFECT_LIVE } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullNetwork as Net } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { interfacesOf } from "../xml/domain/interfaces";
import { bridgeOf, hasOwnBridge } from "../xml/network";
import { attribute, clone, el, find, formatXml, readXml, setChild, type XmlElement } from "../xml/tree";

/** A running guest's interface on a network. */
interface Plug {
  readonly dom: Dom;
  readonly nic: XmlElement;
}

async function plugsOn(session: LibvirtSession, network: string): Promise<readonly Plug[]> {
  const { domains } = await session.call("connect_list_all_domains", {
    need_results: 1,
    flags: VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  });
  const found = await Promise.all(
    domains.map(async (dom) => {
      const answer = await orAbsent(session.call("domain_get_xml_desc", { dom, flags: 0 }));
      const nics = answer === undefined ? [] : interfacesOf(readXml(answer.xml));
      return nics
        .filter((nic) => attribute(find(nic, "source"), "network") === network)
        .map((nic) => ({ dom, nic }));
    }),
  );
  return found.flat();
}

/** A running guest's interface moves from bridge to bridge, but never between a bridge and a device of the host. */
export async function refuseUnpluggable(
  session: LibvirtSession,
  name: string,
  wanted: XmlElement,
): Promise<void> {
  const stuck = (await plugsOn(session, name)).filter(
    ({ nic }) =>
      (bridgeOfNic(nic) !== undefined) !== (hasOwnBridge(wanted) || bridgeOf(wanted) !== undefined),
  );
  if (stuck.length === 0) return;
  const guests = [...new Set(stuck.map(({ dom }) => `"${dom.name}"`))].join(", ");
  throw new DriverError(`running VMs use it and cannot move between a bridge and a host device: ${guests}`, {
    code: "invalid-state",
    remedy: "Stop them first, or give them another network.",
  });
}

/**
 * A network that was stopped and started has a new bridge, and running guests hang on none: their taps are plugged in
 * again. Same MAC, same device, the guest sees at most a blink.
 */
export async function replug(session: LibvirtSession, net: Net, network: XmlElement): Promise<void> {
  const bridge = bridgeOf(network);
  if (bridge === undefined) return;
  const plugs = await plugsOn(session, net.name);
  const stay = plugs.filter(({ nic }) => bridgeOfNic(nic) === bridge);
  await eachPlugged(
    session,
    plugs.filter((plug) => !stay.includes(plug)),
    (nic) => backOf(nic),
  );
  // A bridge of the host has outlived the network.
  if (stay.length === 0 || !hasOwnBridge(network)) return;
  const halt = await haltBeside(session, net);
  try {
    await eachPlugged(session, stay, (nic) => onto(halt.name, nic));
    await eachPlugged(session, stay, (nic) => backOf(nic));
  } finally {
    await orAbsent(session.call("network_destroy", { net: halt }));
  }
}

async function eachPlugged(
  session: LibvirtSession,
  plugs: readonly Plug[],
  into: (nic: XmlElement) => XmlElement,
): Promise<void> {
  const failures = await Promise.all(
    plugs.map(async ({ dom, nic }) => {
      try {
        const xml = formatXml(into(nic));
        await session.call("domain_update_device_flags", { dom, xml, flags: VIR_DOMAIN_AFFECT_LIVE });
      } catch (error) {
        // It has ended meanwhile.
        if (hasCode(error, "not-found", "invalid-state")) return undefined;
        return isDriverError(error) ? { dom, error } : Promise.reject(error);
      }
      return undefined;
    }),
  );
  const first = failures.find((failure) => failure !== undefined);
  if (first !== undefined) {
    throw new DriverError(
      `it runs anew, but the interface of VM "${first.dom.name}" could not be plugged in again: ${first.error.message}`,
      { code: first.error.code, remedy: "Stop that VM and start it again.", cause: first.error },
    );
  }
}

/**
 * libvirt does nothing for an interface whose bridge has the name that it had, though it is another by now (11 not even for
 * one that was the network's and becomes the bridge's). So they go over a bridge that is there for this moment only, with
 * no address and no way out; one that a run has left that was killed here is taken again.
 */
async function haltBeside(session: LibvirtSession, { uuid }: Net): Promise<Net> {
  const part = uuid.replaceAll("-", "").slice(0, 11);
  const name = `vmhost-replug-${part}`;
  const left = await orAbsent(session.call("network_lookup_by_name", { name }));
  if (left !== undefined) return left.net;
  const bridge = el("bridge", { name: `vmh-${part}`, stp: "off", delay: "0" });
  const xml = formatXml(el("network", {}, el("name", {}, name), bridge));
  return (await session.call("network_create_xml", { xml })).net;
}

function onto(network: string, nic: XmlElement): XmlElement {
  const there = backOf(nic);
  setChild(there, "source", el("source", { network }));
  // A guaranteed rate is the network's to give.
  setChild(there, "bandwidth", undefined);
  return there;
}

function backOf(nic: XmlElement): XmlElement {
  const back = clone(nic);
  const source = find(back, "source");
  delete source?.attributes["portid"];
  delete source?.attributes["bridge"];
  return back;
}

function bridgeOfNic(nic: XmlElement): string | undefined {
  return attribute(find(nic, "source"), "bridge");
}
