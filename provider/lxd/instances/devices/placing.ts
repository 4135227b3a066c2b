import type { NamedVmSpec } from "../../../driver/contract";
import { DriverError } from "../../../driver/errors";
import { at, type LxdClient } from "../../api/client";
import { doing } from "../../common";
import { placeOf, volumePath } from "../../volumes/view";
import { OWN, type Device, type Devices, type Instance, type Pool } from "../../objects";
import { listIn } from "../config";
import { isRoot, rootDisk, type PlacedDisk } from "./disk";
import { recordedVolumes } from "../volumes";

/** Decides where every disk of the spec is, and finds out that what has to exist does, before anything is made. */
export async function placeDisks(
  client: LxdClient,
  spec: NamedVmSpec,
  { config, devices: current }: Pick<Instance, "config" | "devices">,
): Promise<readonly PlacedDisk[]> {
  const disks = spec.disks ?? [];
  const root = rootDisk(spec, current);
  const places = new Pools(client, spec.host.defaultStoragePool);
  return Promise.all(
    disks.map(async (disk): Promise<PlacedDisk> => {
      if (disk.path !== undefined) return { disk, role: "host" };
      if (disk.volume !== undefined) {
        const [pool, volume] = placeOf(disk.volume);
        await exists(client, volumePath(pool, volume), "volume", disk.volume);
        return { disk, role: "existing", pool, volume };
      }
      const now = current[disk.name];
      const pool = disk.pool ?? now?.["pool"] ?? (await places.choose());
      if (disk.pool !== undefined && now?.["pool"] !== pool)
        await exists(client, at("storage-pools", pool), "storage pool", pool);
      return disk.name === root
        ? { disk, role: "root", pool }
        : { disk, role: "made", pool, volume: ownVolume(spec.name, disk.name, pool, now, config) };
    }),
  );
}

/** A volume that was made for the instance keeps its name, whatever the instance is called by now. */
function ownVolume(
  vm: string,
  disk: string,
  pool: string,
  now: Device | undefined,
  config: Instance["config"],
): string {
  const ours = new Set(recordedVolumes({ config }));
  const before = listIn(config[OWN.formerNames]).map((name) => `${name}-${disk}`);
  const known = [now?.["source"] ?? "", ...before].find((volume) => ours.has(`${pool}/${volume}`));
  return known ?? `${vm}-${disk}`;
}

/** The root device for a VM that names no disk of its own, where its profiles have none either. */
export async function missingRoot(client: LxdClient, spec: NamedVmSpec, devices: Devices): Promise<Devices> {
  if (Object.values(devices).some(isRoot)) return {};
  for (const profile of spec.profiles ?? ["default"]) {
    const found = await client.find<Pick<Instance, "devices">>(at("profiles", profile));
    if (Object.values(found?.value.devices ?? {}).some(isRoot)) return {};
  }
  const pool = await new Pools(client, spec.host.defaultStoragePool).choose();
  return { root: { type: "disk", path: "/", pool } };
}

/** The host's default pool, else the first pool (R103, R104). */
class Pools {
  private chosen?: Promise<string>;

  constructor(
    private readonly client: LxdClient,
    private readonly preferred: string | undefined,
  ) {}

  choose(): Promise<string> {
    return (this.chosen ??= this.find());
  }

  private async find(): Promise<string> {
    if (this.preferred !== undefined) {
      await exists(this.client, at("storage-pools", this.preferred), "storage pool", this.preferred);
      return this.preferred;
    }
    const pools = await this.client.get<readonly Pool[]>(at("storage-pools"), { recursion: "1" });
    const usable = pools.filter(({ status }) => status === "Created");
    const choice = usable.find(({ name }) => name === "default") ?? usable[0];
    if (choice !== undefined) return choice.name;
    throw new DriverError("the host has no storage pool", {
      code: "not-found",
      operation: "choose a storage pool",
      remedy: "Make one with a StoragePool, or on the server with `lxc storage create default dir`.",
    });
  }
}

async function exists(client: LxdClient, path: string, kind: string, name: string): Promise<void> {
  if ((await client.find(path)) !== undefined) return;
  throw new DriverError("it does not exist on the host", {
    code: "not-found",
    ...doing("use", kind, name),
    remedy: `Declare it in the program, or name a ${kind} that is there.`,
  });
}
