import { at, type LxdClient } from "../api/client";
import type { Instance, Volume } from "../objects";
import { usersIn } from "../usedBy";
import { volumePath } from "./view";

/** Instances that have the volume and are on, in words: `instance "web"`. */
export async function runningUsers(
  client: LxdClient,
  pool: string,
  name: string,
): Promise<readonly string[]> {
  const users = (await client.find<Volume>(volumePath(pool, name)))?.value.used_by ?? [];
  const on = await Promise.all(
    users.map(async (path) => {
      const { pathname, searchParams } = new URL(path, "http://lxd");
      if (!pathname.startsWith(`${at("instances")}/`)) return [];
      const project = searchParams.get("project") ?? undefined;
      const found = await client.find<Instance>(pathname, project === undefined ? {} : { project });
      return found === undefined || found.value.status === "Stopped" ? [] : [path];
    }),
  );
  return usersIn(on.flat());
}
