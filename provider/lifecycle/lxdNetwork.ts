import type { KnownNetwork } from "../capacity/network";
import type { HostDriver, LxdNetworkDriver, ObservedLxdNetwork } from "../driver/contract";
import { objectOf } from "../schema/table/gate";
import { lxdNetworkFields, lxdNetworkRules, type LxdNetworkSpec } from "../schema/lxdNetwork";
import { hasUnknown } from "../schema/table/unknown";
import { isAnothers } from "./kind/anothers";
import type { Handler } from "./kind/handler";
import { admitAcls } from "./network/lxdAcls";
import { admitNetwork, lxdClaims } from "./network/admission";
import { NONE } from "./engine/foresee";
import { notOn } from "./kind/notOn";
import { admitRename, nameNow } from "./kind/renaming";
import { ensure } from "./kind/ensure";
import { fillShortName } from "./kind/filling";
import { hostIn, lookupId, nameIn, touches } from "./kind/inputs";
import { made, seen } from "./kind/seen";
import { isPlain, type Plain } from "./engine/state";
import { planNetwork } from "./vm/plan/surroundings";

export const lxdNetwork: Handler<LxdNetworkSpec> = {
  kind: "LxdNetwork",
  fields: lxdNetworkFields,
  type: objectOf(lxdNetworkFields, lxdNetworkRules),
  // Bridges are devices of the host, and Linux takes no longer names of those.
  fill: fillShortName(15),

  async admit(news, olds, context) {
    planNetwork(news, knownAs(news), context);
    const taken = await admitNetwork(news, olds, lxdClaims(news), context);
    return [
      ...taken,
      ...(await admitAcls(news, olds, context)),
      ...(await admitRename(news, olds, context, (driver, name) => networksOf(driver).find(name))),
    ];
  },

  existing: {
    noun: "network",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), async (driver) => {
        const found = await networksOf(driver).find(wanted);
        return found && { ...found, own: found.pending };
      }),
  },

  async foresee(changes, news, olds, context) {
    const name = nameIn(olds);
    if (name === undefined || touches(changes, "name", "config")) return {};
    const observed = await context.observe(hostIn(news), (driver) => networksOf(driver).find(name));
    if (observed === undefined) return {};
    const { ipv4Address, ipv6Address } = observed;
    return {
      ...(touches(changes, "ipv4") ? {} : { ipv4Address: ipv4Address ?? NONE }),
      ...(touches(changes, "ipv6") ? {} : { ipv6Address: ipv6Address ?? NONE }),
    };
  },

  async create(spec, context) {
    const observed = await context.act(spec.host, (driver) => ensure("network", networksOf(driver), spec));
    return made(spec, observed, computedOf(observed));
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), (driver) =>
      networksOf(driver).find(nameIn(outs) ?? lookupId(id)),
    );
    // The id is what it was made under; a new name changes nothing about that.
    return (
      observed && {
        ...seen(this, outs, observed, computedOf(observed)),
        id: nameIn(outs) === undefined ? observed.id : id,
      }
    );
  },

  async update(id, spec, olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, async (driver) => {
      const networks = networksOf(driver);
      const now = await nameNow(networks.find, named.name, nameIn(olds) ?? id, spec.owner);
      return networks.change(now, named, { owner: spec.owner });
    });
    return made(spec, observed, computedOf(observed));
  },

  async delete(id, outs, context) {
    const name = nameIn(outs) ?? id;
    await context.act(hostIn(outs), async (driver) => {
      const networks = networksOf(driver);
      if (!isAnothers(await networks.find(name), outs, "network")) await networks.remove(name);
    });
  },
};

function networksOf({ kind, lxdNetworks }: HostDriver): LxdNetworkDriver {
  return lxdNetworks ?? notOn(kind, "LxdNetwork");
}

/** A subnet may be the host's choice. */
function computedOf({ ipv4Address, ipv6Address }: ObservedLxdNetwork): Plain {
  return { ipv4Address, ipv6Address };
}

/** What is known of it to VMs that name no network. */
function knownAs({ type, ipv4 }: Plain): Omit<KnownNetwork, "name"> | undefined {
  if (hasUnknown(ipv4) || hasUnknown(type)) return undefined;
  const { address, dhcp } = isPlain(ipv4) ? ipv4 : {};
  return { hasDhcp: (type === "bridge" || type === "ovn") && address !== "none" && dhcp !== false };
}
