import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { LxdNetworkDriver, LxdProjectDriver } from "../../../provider/driver/contract";
import { check } from "../../../provider/lifecycle/check";
import type { Handler } from "../../../provider/lifecycle/handler";
import { lxdNetwork } from "../../../provider/lifecycle/lxdNetwork";
import { lxdProject } from "../../../provider/lifecycle/lxdProject";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/connection";
import { objectOf } from "../../../provider/schema/gate";
import { lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import type { ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { ownHost } from "../../support/host";

let host: ThrowawayHost;
let lxd: ThrowawayLxd;
let driver: ReturnType<typeof createLxdDriver>;
let networks: LxdNetworkDriver;
let projects: LxdProjectDriver;

beforeAll(async () => {
  host = await ownHost();
  lxd = await startLxd(host);
  driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  if (driver.lxdNetworks === undefined || driver.projects === undefined) throw new Error("it is no LXD");
  ({ lxdNetworks: networks, projects } = driver);
});

afterAll(async () => {
  await driver.close();
  await host.stop();
});

const owner = "live/test/Kind/x";
const pass = (handler: unknown, input: Record<string, unknown>): never => {
  const news = { host: { address: lxd.address }, owner, ...input };
  const { inputs, failures } = check(handler as Handler<never>, {}, news);
  expect(failures).toEqual([]);
  return inputs as never;
};
const none = { ipv4: { address: "none" }, ipv6: { address: "none" } };
const network = (input: Record<string, unknown>): never => pass(lxdNetwork, { ...none, ...input });

test("a network is made once, is another owner's to nobody, and is renamed while nothing uses it", async () => {
  const first = await networks.create(network({ name: "one", description: "d" }), { owner });
  expect(await networks.create(network({ name: "one", description: "d" }), { owner })).toEqual(first);
  await expect(networks.create(network({ name: "one" }), { owner: "other" })).rejects.toMatchObject({
    code: "already-exists",
  });
  await networks.change("one", network({ name: "two" }), { owner });
  expect(await lxd.query("/1.0/networks/one")).toBeUndefined();
  expect(await lxd.query("/1.0/networks/two")).toMatchObject({ description: "", type: "bridge" });
  await lxd.lxc(["init", "--empty", "user", "--storage", lxdPool, "--network", "two"]);
  const used = { code: "invalid-state", remedy: 'Take it from instance "user" first.' };
  await expect(networks.change("two", network({ name: "three" }), { owner })).rejects.toMatchObject(used);
  await expect(networks.remove("two")).rejects.toMatchObject(used);
  expect(await networks.find("two")).toMatchObject({ owner, usedBy: ['instance "user"'] });
  await lxd.lxc(["delete", "user"]);
  await networks.remove("two");
  await networks.remove("two");
  expect(await lxd.query("/1.0/networks/two")).toBeUndefined();
});

test("a network that somebody has made stays as it is, and LXD's choice of a subnet stays when others change", async () => {
  await lxd.lxc(["network", "create", "theirs", "ipv4.address=none", "ipv6.address=none"]);
  const before = await lxd.query("/1.0/networks/theirs");
  await expect(networks.create(network({ name: "theirs" }), { owner })).rejects.toMatchObject({
    code: "already-exists",
  });
  expect(await lxd.query("/1.0/networks/theirs")).toEqual(before);
  const free = { name: "free", ipv4: {} };
  const { ipv4Address } = await networks.create(network(free), { owner });
  expect(ipv4Address).toMatch(/^\d+\.\d+\.\d+\.1\/24$/);
  expect(await networks.change("free", network({ ...free, mtu: 1400 }), { owner })).toMatchObject({
    ipv4Address,
    spec: { mtu: 1400 },
  });
  for (const name of ["free", "theirs"]) await networks.remove(name);
});

test("a project with a volume in it stays, volume and all; an empty one goes, and tells its limits before", async () => {
  const spec = pass(lxdProject, { name: "full", limits: { instances: 3, memory: "1GiB" } });
  await projects.create(spec, { owner });
  expect(await projects.state("full")).toMatchObject({
    instances: { used: 0, limit: 3 },
    memoryMiB: { used: 0, limit: 1024 },
  });
  const volume = ["storage", "volume"];
  await lxd.lxc([...volume, "create", lxdPool, "precious", "--project", "full"]);
  await expect(projects.remove("full")).rejects.toMatchObject({
    code: "invalid-state",
    message: `it still holds volume "${lxdPool}/precious"`,
  });
  expect(await lxd.query(`/1.0/storage-pools/${lxdPool}/volumes/custom/precious?project=full`)).toMatchObject(
    { name: "precious" },
  );
  await lxd.lxc([...volume, "delete", lxdPool, "precious", "--project", "full"]);
  await projects.remove("full");
  await projects.remove("full");
  expect(await lxd.query("/1.0/projects/full")).toBeUndefined();
});
