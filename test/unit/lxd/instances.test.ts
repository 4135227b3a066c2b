import { afterEach, describe, expect, test } from "@jest/globals";
import type { HostDriver, NamedVmSpec } from "../../../provider/driver/contract";
import { Ledger } from "../../../provider/lifecycle/host/ledger";
import { hostComplaints } from "../../../provider/lifecycle/host/can";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { vmFields } from "../../../provider/schema/vm";
import { FakeHost, instance, type HostOptions } from "../../support/fakeLxd/host";
import { twoNodes } from "../../support/fakeLxd/resources";
import { success } from "../../support/fakeLxd/server";
import type { Generation } from "../../support/fakeLxd/servers";

let open: { host: FakeHost; driver: HostDriver }[] = [];

async function fake(generation: Generation, options: HostOptions = {}) {
  const host = await new FakeHost(generation, options).start();
  const driver = createLxdDriver(objectOf(hostFields).parse({ address: host.address }));
  open.push({ host, driver });
  return { host, driver };
}

afterEach(async () => {
  await Promise.all(open.map(async ({ host, driver }) => (await driver.close(), host.stop())));
  open = [];
});

const vmOf = (host: FakeHost, more: object): NamedVmSpec => {
  const given = { host: host.address, owner: "shop/dev/Vm/web", name: "web" };
  const disks = [{ name: "root", pool: "base" }];
  return objectOf(vmFields).parse({ ...given, disks, ...more }) as unknown as NamedVmSpec;
};
const owned = { owner: "shop/dev/Vm/web" };
const posts = (host: FakeHost): unknown[] =>
  host.asked
    .filter(({ method, path }) => method === "POST" && path.startsWith("/1.0/instances"))
    .map(({ path, query, body }) => ({
      path,
      target: query["target"],
      ...Object.fromEntries(
        Object.entries(body as object).filter(([key]) => ["name", "migration"].includes(key)),
      ),
    }));

describe.each<Generation>(["5.0", "5.21", "6"])("an instance of LXD %s", (generation) => {
  test("is made on the member that the program names, moves to another one, and into a group", async () => {
    const { host, driver } = await fake(generation, { clustered: true });
    const member = (name: string, ...groups: string[]) => ({ server_name: name, groups, status: "Online" });
    const members = [member("m1"), member("m2", "fast"), member("m3", "fast")];
    host.on("GET /1.0/cluster/members", success(members));
    const made = await driver.vms.create(vmOf(host, { target: "m1" }), owned);
    for (const target of ["m1", "m3", "@fast", "m1", "@fast"])
      await driver.vms.change(made.id, vmOf(host, { target }), owned);
    const move = { path: "/1.0/instances/web", name: "web", migration: true };
    expect(posts(host)).toEqual([
      { path: "/1.0/instances", target: "m1", name: "web" },
      { ...move, target: "m3" },
      { ...move, target: "m1" },
      { ...move, target: "m2" },
    ]);
    expect((await driver.vms.find(made.id))?.id).toBe(made.id);
  });

  test("is off when the server is done with stopping it, which it says a moment too soon", async () => {
    const { host, driver } = await fake(generation);
    const { id } = await driver.vms.create(vmOf(host, {}), owned);
    const stopping = (name: string, status: number) => ({
      id: name,
      status_code: status,
      description: "Stopping instance",
      resources: { instances: [`/1.0/instances/${name}?project=default`] },
    });
    host.on("GET /1.0/operations", success({ running: [stopping("web", 103), stopping("other", 103)] }));
    for (const name of ["web", "other"])
      host.on(`GET /1.0/operations/${name}/wait`, success(stopping(name, 200)));
    expect(await driver.vms.state(id)).toBe("stopped");
    const waits = host.asked.map(({ path }) => path).filter((path) => path.endsWith("/wait"));
    expect(waits).toEqual(["/1.0/operations/web/wait"]);
  });

  test("is renamed while it is off, and known by its UUID; a cut-off run finds it renamed", async () => {
    const { host, driver } = await fake(generation);
    const { id } = await driver.vms.create(vmOf(host, {}), owned);
    const renamed = { ...vmOf(host, {}), name: "shop" };
    expect(await driver.vms.change(id, renamed, owned)).toMatchObject({ id, name: "shop" });
    expect(await driver.vms.change(id, renamed, owned)).toMatchObject({ id, name: "shop" });
    expect(posts(host).slice(1)).toEqual([{ path: "/1.0/instances/web", name: "shop" }]);
    host.objects.get("instances")?.push(instance("taken"));
    await expect(driver.vms.change(id, { ...renamed, name: "taken" }, owned)).rejects.toMatchObject({
      code: "already-exists",
    });
    expect(await driver.vms.find("web")).toBeUndefined();
  });

  test("gets CPUs of certain nodes where the server has numa_cpu_placement; else the preview refuses it", async () => {
    const { host, driver } = await fake(generation, { resources: twoNodes });
    const spec = vmOf(host, { cores: 2, numa: { nodes: "1" }, firmware: { type: "bios" } });
    const context = {
      ledger: () => new Ledger(driver),
      observe: (_host: unknown, step: (on: HostDriver) => unknown) => step(driver),
    };
    const told = (more: object) => hostComplaints({ ...spec, ...more } as never, {}, context as never);
    const said = (await told({})).map(({ path, message }) => `${path.join(".")}: ${message}`);
    expect(await told({ numa: { nodes: "0,7" }, firmware: undefined })).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining("no NUMA node 7") }),
    );
    if (generation === "5.0")
      return expect(said).toEqual([
        expect.stringMatching(/^numa\.nodes: needs an LXD with numa_cpu_placement; .* has LXD 5\.0\.2$/),
        expect.stringMatching(/^firmware\.type: needs an LXD with security_csm or instance_boot_mode; /),
      ]);
    expect(said).toEqual([]);
    await driver.vms.create(spec, owned);
    const [sent] = host.asked.filter(({ method, path }) => method === "POST" && path === "/1.0/instances");
    expect((sent?.body as { config: object }).config).toMatchObject({
      "limits.cpu": "2",
      "limits.cpu.nodes": "1",
    });
    expect((await driver.vms.find("web"))?.spec.numa).toEqual({ nodes: "1" });
  });
});
