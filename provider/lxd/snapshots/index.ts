import { Turns } from "../../driver/turns";
import type { NamedSnapshotSpec, ObservedSnapshot, SnapshotDriver } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import type { LxdClient } from "../api/client";
import { doing, missing, taken } from "../common";
import { Finder, idOf } from "../instances/find";
import { stateOf } from "../instances/observe";
import type { Instance } from "../objects";
import { describe, expiryOf, markOf, NEVER, observe, rootPath, snapshotPath, type Snapshot } from "./observe";
import { revert } from "./revert";
import { take } from "./take";
import { expirePart, isWhole, ownedBy, volumeSnapshot } from "./volumes";

/**
 * LXD's snapshots of an instance hold its root; those of the volumes made for the instance are kept beside, under the same
 * name. Whose a snapshot is stands in the copy of the instance's configuration that it carries.
 */
export function createSnapshotDriver(client: LxdClient): SnapshotDriver {
  const finder = new Finder(client);
  /**
   * By instance, whose turn it is: each snapshot that is taken marks the instance, and holds it still; and LXD refuses to take
   * two away at a time.
   */
  const taking = new Map<string, Turns>();
  const inTurn = <T>(instance: Instance, step: () => Promise<T>): Promise<T> => {
    const turns = taking.get(idOf(instance)) ?? new Turns(1);
    taking.set(idOf(instance), turns);
    return turns.run(step);
  };

  const find = async (vm: string, name: string): Promise<Found | undefined> => {
    const instance = await finder.find(vm);
    if (instance === undefined) return undefined;
    const snapshot = await client.find<Snapshot>(snapshotPath(instance.name, name));
    return snapshot && { instance, snapshot: snapshot.value };
  };
  const need = async (vm: string, name: string, operation: string): Promise<Found> => {
    const found = await find(vm, name);
    if (found === undefined) throw missing("snapshot", `${vm}/${name}`, operation);
    return found;
  };
  const seen = ({ instance, snapshot }: Found): Promise<ObservedSnapshot> =>
    observe(client, instance, snapshot);

  return {
    async find(vm, name) {
      const found = await find(vm, name);
      return found && seen(found);
    },
    async create(spec, { owner }) {
      const instance = await finder.need(spec.vm, "take a snapshot of");
      const before = (await client.find<Snapshot>(snapshotPath(instance.name, spec.name)))?.value;
      const whose = before && markOf(before)?.owner;
      if (before !== undefined && whose !== owner) throw taken("snapshot", spec.name, whose);
      // Half of one, which an earlier run has left, is of another moment than the rest would be.
      const whole = before !== undefined && (await isWhole(client, instance, spec.name));
      if (before !== undefined && !whole) await this.remove(instance.name, spec.name);
      if (!whole)
        await inTurn(instance, async () => {
          const now = await finder.need(spec.vm, "take a snapshot of");
          refuse(now, spec);
          await take(client, now, spec, owner);
        });
      return this.change({ ...spec, vm: instance.name });
    },
    async change(spec) {
      const { instance, snapshot } = await need(spec.vm, spec.name, "change");
      const what = doing("change", "snapshot", `${instance.name}/${spec.name}`);
      await describe(client, instance, spec.name, spec.description ?? "", what);
      // The parts of one snapshot go at the same time.
      const parts = (await ownedBy(client, instance)).map((volume) => volumeSnapshot(volume, spec.name));
      await Promise.all(parts.map((part) => expirePart(client, part, spec.expiresAt, what)));
      if (spec.expiresAt !== expiryOf(snapshot))
        await client.change("PUT", snapshotPath(instance.name, spec.name), {
          body: { expires_at: spec.expiresAt ?? NEVER },
          what,
        });
      return seen(await need(spec.vm, spec.name, "change"));
    },
    async revert(vm, name) {
      const { instance, snapshot } = await need(vm, name, "return to");
      await revert(client, instance, snapshot);
    },
    async remove(vm, name) {
      const found = await find(vm, name);
      if (found === undefined) return;
      const { instance } = found;
      const what = doing("remove", "snapshot", `${instance.name}/${name}`);
      await inTurn(instance, async () => {
        const volumes = await ownedBy(client, instance);
        await Promise.all(volumes.map((volume) => client.remove(volumeSnapshot(volume, name), { what })));
        await client.remove(snapshotPath(instance.name, name), { what });
      });
    },
  };
}

interface Found {
  readonly instance: Instance;
  readonly snapshot: Snapshot;
}

/** What LXD would say too late, or in riddles. */
function refuse(instance: Instance, { memory, quiesce, expiresAt }: NamedSnapshotSpec): void {
  const what = doing("take a snapshot of", "VM", instance.name);
  if (rootPath(instance) === undefined)
    throw new DriverError("it has no disk", { code: "invalid-state", ...what });
  if (quiesce === true)
    throw new DriverError("LXD does not freeze a guest's file systems", {
      code: "guest-agent-unavailable",
      ...what,
      remedy: 'Leave `quiesce` out, or say "ifPossible".',
    });
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
    throw new DriverError(`\`expiresAt\` (${expiresAt}) has passed`, { code: "invalid-argument", ...what });
  if (!memory) return;
  if (stateOf(instance) === "stopped")
    throw new DriverError("it is off and has no memory to keep", { code: "invalid-state", ...what });
  const { expanded_config: config = instance.config } = instance;
  if (instance.type === "virtual-machine" && config["migration.stateful"] !== "true")
    throw new DriverError("LXD keeps a guest's memory only where it has been told to prepare for it", {
      code: "unsupported",
      ...what,
      remedy:
        'Set `config: { "migration.stateful": true }` on the VM and give its root room for the memory (`size.state`); both need a restart.',
    });
}
