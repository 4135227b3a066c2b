import { describe, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import type { HostDriver, LxdNetworkDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { lxdNetwork } from "../../../provider/lifecycle/lxdNetwork";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { UNKNOWN } from "../../../provider/schema/table/unknown";
import { createMemoryHost } from "../../support/memoryDriver";

const hosts = new Map<string, HostDriver>();
registerDriver("lxd", ({ address }) => {
  const driver = hosts.get(address);
  if (driver === undefined) throw new Error(`no host at ${address}`);
  return driver;
});

/** A host with those ACLs, which counts how often it is asked for them. */
function hostWith(acls: () => Promise<readonly string[] | undefined>): { host: Plain; asked: () => number } {
  let count = 0;
  const networks = { find: async () => undefined, acls: () => (count++, acls()) };
  const address = `unix:///memory${hosts.size}`;
  hosts.set(address, {
    ...createMemoryHost().driver,
    lxdNetworks: networks as unknown as LxdNetworkDriver,
  });
  return { host: { address, name: "lxd1", retries: 0 }, asked: () => count };
}

const networks = providerFor(lxdNetwork);
const inputs = (host: Plain, acls: unknown): Plain => ({
  host,
  owner: "shop/dev/LxdNetwork/lan",
  name: "lan",
  ipv4: { address: "none" },
  ipv6: { address: "none" },
  acls,
});

async function preview(host: Plain, acls: unknown, olds: Plain = {}): Promise<readonly string[]> {
  const { failures } = await networks.check(olds, inputs(host, acls));
  return failures.map(({ property, reason }) => (property === "" ? reason : `${property}: ${reason}`));
}

describe("an ACL that a network names", () => {
  test("and the server has not is refused in preview, at its place, with those that it has", async () => {
    const { host } = hostWith(async () => ["web", "db"]);
    expect(await preview(host, ["web", "bd"])).toEqual([
      expect.stringMatching(
        /^acls\[1\]: lxd1 \(\S+\) has no network ACL "bd", but web, db; make it .*`lxc network acl create bd`\)$/,
      ),
    ]);
    expect(await preview(host, ["web", "db"])).toEqual([]);
  });

  test("is asked for only where it is new, and known", async () => {
    const { host, asked } = hostWith(async () => []);
    expect(await preview(host, undefined)).toEqual([]);
    expect(await preview(host, [UNKNOWN])).toEqual([]);
    expect(await preview(host, ["web"], inputs(host, ["web"]))).toEqual([]);
    expect(asked()).toBe(0);
    expect(await preview(host, ["web", "more"], inputs(host, ["web"]))).toHaveLength(1);
  });

  test("is no matter of a server that does not answer, nor of one that knows no ACLs", async () => {
    const lost = hostWith(() => Promise.reject(new DriverError("the line is dead", { code: "unreachable" })));
    expect(await preview(lost.host, ["any"])).toEqual([]);
    expect(await preview(hostWith(async () => undefined).host, ["any"])).toEqual([]);
  });
});
