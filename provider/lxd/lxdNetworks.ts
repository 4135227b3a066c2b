import type { LxdNetworkDriver, Named, ObservedLxdNetwork, Ownership } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import { lxdNetworkKeys } from "../schema/network/lxdNetworkKeys";
import type { LxdNetworkSpec } from "../schema/lxdNetwork";
import { at, type LxdClient } from "./api/client";
import { doing, given, missing, taken } from "./common";
import { editKeys, toldOf } from "./keyed";
import { mergeKeys, readKeys, writeKeys } from "./keys";
import { FAILED, inCommon, isCluster, makeOnMembers } from "./members";
import { OWN, type Network } from "./objects";
import { usersIn } from "./usedBy";

type Spec = Named<LxdNetworkSpec>;

/** A subnet that LXD has chosen stays when the program stops naming one. */
const STAY = ["ipv4.address", "ipv6.address"];

/** Networks that LXD manages. A network's name is its identity, and the host renames those that nothing uses. */
export function createLxdNetworkDriver(client: LxdClient): LxdNetworkDriver {
  const find = async (name: string): Promise<ObservedLxdNetwork | undefined> => {
    const found = await client.find<Network>(at("networks", name));
    return found?.value.managed === true ? observed(found.value) : undefined;
  };

  const change = async (id: string, spec: Spec, { owner }: Ownership): Promise<ObservedLxdNetwork> => {
    const what = doing("change", "network", spec.name);
    const before = await find(id);
    if (before === undefined) throw missing("network", id, "change");
    if (id !== spec.name) await rename(client, before, spec.name);
    const cluster = await isCluster(client);
    await editKeys<Network>(client, at("networks", spec.name), spec, {
      keys: ({ type }) => inCommon(writeKeys(lxdNetworkKeys, spec, type), cluster),
      owner,
      stay: STAY,
      what,
    });
    const after = await find(spec.name);
    if (after === undefined) throw missing("network", spec.name, "change");
    return after;
  };

  return {
    find,
    change,

    async create(spec, owned) {
      const what = doing("create", "network", spec.name);
      const wanted = writeKeys(lxdNetworkKeys, spec, spec.type);
      await removeFailed(client, spec.name, owned);
      const before = await client.find<Network>(at("networks", spec.name));
      if (before === undefined || before.value.status === "Pending") {
        await requireAbility(client, spec);
        const config = mergeKeys({}, wanted, owned.owner);
        const body = { name: spec.name, type: spec.type, description: spec.description ?? "", config };
        try {
          await makeOnMembers(client, at("networks"), body, spec.members, what);
        } catch (error) {
          if (!hasCode(error, "already-exists")) {
            await removeFailed(client, spec.name, owned).catch(() => undefined);
            throw error;
          }
        }
      } else if (!before.value.managed) {
        throw taken("device of the host", spec.name, undefined);
      }
      const made = await find(spec.name);
      if (made === undefined) throw missing("network", spec.name, "create");
      if (made.owner !== owned.owner) throw taken("network", spec.name, made.owner);
      return before === undefined ? made : change(spec.name, spec, owned);
    },

    async remove(id) {
      const what = doing("remove", "network", id);
      try {
        await client.remove(at("networks", id), { what });
      } catch (error) {
        if (!hasCode(error, "invalid-state")) throw error;
        throw inUse(error, await find(id));
      }
    },

    async acls() {
      if (!(await client.has("network_acl"))) return undefined;
      const all = await client.get<readonly { readonly name: string }[]>(at("network-acls"), {
        recursion: "1",
      });
      return all.map(({ name }) => name);
    },
  };
}

/** What a cluster could not make of a network is on some members, cannot be changed, and holds nothing. */
async function removeFailed(client: LxdClient, name: string, { owner }: Ownership): Promise<void> {
  const found = await client.find<Network>(at("networks", name));
  if (found?.value.status !== FAILED || found.value.config?.[OWN.owner] !== owner) return;
  await client.remove(at("networks", name), { what: doing("create", "network", name) });
}

async function rename(client: LxdClient, before: ObservedLxdNetwork, name: string): Promise<void> {
  try {
    await client.change("POST", at("networks", before.name), {
      body: { name },
      what: doing("rename", "network", before.name),
    });
  } catch (error) {
    throw hasCode(error, "invalid-state") ? inUse(error, before) : error;
  }
}

/** LXD says that it is used, but not by what. */
function inUse(error: unknown, network: ObservedLxdNetwork | undefined): unknown {
  const users = network?.usedBy ?? [];
  if (!(error instanceof DriverError) || users.length === 0) return error;
  return error.with({
    remedy: `Take it from ${users.join(", ")} first.`,
  });
}

/** Every type came with an extension of its own; a network without an uplink did so on Incus alone. */
async function requireAbility(client: LxdClient, { type, uplink, name }: Spec): Promise<void> {
  const lacks = async (what: string, extension: string, remedy: string): Promise<void> => {
    if (await client.has(extension)) return;
    throw new DriverError(`this server has no networks ${what}: it lacks the API extension ${extension}`, {
      code: "unsupported",
      ...doing("create", "network", name),
      remedy,
    });
  };
  if (type === "bridge") return;
  await lacks(
    `of type "${type}"`,
    `network_type_${type}`,
    "Upgrade LXD on the host, or choose another `type`.",
  );
  if (uplink === "none")
    await lacks("without an uplink", "network_ovn_isolated", "Name a network as `uplink`.");
}

function observed(network: Network): ObservedLxdNetwork {
  const { type, config, status, used_by: users } = network;
  const now = config ?? {};
  return {
    ...toldOf(network, {
      ...(readKeys(lxdNetworkKeys, now, type) as Partial<LxdNetworkSpec>),
      type: type as LxdNetworkSpec["type"],
    }),
    usedBy: usersIn(users),
    ...given({ ipv4Address: now["ipv4.address"], ipv6Address: now["ipv6.address"] }),
    ...(status === "Pending" ? { pending: true } : {}),
  };
}
