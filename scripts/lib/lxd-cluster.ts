import { startBareLxd, type ThrowawayLxd } from "./lxd.ts";
import { connectHosts, startHost, type ThrowawayHost } from "./throwaway-host.ts";

/** A member of a cluster: an LXD in a throwaway host of its own. */
export interface Member {
  readonly name: string;
  readonly lxd: ThrowawayLxd;
  /** Where the other members reach it. */
  readonly address: string;
}

/**
 * Two LXDs, each in its own throwaway host, with a cable between them, as one cluster. With two members the database is on
 * the first one alone, so that the second may go away.
 */
export async function startLxdCluster(): Promise<readonly [Member, Member]> {
  const hosts = await Promise.all([startHost({ name: "one" }), startHost({ name: "two" })]);
  try {
    return await joined(...hosts);
  } catch (error) {
    await Promise.all(hosts.map((host) => host.stop()));
    throw error;
  }
}

async function joined(first: ThrowawayHost, second: ThrowawayHost): Promise<readonly [Member, Member]> {
  await connectHosts(first, second, ["192.0.2.1/30", "192.0.2.2/30"]);
  const [one, two] = await Promise.all(
    [first, second].map(startBareLxd) as [Promise<ThrowawayLxd>, Promise<ThrowawayLxd>],
  );
  await one.lxc(["config", "set", "core.https_address", "192.0.2.1:8443"]);
  await one.lxc(["cluster", "enable", "one"]);
  const { stdout } = await one.lxc(["cluster", "add", "two"]);
  const token = stdout.trim().split("\n").at(-1);
  const cluster = { enabled: true, server_address: "192.0.2.2:8443", cluster_token: token };
  await second.exec(["lxd", "init", "--preseed"], {
    env: two.environment,
    input: JSON.stringify({ config: {}, cluster }),
    timeout: 60_000,
  });
  return [
    { name: "one", lxd: one, address: "192.0.2.1:8443" },
    { name: "two", lxd: two, address: "192.0.2.2:8443" },
  ];
}
