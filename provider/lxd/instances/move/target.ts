import type { Toward } from "../../../driver/contract";
import { DriverError, isDriverError } from "../../../driver/errors";
import { at, type LxdClient } from "../../api/client";
import { doing, missing } from "../../common";
import { isCluster, memberIn, membersOf, type Member } from "../../members";
import type { Instance, Listed } from "../../objects";
import { copiesFor, dropCopies } from "./copies";
import type { Finder } from "../find";
import { stateOf } from "../observe";
import { recordedVolumes } from "../volumes";

/** Its disks may have to go from one machine to another. */
const MOVE_MS = 3_600_000;

/** Whether VMs can go to the member or group now, and what a VM needs that is to be there. */
export async function toward(
  client: LxdClient,
  finder: Finder,
  target: string,
  id: string | undefined,
): Promise<Toward> {
  if (!(await isCluster(client))) return { closed: NO_CLUSTER, live: false };
  const members = await membersOf(client);
  const closed = closedTo(members, target);
  const instance = id === undefined ? undefined : await finder.find(id);
  const from = instance && memberIn(instance);
  return {
    live: instance !== undefined && goesLive(instance),
    ...(closed === undefined ? {} : { closed }),
    ...(from === undefined || fits(members, target).some((member) => member.server_name === from)
      ? {}
      : { from }),
  };
}

/**
 * Brings an instance of a cluster to the member that the program names, or to one of the group, with the volumes that were
 * made for it; as it is then.
 */
export async function moveToTarget(
  client: LxdClient,
  instance: Instance,
  target: string | undefined,
): Promise<Instance> {
  const { name } = instance;
  const from = memberIn(instance);
  const what = doing("move", "VM", name);
  if (from === undefined) {
    if (target === undefined) return instance;
    throw new DriverError(NO_CLUSTER, { code: "invalid-argument", ...what, remedy: "Leave `target` out." });
  }
  // What a move that was cut off has left.
  await dropCopies(client, instance, from);
  if (target === undefined) return instance;
  const members = await membersOf(client);
  if (fits(members, target).some((member) => member.server_name === from)) return instance;
  const closed = closedTo(members, target);
  if (closed !== undefined)
    throw new DriverError(`it cannot go to "${target}": ${closed}`, { code: "invalid-state", ...what });
  const state = stateOf(instance);
  if (state !== "stopped" && !goesLive(instance))
    throw new DriverError(`it is ${state}, and goes from ${from} to ${target} while it is off`, {
      code: "invalid-state",
      ...what,
      remedy: STOP,
    });
  const to = await choose(client, members, target);
  await copiesFor(client, instance, from, to, what);
  try {
    await client.change("POST", at("instances", name), {
      body: { name, migration: true },
      query: { target: to },
      deadlineMs: MOVE_MS,
      what,
    });
  } catch (error) {
    const now = await client.find<Instance>(at("instances", name)).catch(() => undefined);
    if (now?.value.location === from) await dropCopies(client, instance, from).catch(() => undefined);
    throw isDriverError(error) ? explainVolume(error) : error;
  }
  const there = await client.find<Instance>(at("instances", name));
  if (there === undefined) throw missing("VM", name, "move");
  await dropCopies(client, there.value, to);
  return there.value;
}

const NO_CLUSTER = "the host is no cluster, and has no members or groups";

const STOP =
  'Stop it first (`running: false`), let it be restarted for that (`restart: "ifNeeded"`), or let LXD prepare a VM for moves while it runs (`migration.stateful`).';

/** Volumes of its own cannot follow a guest that writes to them; containers go nowhere while they run. */
function goesLive(instance: Instance): boolean {
  const { type, config, expanded_config: expanded } = instance;
  const prepared = (expanded ?? config)["migration.stateful"] === "true";
  return type === "virtual-machine" && prepared && recordedVolumes(instance).length === 0;
}

/** The members that are the target. */
function fits(members: readonly Member[], target: string): readonly Member[] {
  return target.startsWith("@")
    ? members.filter(({ groups }) => groups?.includes(target.slice(1)) === true)
    : members.filter(({ server_name: name }) => name === target);
}

function closedTo(members: readonly Member[], target: string): string | undefined {
  const all = fits(members, target);
  if (all.some(isOpen)) return undefined;
  const names = members.map(({ server_name: name }) => name).join(", ");
  if (target.startsWith("@"))
    return all.length === 0
      ? `no member of the cluster is in that group (${names})`
      : `no member of that group is online (${all.map(standing).join(", ")})`;
  const [member] = all;
  return member === undefined
    ? `the cluster has no such member (${names})`
    : `it is ${member.status.toLowerCase()}${member.status === "Evacuated" ? `; \`lxc cluster restore ${target}\` ends that` : ""}`;
}

function isOpen({ status }: Member): boolean {
  return status === "Online";
}

function standing({ server_name: name, status }: Member): string {
  return `${name} is ${status.toLowerCase()}`;
}

/** Of a group the member that has the fewest instances, as LXD itself would choose. */
async function choose(client: LxdClient, members: readonly Member[], target: string): Promise<string> {
  if (!target.startsWith("@")) return target;
  const all = await client.get<readonly Listed[]>(at("instances"), { recursion: "1" });
  const load = (name: string): number => all.filter(({ location }) => location === name).length;
  const names = fits(members, target)
    .filter(isOpen)
    .map(({ server_name: name }) => name);
  return names.reduce((best, name) => (load(name) < load(best) ? name : best), names[0] ?? target);
}

/** A volume that the program has not made for the instance stays on its member. */
function explainVolume(error: DriverError): DriverError {
  return /storage volume not found/i.test(error.message)
    ? error.with({
        remedy:
          "A volume of the program's or of the host's that the VM has is on another member of the cluster: take it there (`target` of a StorageVolume), or out of the VM.",
      })
    : error;
}
