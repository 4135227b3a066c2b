import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { VhostUserPeer } from "../support/vhostUserPeer";

/** The other ends of vhost-user interfaces, without which QEMU does not begin: of clients, and of a server. */
const CALLED = ["one", "two", "client"];
const CALLS = "server";

export const socketsOf = ({ dir }: ThrowawayHost): string => join(dir, "sockets");

export async function makeSwitches(host: ThrowawayHost): Promise<() => Promise<void>> {
  const folder = socketsOf(host);
  await mkdir(folder, { recursive: true });
  // QEMU runs as another user.
  await chmod(folder, 0o777);
  const peers = await Promise.all(CALLED.map((name) => new VhostUserPeer().listen(join(folder, name))));
  peers.push(new VhostUserPeer().call(join(folder, CALLS)));
  return async () => {
    for (const peer of peers) peer.end();
    await rm(folder, { recursive: true, force: true });
  };
}
