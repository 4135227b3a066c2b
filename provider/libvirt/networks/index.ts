import { Turns } from "../../driver/turns";
import { isDeepStrictEqual } from "node:util";
import type { NetworkDriver, NetworkSummary, Observed } from "../../driver/contract";
import { hasCode, isDriverError } from "../../driver/errors";
import type { LibvirtNetworkSpec } from "../../schema/libvirtNetwork";
import { switchTraits } from "../../schema/network/switchTraits";
import { isAdopted } from "../../schema/table/adopted";
import { doing, isUuid, missing, orAbsent, taken, untilFree, uuidOfOwner } from "../common";
import { updatesFor } from "./updates";
import { refuseUnpluggable, replug } from "./replug";
import { VIR_NETWORK_XML_INACTIVE } from "../rpc/constants.gen";
import type { RemoteNonnullNetwork as Net } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import {
  bridgeOf,
  hasBootp,
  hasDhcp,
  networkXml,
  parentsOf,
  readMark,
  readNetwork,
  subnetsOf,
} from "../xml/network";
import { attribute, find, formatXml, readXml, type XmlElement } from "../xml/tree";

type Spec = LibvirtNetworkSpec & { readonly name: string };

export function createNetworkDriver(session: LibvirtSession): NetworkDriver {
  const describe = async (net: Net, flags = 0): Promise<XmlElement> => {
    const ask = (asked: number) => session.call("network_get_xml_desc", { net, flags: asked });
    // Drivers that know one definition only (libvirt's test driver) refuse to be asked for the inactive one.
    const answer = await ask(flags).catch((error: unknown) => {
      if (flags === 0 || !hasCode(error, "invalid-argument", "unsupported")) throw error;
      return ask(0);
    });
    return readXml(answer.xml);
  };

  const observe = async (net: Net): Promise<Observed<LibvirtNetworkSpec>> => {
    const [xml, { active }, { autostart }] = await Promise.all([
      describe(net, VIR_NETWORK_XML_INACTIVE),
      session.call("network_is_active", { net }),
      session.call("network_get_autostart", { net }),
    ]);
    return {
      id: net.uuid,
      name: net.name,
      owner: readMark(xml)?.owner,
      spec: { ...readNetwork(xml), active: active !== 0, autostart: autostart !== 0 },
    };
  };

  /** Guests that were on it when it was stopped are plugged in again. */
  const run = async (net: Net): Promise<void> => {
    await start(session, net);
    await replug(session, net, await describe(net));
  };

  /** Power and autostart; a start that fails (address in use, say) is the caller's to undo. */
  const settle = async (net: Net, spec: Spec): Promise<Observed<LibvirtNetworkSpec>> => {
    const { active } = await session.call("network_is_active", { net });
    if ((spec.active ?? !isAdopted(spec)) && active === 0) await run(net);
    if (spec.active === false && active !== 0) await session.call("network_destroy", { net });
    if (spec.autostart !== undefined)
      await session.call("network_set_autostart", { net, autostart: spec.autostart ? 1 : 0 });
    return observe(net);
  };

  const change = async (net: Net, spec: Spec, owner: string): Promise<Observed<LibvirtNetworkSpec>> => {
    const current = await describe(net, VIR_NETWORK_XML_INACTIVE);
    const wanted = networkXml(spec, owner, current);
    const [before, after] = [readNetwork(current), readNetwork(wanted)];
    const { active } = await session.call("network_is_active", { net });
    const updates = updatesFor(before, after);
    if (updates !== undefined) {
      for (const update of updates) await session.call("network_update", { net, ...update(active !== 0) });
      // What we write down about it is in the configuration alone.
      if (!isDeepStrictEqual(readMark(current), readMark(wanted)))
        await session.call("network_define_xml", { xml: formatXml(wanted) });
      return settle(net, spec);
    }
    const restart = active !== 0 && spec.active !== false && !isDeepStrictEqual(before, after);
    if (restart) await refuseUnpluggable(session, net.name, wanted);
    // Defining over the same name and UUID replaces the configuration; the old one goes back when the new one is refused.
    await session.call("network_define_xml", { xml: formatXml(wanted) });
    if (restart) {
      await session.call("network_destroy", { net });
      try {
        await start(session, net);
      } catch (error) {
        await session.call("network_define_xml", { xml: formatXml(current) });
        await run(net).catch(() => undefined);
        throw error;
      }
      await replug(session, net, await describe(net));
    }
    return settle(net, spec);
  };

  /** libvirt gives two networks that are defined at the same time the same bridge; one that is off finds out much later. */
  const turns = new Turns(1);

  /** A new network, or none at all. */
  const make = async (spec: Spec, owner: string): Promise<Observed<LibvirtNetworkSpec>> => {
    const xml = formatXml(networkXml(spec, owner, undefined, uuidOfOwner("network", owner)));
    const { net } = await turns.run(() => session.call("network_define_xml", { xml }));
    try {
      return await settle(net, spec);
    } catch (error) {
      // A network that had started would run on, undefined.
      if (!hasCode(error, "connection-lost")) {
        await session.call("network_destroy", { net }).catch(() => undefined);
        await session.call("network_undefine", { net }).catch(() => undefined);
      }
      throw error;
    }
  };

  const summary = async (net: Net): Promise<NetworkSummary> => {
    const [xml, { active }] = await Promise.all([describe(net), session.call("network_is_active", { net })]);
    return {
      id: net.uuid,
      name: net.name,
      active: active !== 0,
      bridge: bridgeOf(xml),
      ...parentsOf(xml),
      forwardMode: attribute(find(xml, "forward"), "mode") ?? "none",
      hasDhcp: hasDhcp(xml),
      ...(hasBootp(xml) ? { hasBootp: true } : {}),
      subnets: subnetsOf(xml),
      ...switchTraits(readNetwork(xml)),
    };
  };

  return {
    async list() {
      const { nets } = await session.call("connect_list_all_networks", { need_results: 1, flags: 0 });
      // Others take theirs away while we look.
      const summaries = await Promise.all(nets.map((net) => orAbsent(summary(net))));
      return summaries.filter((each) => each !== undefined);
    },

    async find(idOrName) {
      const net = await lookupNetwork(session, idOrName);
      return net && observe(net);
    },

    create: (spec, { owner }) =>
      doing("create", `network "${spec.name}"`, async () => {
        const found = await lookupNetwork(session, spec.name);
        if (found !== undefined) {
          const theirs = readMark(await describe(found, VIR_NETWORK_XML_INACTIVE))?.owner;
          if (theirs !== owner) throw taken("network", spec.name, theirs);
          return change(found, spec, owner);
        }
        // Without a bridge name libvirt takes a free one, but two definitions at a time may be given the same.
        return spec.bridge?.name === undefined
          ? untilFree(() => make(spec, owner), isBridgeTaken)
          : make(spec, owner);
      }),

    change: (id, spec, { owner }) =>
      doing("change", `network "${spec.name}"`, async () => {
        const net = await lookupNetwork(session, id);
        if (net === undefined) throw missing("network", spec.name, "change");
        return change(net, spec, owner);
      }),

    async remove(id) {
      const net = await lookupNetwork(session, id);
      if (net === undefined) return;
      await doing("remove", `network "${net.name}"`, async () => {
        const { active } = await session.call("network_is_active", { net });
        if (active !== 0) await orAbsent(session.call("network_destroy", { net }));
        await orAbsent(session.call("network_undefine", { net }));
      });
    },
  };
}

/** libvirt's own words: there is no code for it. */
function isBridgeTaken(error: unknown): boolean {
  return (
    isDriverError(error) &&
    /bridge name '.*' already in use|creating bridge interface .*: File exists/.test(error.message)
  );
}

async function start(session: LibvirtSession, net: Net): Promise<void> {
  await session.call("network_create", { net }).catch((error: unknown) => {
    if (hasCode(error, "invalid-state")) return;
    throw isDriverError(error) && /already in use by interface/.test(error.message)
      ? error.with({ remedy: "Give it a subnet that no other network or device of the host has." })
      : error;
  });
}

async function lookupNetwork(session: LibvirtSession, idOrName: string): Promise<Net | undefined> {
  if (isUuid(idOrName)) {
    const byId = await orAbsent(session.call("network_lookup_by_uuid", { uuid: idOrName }));
    if (byId !== undefined) return byId.net;
  }
  return (await orAbsent(session.call("network_lookup_by_name", { name: idOrName })))?.net;
}
