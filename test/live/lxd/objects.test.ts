import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { LxdNetworkDriver, LxdProjectDriver } from "../../../provider/driver/contract";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { lxdNetwork } from "../../../provider/lifecycle/lxdNetwork";
import { admitAcls } from "../../../provider/lifecycle/network/lxdAcls";
import { lxdProject } from "../../../provider/lifecycle/lxdProject";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { lxdBridge, lxdPool, startLxd, startOvn, type ThrowawayLxd } from "../../../scripts/lib/lxd";
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
  await startOvn(lxd);
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

test("a network of OVN goes to another uplink in place, and what OVN itself has of it goes with it", async () => {
  const uplink = (subnet: string): readonly string[] => [
    `ipv4.dhcp.ranges=${subnet}.2-${subnet}.99`,
    `ipv4.ovn.ranges=${subnet}.100-${subnet}.110`,
  ];
  await lxd.lxc(["network", "set", lxdBridge, ...uplink("10.214.0")]);
  await lxd.lxc([
    ...["network", "create", "other", "ipv6.address=none", "ipv4.address=10.225.0.1/24"],
    ...uplink("10.225.0"),
  ]);
  const north = async (): Promise<string> =>
    (await host.exec(["ovn-nbctl", "--db", "unix:/run/ovn/ovnnb_db.sock", "show"])).stdout;
  const inputs = (address: string, to: string): never =>
    network({ name: "virtual", type: "ovn", uplink: to, ipv4: { address, nat: true }, mtu: 1400 });
  const made = await networks.create(inputs("10.226.0.1/24", lxdBridge), { owner });
  expect(made.spec).toMatchObject({ type: "ovn", uplink: lxdBridge, mtu: 1400 });
  expect(await north()).toMatch(/10\.226\.0\.1\/24(.|\n)*external ip: "10\.214\.0\.1\d\d"/);
  const changed = await networks.change("virtual", inputs("10.227.0.1/24", "other"), { owner });
  expect(changed.spec).toMatchObject({ uplink: "other", ipv4: { address: "10.227.0.1/24" } });
  expect(await north()).toMatch(/10\.227\.0\.1\/24(.|\n)*external ip: "10\.225\.0\.1\d\d"/);
  await expect(networks.remove("other")).rejects.toMatchObject({ code: "invalid-state" });
  await networks.remove("virtual");
  expect(await north()).not.toContain("10.227.0.1");
  await networks.remove("other");
});

test("an uplink or an ACL that the server has not is refused, and nothing is left", async () => {
  await lxd.lxc(["network", "acl", "create", "web"]);
  expect(await networks.acls()).toEqual(["web"]);
  const virtual = { name: "refused", type: "ovn", ipv4: { address: "10.228.0.1/24", nat: true } };
  await expect(networks.create(network({ ...virtual, uplink: "none" }), { owner })).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("network_ovn_isolated"),
    remedy: "Name a network as `uplink`.",
  });
  await expect(networks.create(network({ ...virtual, uplink: "nowhere" }), { owner })).rejects.toMatchObject({
    message: expect.stringMatching(/"nowhere" is not one of the allowed uplink networks/),
  });
  const acls = { name: "refused", ipv4: { address: "10.228.0.1/24" }, acls: ["web", "db"] };
  await expect(networks.create(network(acls), { owner })).rejects.toMatchObject({
    message: expect.stringContaining("db"),
  });
  const context = {
    observe: (_host: unknown, ask: (from: typeof driver) => unknown) => ask(driver),
    ledger: () => ({}),
  };
  expect(await admitAcls(network(acls), {}, context as never)).toEqual([
    {
      path: ["acls", 1],
      message: expect.stringMatching(/has no network ACL "db", but web; make it/),
    },
  ]);
  expect(await networks.find("refused")).toBeUndefined();
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
