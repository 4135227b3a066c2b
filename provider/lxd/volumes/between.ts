import { DriverError, isDriverError, type DriverErrorDetails } from "../../driver/errors";
import { at, UPLOAD_MS, type LxdClient } from "../api/client";
import { doing } from "../common";
import { memberIn, membersOf } from "../members";
import { OWN, type Config, type Server, type Volume } from "../objects";
import { usersIn } from "../usedBy";
import { workEnded } from "./workEnded";
import { isHalf, volumePath, type VolumeText } from "./view";

/** A volume on one member of a cluster, and the member that is to have a copy of it under the same name. */
export interface Way {
  readonly pool: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Copies a volume, with its snapshots, to another member: the one it is on offers it, and the other fetches it there. The copy is
 * the program's own under the keys of `config`; a pool that all members reach has it everywhere.
 */
export async function copyBetween(
  client: LxdClient,
  { pool, name, from, to }: Way,
  volume: Pick<Volume, "content_type" | "description" | "config">,
  what: Partial<DriverErrorDetails>,
): Promise<void> {
  const [{ environment }, members] = await Promise.all([client.get<Server>(at()), membersOf(client)]);
  const offered = await client.begin("POST", volumePath(pool, name), {
    body: { name, pool, migration: true, volume_only: false },
    query: { target: from },
    what,
  });
  const url = members.find((member) => member.server_name === from)?.url ?? "";
  const source = {
    type: "migration",
    mode: "pull",
    pool,
    name,
    certificate: environment.certificate,
    operation: `${url}${at("operations", offered?.id ?? "")}`,
    secrets: offered?.metadata,
    volume_only: false,
  };
  const { content_type, description, config } = volume;
  await client.change("POST", at("storage-pools", pool, "volumes", "custom"), {
    body: { name, type: "custom", content_type, description, config: withoutOwnWords(config), source },
    query: { target: to },
    deadlineMs: UPLOAD_MS,
    what,
  });
}

/** The server's notes on a volume are its own. */
function withoutOwnWords(config: Config): Config {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !key.startsWith("volatile.")));
}

/**
 * Takes a volume to another member, with all that it holds. The copy says that it is on its way until it is whole, so that of two
 * that a cut-off run has left it is known which one counts.
 */
export async function takeTo(
  client: LxdClient,
  pool: string,
  name: string,
  to: string | undefined,
): Promise<void> {
  if (to === undefined) return;
  const what = doing("move", "volume", `${pool}/${name}`);
  const path = volumePath(pool, name);
  const found = await namesakes(client, pool, name);
  const source = found.find((volume) => memberIn(volume) !== to);
  const from = source && memberIn(source);
  if (source === undefined || from === undefined) return;
  const users = usersIn(source.used_by);
  if (users.length > 0)
    throw new DriverError(`it is on ${from} and used by ${users.join(", ")}`, {
      code: "invalid-state",
      ...what,
      remedy: `Take it from ${users.join(", ")} first: a volume goes to another member when nothing uses it.`,
    });
  const there = found.find((volume) => memberIn(volume) === to);
  const drop = async (member: string): Promise<void> => {
    await workEnded(client, name, what);
    await client.remove(path, { query: { target: member }, what });
  };
  if (there !== undefined && isHalf(there)) await drop(to);
  if (there === undefined || isHalf(there)) {
    const config = { ...source.config, [OWN.making]: "true" };
    await copyBetween(client, { pool, name, from, to }, { ...source, config }, what);
    await client.edit<Volume, VolumeText>(
      path,
      ({ description, config: { [OWN.making]: _making, ...whole } }) => ({ description, config: whole }),
      { query: { target: to }, what },
    );
  }
  await drop(from);
}

/** A volume by its name. Where two members have one, a move was cut off, and the whole one counts. */
export async function findWhole(client: LxdClient, pool: string, name: string): Promise<Volume | undefined> {
  try {
    return (await client.find<Volume>(volumePath(pool, name)))?.value;
  } catch (error) {
    if (!isOnSeveral(error)) throw error;
    const found = await namesakes(client, pool, name);
    return found.find((volume) => !isHalf(volume)) ?? found[0];
  }
}

/** The member that has it. */
export async function wholeAt(client: LxdClient, pool: string, name: string): Promise<string | undefined> {
  const whole = await findWhole(client, pool, name);
  return whole && memberIn(whole);
}

export function isOnSeveral(error: unknown): boolean {
  return isDriverError(error) && /more than one cluster member/i.test(error.message);
}

async function namesakes(client: LxdClient, pool: string, name: string): Promise<readonly Volume[]> {
  const all = await client.get<readonly Volume[]>(at("storage-pools", pool, "volumes", "custom"), {
    recursion: "1",
  });
  return all.filter((volume) => volume.name === name);
}
