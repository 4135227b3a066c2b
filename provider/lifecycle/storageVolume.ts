import { statSync } from "node:fs";
import type { HostDriver, ObservedVolume, VolumeContent } from "../driver/contract";
import { DriverError } from "../driver/errors";
import { objectOf, type Complaint } from "../schema/table/gate";
import {
  storageVolumeFields,
  storageVolumeRules,
  type StorageVolumeSpec,
  type Wipe,
} from "../schema/storageVolume";
import { formatBytes } from "../schema/table/units";
import { hasUnknown } from "../schema/table/unknown";
import { adoptedAs } from "../schema/table/adopted";
import { isAnothers, ownedSince } from "./kind/anothers";
import type { Change } from "./engine/diff";
import type { Handler, Made } from "./kind/handler";
import { lean, makeRoomFor } from "./engine/lean";
import { autoName } from "./kind/naming";
import { progress } from "./status/progress";
import { sourceComplaints } from "./storage/localSource";
import { answered } from "./host/asked";
import { notThere } from "./kind/ensure";
import { fillName } from "./kind/filling";
import { hostIn, hostKindIn, nameIn, touches } from "./kind/inputs";
import { seen } from "./kind/seen";
import { STATE_VERSION, type Plain } from "./engine/state";
import { volumeMemberComplaints } from "./vm/act/member";

export const storageVolume: Handler<StorageVolumeSpec> = {
  kind: "StorageVolume",
  fields: storageVolumeFields,
  type: objectOf(storageVolumeFields, storageVolumeRules),
  fill: fillName,

  shape(news) {
    if (typeof news["source"] === "string") makeRoomFor(bytesOf(news["source"]));
    return news;
  },

  // LXD renames a volume; on libvirt another name is another volume.
  refine: (changes, news) =>
    hostKindIn(news) === "lxd"
      ? changes.map((change) => (change.path[0] === "name" ? { ...change, fate: "live" } : change))
      : changes,

  async admit(news, olds, context) {
    const missing = await sourceComplaints(news, olds);
    if (missing.length > 0) return missing;
    const elsewhere = await volumeMemberComplaints(news, olds, context);
    if (elsewhere.length > 0) return elsewhere;
    const [before, after] = [nameIn(olds), nameIn(news)];
    const pool = olds["pool"];
    const renamed = before !== undefined && after !== undefined && before !== after && pool === news["pool"];
    if (!renamed || hasUnknown(news["host"]) || hostKindIn(news) !== "lxd") return [];
    const users = await answered(news, context, async ({ volumes }) =>
      volumes.runningUsers?.(String(pool), before),
    );
    return users === undefined || users.length === 0 ? [] : [nameHeld(before, users)];
  },

  guard(changes, news): readonly Complaint[] {
    if (news["allowDataLoss"] === true) return [];
    return changes.filter(({ fate }) => fate === "replace").map(refusal);
  },

  existing: {
    noun: "volume",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), ({ volumes }) =>
        volumes.find(String(news["pool"]), wanted, { owner: String(news["owner"]) }),
      ),
  },

  async foresee(changes, news, olds, context) {
    const [name, pool] = [nameIn(olds), olds["pool"]];
    if (name === undefined || typeof pool !== "string" || touches(changes, "name")) return {};
    const observed = await context.observe(hostIn(news), ({ volumes }) => volumes.find(pool, name));
    if (observed === undefined) return {};
    const { path, capacity } = computedOf(observed);
    return { path, ...(touches(changes, "size") ? {} : { capacity }) };
  },

  async create(spec, context) {
    // The file is opened before the host is asked: a missing one is the program's mistake, not the host's.
    const content = spec.source === undefined ? undefined : await contentOf(spec.source, spec);
    const observed = await context.act(spec.host, (driver) => makeOrAdopt(driver, spec, content));
    return outsOf(spec, observed);
  },

  async read(id, outs, context) {
    const { pool, name } = placeNow(id, outs);
    const observed = await context.observe(hostIn(outs), ({ volumes }) => volumes.find(pool, name));
    if (observed === undefined) return undefined;
    const looked = nameIn(outs) === undefined;
    return { ...seen(this, outs, observed, computedOf(observed)), id: looked ? idOf(observed) : id };
  },

  async update(id, spec, olds, context) {
    const place = placeNow(id, olds);
    const observed = await context.act(spec.host, (driver) => bring(driver, place, spec, olds));
    return { ...outsOf(spec, observed), id };
  },

  async delete(id, outs, context) {
    const { pool, name } = placeNow(id, outs);
    await context.act(hostIn(outs), async ({ volumes }) => {
      const owner = String(outs["owner"]);
      if (isAnothers(await volumes.find(pool, name, { owner }), outs, "volume")) return;
      await volumes.remove(pool, name, { wipe: (outs["wipe"] as Wipe | undefined) ?? false });
    });
  },
};

