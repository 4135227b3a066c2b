import type {
  LxdProjectDriver,
  Named,
  ObservedLxdProject,
  Ownership,
  ProjectState,
} from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import type { LxdProjectSpec } from "../schema/lxdProject";
import { lxdFeatureKeys, lxdProjectKeys } from "../schema/lxdProjectKeys";
import { stackOf } from "../schema/table/owner";
import { at, type LxdClient } from "./api/client";
import { doing, given, missing, taken } from "./common";
import { editKeys, toldOf } from "./keyed";
import { mergeKeys, readKeys, writeKeys } from "./keys";
import { OWN, type Config, type Image } from "./objects";
import { usersIn } from "./usedBy";

type Spec = Named<LxdProjectSpec>;

interface Project {
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  readonly used_by?: readonly string[] | null;
}

/** A feature that a program stops naming stays: taken out, it would count as switched off. */
const STAY = lxdFeatureKeys.map(({ key }) => key);

/** Projects of a server. The name is the identity; the server renames one that holds nothing. */
export function createProjectDriver(client: LxdClient): LxdProjectDriver {
  const look = async (name: string): Promise<Project | undefined> =>
    (await client.find<Project>(at("projects", name)))?.value;

  const find = async (name: string): Promise<ObservedLxdProject | undefined> => {
    const found = await look(name);
    return found && observed(found);
  };

  const change = async (id: string, spec: Spec, { owner }: Ownership): Promise<ObservedLxdProject> => {
    const what = doing("change", "project", spec.name);
    const before = await find(id);
    if (before === undefined) throw missing("project", id, "change");
    if (id !== spec.name)
      await client.change("POST", at("projects", id), {
        body: { name: spec.name },
        what: doing("rename", "project", id),
      });
    await editKeys<Project>(client, at("projects", spec.name), spec, {
      keys: () => writeKeys(lxdProjectKeys, spec),
      owner,
      stay: STAY,
      what,
    });
    const after = await find(spec.name);
    if (after === undefined) throw missing("project", spec.name, "change");
    return after;
  };

  return {
    find,
    change,

    async create(spec, owned) {
      const what = doing("create", "project", spec.name);
      const before = await find(spec.name);
      if (before === undefined) {
        const config = mergeKeys({}, writeKeys(lxdProjectKeys, spec), owned.owner);
        const body = { name: spec.name, description: spec.description ?? "", config };
        try {
          await client.change("POST", at("projects"), { body, what });
        } catch (error) {
          if (!hasCode(error, "already-exists")) throw error;
        }
      }
      const made = await find(spec.name);
      if (made === undefined) throw missing("project", spec.name, "create");
      if (made.owner !== owned.owner) throw taken("project", spec.name, made.owner);
      return before === undefined ? made : change(spec.name, spec, owned);
    },

    /** Some servers delete a project with volumes in it; what it holds is looked at here. */
    async remove(id) {
      const what = doing("remove", "project", id);
      const found = await look(id);
      if (found === undefined) return;
      const images = await imagesOf(client, found);
      const cached = images.filter((image) => image.cached === true || isOfStack(image, found));
      const kept = holdings(found).filter(
        (holding) => !cached.some(({ fingerprint }) => holding.includes(fingerprint)),
      );
      if (kept.length > 0) throw stillHolds(id, kept, cached.length);
      for (const { fingerprint } of cached)
        await client.remove(at("images", fingerprint), { query: { project: id }, what });
      await client.remove(at("projects", id), { what });
    },

    async state(name) {
      const found = await client.find<{
        resources: Readonly<Record<string, { Limit: number; Usage: number }>>;
      }>(`${at("projects", name)}/state`);
      return found && stateOf(name, found.value.resources);
    },
  };
}

async function imagesOf(client: LxdClient, { name, config }: Project): Promise<readonly Image[]> {
  if (config["features.images"] !== "true") return [];
  return client.get<readonly Image[]>(at("images"), { recursion: "1", project: name });
}

/** Sent for a VM of the stack that the project is of: it has served its purpose when no instance is left. */
function isOfStack({ properties }: Image, { config }: Project): boolean {
  const [theirs, ours] = [properties?.[OWN.owner], config[OWN.owner]];
  return theirs !== undefined && ours !== undefined && stackOf(theirs) === stackOf(ours);
}

/** All that is in it, except the profile that comes and goes with it. */
function holdings({ used_by: users }: Project): readonly string[] {
  return usersIn(
    (users ?? []).filter((path) => !/^\/1\.0\/profiles\/default(\?|$)/.test(path)),
    false,
  );
}

function stillHolds(name: string, kept: readonly string[], cached: number): DriverError {
  const copies =
    cached === 0
      ? ""
      : ` (beside ${cached} cached ${cached === 1 ? "copy" : "copies"} of images, which would go with it)`;
  return new DriverError(`it still holds ${kept.join(", ")}${copies}`, {
    code: "invalid-state",
    ...doing("remove", "project", name),
    remedy:
      "Remove those first, or take the resource out of the program with `retainOnDelete`; nothing was removed.",
  });
}

function observed(project: Project): ObservedLxdProject {
  return {
    ...toldOf(project, readKeys(lxdProjectKeys, project.config) as Partial<LxdProjectSpec>),
    usedBy: holdings(project),
  };
}

const MiB = 2 ** 20;

/** LXD's own words for amounts, where -1 stands for no limit. */
function stateOf(
  name: string,
  resources: Readonly<Record<string, { Limit: number; Usage: number }>>,
): ProjectState {
  const amount = (key: string, unit = 1): { used: number; limit?: number } => {
    const { Usage: used = 0, Limit: limit = -1 } = resources[key] ?? {};
    return {
      used: Math.ceil(used / unit),
      ...given({ limit: limit < 0 ? undefined : Math.floor(limit / unit) }),
    };
  };
  return {
    name,
    instances: amount("instances"),
    containers: amount("containers"),
    virtualMachines: amount("virtual-machines"),
    cores: amount("cpu"),
    memoryMiB: amount("memory", MiB),
    diskBytes: amount("disk"),
    networks: amount("networks"),
    processes: amount("processes"),
  };
}
