import type { InterfaceAddresses, ObservedVm, VmDriver } from "../../driver/contract";
import { DriverError, hasCode } from "../../driver/errors";
import { at, type LxdClient, type Query } from "../api/client";
import { doing, refuseAnothers } from "../common";
import { memberIn } from "../members";
import {
  isSeen,
  OWN,
  type Instance,
  type InstanceState,
  type Listed,
  type Resources,
  type Volume,
} from "../objects";
import { volumePath } from "../volumes/view";
import { create } from "./create";
import { Finder } from "./find";
import { observe, stateOf, summaryOf } from "./observe";
import { askToStop, noteStop, setState, stopEnded, wrongState } from "./power";
import { remove, sparing } from "./remove";
import { renamed } from "./rename";
import { applyPending, sync } from "./sync";
import { moveToTarget, toward } from "./move/target";

export function createVmDriver(client: LxdClient): VmDriver {
  const finder = new Finder(client);

  /** The instance with its volumes as they are now, on its own member of a cluster. */
  const seenNow = (instance: Instance): Promise<ObservedVm> =>
    observe(instance, async (pool, name) => {
      const found = await client.find<Volume>(volumePath(pool, name), { target: memberIn(instance) });
      return found?.value;
    });

  return {
    async list() {
      const all = await listAll(client);
      const percentages = all.some(({ expanded_config: config }) => config?.["limits.memory"]?.endsWith("%"));
      const hostMiB = percentages
        ? (await client.get<Resources>(at("resources"))).memory.total / 2 ** 20
        : undefined;
      return all.map((instance) => summaryOf(instance, hostMiB));
    },
    async find(idOrName, { many } = { many: false }) {
      const found = await (many ? finder.among(idOrName) : finder.find(idOrName));
      if (found === undefined || !many) return found && seenNow(found);
      return observe(found, (pool, name) => finder.looks.volume(pool, name));
    },
    async create(spec, owned) {
      return seenNow(await create(client, finder, spec, owned));
    },
    async change(id, spec, owned) {
      const found = await finder.need(id, "change");
      refuseAnothers("VM", found.name, found.config[OWN.owner], owned);
      const instance = await renamed(client, finder, found, spec.name);
      const there = await moveToTarget(client, instance, spec.target);
      await sync(client, there, spec, owned);
      return seenNow(await finder.need(id, "change"));
    },
    toward: (target, id) => toward(client, finder, target, id),
    async start(id, options = {}) {
      const instance = await finder.need(id, "start");
      const state = stateOf(instance);
      if (state === "paused" && options.paused !== true)
        return setState(client, instance.name, { action: "unfreeze" });
      if (state === "stopped" || state === "crashed") {
        await applyPending(client, instance);
        await setState(client, instance.name, { action: "start" });
      }
      if (options.paused === true && state !== "paused")
        await setState(client, instance.name, { action: "freeze" });
    },
    async pause(id) {
      const { name, ...instance } = await finder.need(id, "pause");
      const state = stateOf(instance);
      if (state === "paused") return;
      if (state !== "running") throw wrongState("freeze", name, state);
      await setState(client, name, { action: "freeze" });
    },
    async resume(id) {
      const { name, ...instance } = await finder.need(id, "resume");
      const state = stateOf(instance);
      if (state === "running") return;
      if (state !== "paused") throw wrongState("unfreeze", name, state);
      await setState(client, name, { action: "unfreeze" });
    },
    async stop(id, { hard }) {
      const { name, ...instance } = await finder.need(id, "stop");
      if (stateOf(instance) === "stopped") return;
      if (hard) await setState(client, name, { action: "stop", force: true });
      else await askToStop(client, name);
    },
    async noteStop(id, stopped) {
      await noteStop(client, (await finder.need(id, "write a note on")).name, stopped);
    },
    async hasAcpi(id) {
      await finder.need(id, "look at");
      return true;
    },
    async state(id) {
      const instance = await finder.find(id);
      if (instance === undefined) return undefined;
      const state = stateOf(instance);
      if (state === "stopped") await stopEnded(client, instance.name);
      return state;
    },
    async addresses(id) {
      const { name, ...instance } = await finder.need(id, "find the addresses of");
      const state = stateOf(instance);
      if (state !== "running")
        throw new DriverError(`it is ${state}`, {
          code: "invalid-state",
          ...doing("find the addresses of", "VM", name),
        });
      return addressesIn(await client.get<InstanceState>(`${at("instances", name)}/state`));
    },
    async remove(id, { spared, kept } = {}) {
      const instance = await finder.find(id);
      if (instance === undefined) return;
      if (spared?.({ name: instance.name, owner: instance.config[OWN.owner] }) === true) return;
      await remove(client, finder, sparing(instance, kept));
    },
  };
}

/** Of all projects, where we may see them: what they use is used up on the host. */
async function listAll(client: LxdClient): Promise<readonly Instance[]> {
  const list = async (query: Query): Promise<readonly Instance[]> =>
    (await client.get<readonly Listed[]>(at("instances"), { recursion: "1", ...query })).filter(isSeen);
  try {
    return await list({ "all-projects": "true", project: undefined });
  } catch (error) {
    if (!hasCode(error, "permission-denied")) throw error;
    return list({});
  }
}

function addressesIn({ network }: InstanceState): readonly InterfaceAddresses[] {
  return Object.entries(network ?? {}).flatMap(([name, { hwaddr, addresses }]) =>
    name === "lo" || hwaddr === ""
      ? []
      : [{ mac: hwaddr.toLowerCase(), addresses: addresses.map(({ address }) => address) }],
  );
}