/** How long a file is; one that cannot be looked at is complained of when it is opened. */
function bytesOf(source: string): number {
  try {
    return statSync(source).size;
  } catch {
    return 0;
  }
}

/** Loaded late: most volumes of a program have no file to send. */
async function contentOf(source: string, spec: StorageVolumeSpec): Promise<VolumeContent> {
  const { openContent } = require("./content/open") as typeof import("./content/open");
  // What is encrypted is made anew of the content, in whatever format.
  const { checksum, format } = spec;
  const want = spec.encryption === undefined ? { checksum, format } : { checksum };
  return progress.watched(spec.name ?? "", lean(await openContent(source, want)));
}

/** LXD renames no volume of a VM that is on. */
function nameHeld(name: string, users: readonly string[]): Complaint {
  const [have, run, them] = users.length === 1 ? ["has", "runs", "it"] : ["have", "run", "them"];
  return {
    path: ["name"],
    message: `cannot change from "${name}" while ${users.join(", ")} ${have} the volume and ${run}: stop ${them} first (\`running: false\`)`,
  };
}

function refusal({ path, before, after }: Change): Complaint {
  const [field] = path;
  if (field === "size" && Number(after) < Number(before)) {
    return {
      path,
      message: `cannot shrink from ${formatBytes(Number(before))} to ${formatBytes(Number(after))}: that would destroy data; set \`allowDataLoss: true\` to make the volume anew`,
    };
  }
  return {
    path,
    message: "would replace the volume and destroy its data; set `allowDataLoss: true` to allow it",
  };
}

async function makeOrAdopt(
  { volumes }: HostDriver,
  spec: StorageVolumeSpec,
  content: VolumeContent | undefined,
): Promise<ObservedVolume> {
  const named = { ...spec, name: spec.name ?? autoName(spec.owner) };
  const wanted = adoptedAs(spec, named.name);
  if (wanted === undefined) return volumes.create(named, { owner: spec.owner }, content);
  const found = await volumes.find(spec.pool, wanted);
  if (found === undefined) throw notThere("volume", `${spec.pool}/${wanted}`);
  const asFound = { ...named, name: found.name };
  return (await volumes.change?.(spec.pool, found.name, asFound, { owner: spec.owner })) ?? found;
}

/** Brings the volume to the spec: larger where that is wanted, called and described as the program says. */
async function bring(
  { volumes }: HostDriver,
  { pool, name: before }: Place,
  spec: StorageVolumeSpec,
  olds: Plain,
): Promise<ObservedVolume> {
  const { size, name: wanted = before } = spec;
  const owned = ownedSince(olds, { ...spec });
  const now = await volumes.find(pool, before);
  // A run that was cut off may have renamed it already.
  const renamed = now === undefined && wanted !== before ? await volumes.find(pool, wanted) : undefined;
  const observed = now ?? (renamed?.owner === spec.owner ? renamed : undefined);
  const name = observed?.name ?? before;
  if (observed === undefined) {
    throw new DriverError("it does not exist there any more", {
      code: "not-found",
      operation: "change",
      target: `volume "${name}" in pool "${pool}"`,
      remedy: "Run `pulumi refresh`, then `pulumi up` makes it again.",
    });
  }
  const described = await volumes.change?.(pool, name, { ...spec, name: wanted }, owned);
  return size !== undefined && size > observed.capacityBytes
    ? volumes.resize(pool, described?.name ?? name, size)
    : (described ?? observed);
}

/** `pool/name`: unique on its host, and what `Vm.disks[].backing` understands. */
function idOf({ pool, name }: ObservedVolume): string {
  return `${pool}/${name}`;
}

interface Place {
  readonly pool: string;
  readonly name: string;
}

/** Its id says where it was made; since then it may have been given another name. */
function placeNow(id: string, { pool, name }: Plain): Place {
  const parts = id.split("/");
  return {
    pool: typeof pool === "string" ? pool : (parts.at(-2) ?? ""),
    name: typeof name === "string" ? name : (parts.at(-1) ?? ""),
  };
}

function outsOf(spec: StorageVolumeSpec, observed: ObservedVolume): Made {
  return {
    id: idOf(observed),
    outs: { ...spec, name: observed.name, ...computedOf(observed), stateVersion: STATE_VERSION },
  };
}

function computedOf(observed: ObservedVolume): Plain {
  return { path: observed.path, capacity: observed.capacityBytes };
}
