import { afterEach, describe, expect, test } from "@jest/globals";
import type { HostDriver, NamedVmSpec } from "../../../provider/driver/contract";
import { isDriverError } from "../../../provider/driver/errors";
import { ask } from "../../../provider/lifecycle/ask/functions";
import "../../../provider/runtime";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { vmFields } from "../../../provider/schema/vm";
import type { StoragePoolSpec } from "../../../provider/schema/storagePool";
import { FakeHost, instance, uuidOf, type HostOptions } from "../../support/fakeLxd/host";
import { twoNodes, withoutNodes } from "../../support/fakeLxd/resources";
import { failure, success, type Asked } from "../../support/fakeLxd/server";
import { extensionsOf, type Generation } from "../../support/fakeLxd/servers";

let open: { host: FakeHost; driver: HostDriver }[] = [];

async function fake(generation: Generation, options: HostOptions = {}, connection: object = {}) {
  const host = await new FakeHost(generation, options).start();
  const driver = createLxdDriver(objectOf(hostFields).parse({ address: host.address, ...connection }));
  open.push({ host, driver });
  return { host, driver };
}

afterEach(async () => {
  await Promise.all(open.map(async ({ host, driver }) => (await driver.close(), host.stop())));
  open = [];
});

const failing = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!isDriverError(error)) throw error;
  return error;
};

/** Requests, and websockets opened. */
const requests = (host: FakeHost): string[] => host.asked.map(({ method, path }) => `${method} ${path}`);

describe.each<Generation>(["5.0", "5.21", "6"])("LXD %s", (generation) => {
  test("tells who it is and what it has", async () => {
    const { driver } = await fake(generation);
    expect(await driver.facts()).toMatchObject({
      hostname: "lxd01",
      version: expect.stringMatching(new RegExp(`^${generation}`)),
      hypervisorVersion: expect.any(String),
      kvmAvailable: true,
      domainTypes: ["kvm", "lxc"],
      total: { cores: 2, memoryMiB: 24576 },
      nodes: [{ id: 0, cpus: [0, 1], memoryMiB: 24576 }],
    });
  });

  test("makes pools, at once or in the background", async () => {
    const { driver, host } = await fake(generation);
    const spec = { name: "p1", type: "dir" } as StoragePoolSpec & { name: string };
    expect(await driver.pools.create(spec, { owner: "me" })).toMatchObject({ id: "p1", owner: "me" });
    expect(host.count("POST /1.0/storage-pools")).toBe(1);
  });
});

describe("what a server can do", () => {
  test("follows from its extensions, whatever its version says", async () => {
    const without = extensionsOf("6").filter((name) => name !== "storage_and_network_operations");
    for (const options of [
      { extensions: without, version: "6.8" },
      { extensions: [...extensionsOf("5.0"), "storage_and_network_operations"], version: "5.0.2" },
    ]) {
      const { driver } = await fake("6", options);
      const spec = { name: "p1", type: "dir" } as StoragePoolSpec & { name: string };
      expect(await driver.pools.create(spec, { owner: "me" })).toMatchObject({ id: "p1" });
    }
  });

  test.each([
    ["5.0", { "security.secureboot": "false" }],
    ["5.21", { "security.secureboot": "false" }],
    ["6", { "boot.mode": "uefi-nosecureboot" }],
  ] as const)("tells a VM of LXD %s how to boot without secure boot", async (generation, config) => {
    const { host, driver } = await fake(generation);
    const given = {
      host: host.address,
      owner: "shop/dev/Vm/web",
      name: "web",
      firmware: { secureBoot: false },
    };
    const spec = objectOf(vmFields).parse({ ...given, disks: [{ name: "root", pool: "base" }] });
    await driver.vms.create(spec as unknown as NamedVmSpec, { owner: given.owner });
    const [asked] = host.asked.filter(({ method, path }) => `${method} ${path}` === "POST /1.0/instances");
    const sent = (asked?.body as { config: Record<string, string> }).config;
    const boot = Object.entries(sent).filter(([key]) => /^(boot\.mode|security\.)/.test(key));
    expect(Object.fromEntries(boot)).toEqual(config);
  });

  test("is refused where what everything needs is missing, in words", async () => {
    const { driver } = await fake("5.0", { extensions: ["projects", "virtual-machines"], version: "9.9" });
    expect(await failing(driver.facts())).toMatchObject({
      code: "unsupported",
      message: "LXD 9.9 is too old: it has no custom_block_volumes, instance_all_projects",
    });
  });
});

describe("trust", () => {
  const pair = { certificate: "certificate", key: "key" };
  const untrusted = async (generation: Generation) => {
    const { host, driver } = await fake(generation, { auth: "untrusted" }, {});
    const seen: Asked[] = [];
    return { host, driver, seen };
  };
  const withPair = async (generation: Generation) => {
    const { host } = await untrusted(generation);
    const connection = { ...objectOf(hostFields).parse({ address: host.address }), ...pair };
    const driver = createLxdDriver(connection as never);
    open.push({ host: { stop: async () => undefined } as FakeHost, driver });
    host.on("POST /1.0/certificates", () => {
      host.auth = "trusted";
      return success(null);
    });
    return { host, driver };
  };

  test.each([
    ["5.0", "password"],
    ["5.21", "trust_token"],
    ["6", "trust_token"],
  ] as const)("on LXD %s a token is sent as `%s`, once", async (generation, field) => {
    const { host, driver } = await withPair(generation);
    expect(await driver.trust?.establish({ token: "secret", name: "us" })).toMatchObject({ trusted: true });
    const [asked, ...more] = host.asked.filter(({ method }) => method === "POST");
    expect(more).toEqual([]);
    expect(asked?.body).toEqual({ type: "client", name: "us", [field]: "secret" });
  });

  test("a password is told to be gone where the server answers 501, and a token is named instead", async () => {
    const { host, driver } = await withPair("6");
    host.on("POST /1.0/certificates", failure(501, "Password authentication is not supported"));
    const error = await failing(
      driver.trust?.establish({ password: "secret", name: "us" }) ?? Promise.resolve(),
    );
    expect(error).toMatchObject({
      code: "authentication-failed",
      message: "trust passwords are no longer supported by this server",
      remedy: expect.stringContaining("trustToken"),
    });
  });

  test("a refusal has the server's words and not the secret", async () => {
    const { host, driver } = await withPair("5.21");
    host.on(
      "POST /1.0/certificates",
      failure(403, "Failed during search for certificate add token operation"),
    );
    const error = await failing(
      driver.trust?.establish({ token: "tosecret", name: "us" }) ?? Promise.resolve(),
    );
    expect(error.message).toContain("does not accept the trust token: Failed during search");
    expect(JSON.stringify(error)).not.toContain("tosecret");
  });

  test("one that is known already is trusted without another request", async () => {
    const { host, driver } = await fake("6");
    expect(await driver.trust?.establish({ token: "secret", name: "us" })).toMatchObject({ trusted: true });
    expect(requests(host).filter((each) => each.startsWith("POST"))).toEqual([]);
  });

  test("until it is there, nothing of the server is told", async () => {
    const { driver } = await untrusted("6");
    expect((await failing(driver.facts())).code).toBe("authentication-failed");
  });
});

const CROWD = Array.from({ length: 500 }, (_, index) =>
  instance(`vm-${index}`, {
    devices: {
      root: { type: "disk", path: "/", pool: "base" },
      data: { type: "disk", pool: "base", source: `data-${index}` },
    },
  }),
);

describe("500 instances", () => {
  test("are refreshed with three requests at most", async () => {
    const { host, driver } = await fake("5.0", { instances: CROWD });
    host.on(
      "GET /1.0/storage-pools/base/volumes/custom",
      success(CROWD.map((_, index) => ({ name: `data-${index}`, type: "custom", config: { size: "1GiB" } }))),
    );
    const found = await Promise.all(CROWD.map(({ name }) => driver.vms.find(uuidOf(name), { many: true })));
    expect(found.map((vm) => vm?.name)).toEqual(CROWD.map(({ name }) => name));
    expect(requests(host).length).toBeLessThanOrEqual(3);
  });

  test("one after the other as well, until something is changed from here", async () => {
    const { host, driver } = await fake("5.0", { instances: CROWD.slice(0, 20) });
    host.on("GET /1.0/storage-pools/base/volumes/custom", success([]));
    for (const { name } of CROWD.slice(0, 20)) await driver.vms.find(uuidOf(name), { many: true });
    expect(host.count("GET /1.0/instances")).toBe(1);
    await driver.pools.create({ name: "p1", type: "dir" } as StoragePoolSpec & { name: string }, {
      owner: "me",
    });
    await driver.vms.find(uuidOf("vm-0"), { many: true });
    expect(host.count("GET /1.0/instances")).toBe(2);
  });

  test("one that a look does not tell of is asked for before it counts as gone", async () => {
    const { host, driver } = await fake("5.0", { instances: CROWD.slice(0, 2) });
    await driver.vms.find("vm-0", { many: true });
    host.objects.get("instances")?.push(instance("late"));
    expect(await driver.vms.find("late", { many: true })).toMatchObject({ name: "late" });
    expect(await driver.vms.find("never", { many: true })).toBeUndefined();
  });

  test("none counts as gone while the server cannot look into one of them", async () => {
    const { host, driver } = await fake("5.0", { instances: CROWD.slice(0, 2) });
    // On a member that is away.
    const dim = { ...instance("far"), config: null, devices: null, status: "Error", location: "m2" };
    host.objects.get("instances")?.push(dim);
    for (const many of [true, false]) {
      expect(await driver.vms.find(uuidOf("vm-1"), { many })).toMatchObject({ name: "vm-1" });
      const { code, message } = await failing(driver.vms.find(uuidOf("far"), { many }));
      expect([code, message]).toEqual(["unreachable", expect.stringContaining("far")]);
    }
    expect((await driver.vms.list()).map(({ name }) => name)).toEqual(["vm-0", "vm-1"]);
  });

  test("by itself, an instance is looked at as it is now", async () => {
    const { host, driver } = await fake("5.0", { instances: CROWD.slice(0, 2) });
    await driver.vms.find("vm-0", { many: true });
    host.objects.set("instances", [instance("vm-0", { description: "changed" })]);
    expect((await driver.vms.find("vm-0"))?.spec.description).toBe("changed");
  });

  test("cost the resources view no request more than one does", async () => {
    const counts = await Promise.all(
      [1, 500].map(async (many) => {
        const { host } = await fake("6", { instances: CROWD.slice(0, many), resources: twoNodes });
        await ask("hostResources", host.address, { perNuma: true });
        return requests(host).length;
      }),
    );
    expect(counts[1]).toBe(counts[0]);
  });
});

describe("a machine with NUMA nodes and SR-IOV", () => {
  const networks = [
    { name: "enp130s0d1", type: "physical", managed: false, config: {} },
    { name: "enp11s0", type: "physical", managed: false, config: {} },
    { name: "fast", type: "sriov", managed: true, config: { parent: "enp130s0d1" } },
  ];
  const nic = (device: object) => ({ eth0: { type: "nic", ...device } });
  const instances = [
    instance("wide", { config: { "limits.cpu": "7,8,23", "limits.memory": "3GiB" } }),
    instance("near", {
      config: { "limits.cpu": "8-9", "limits.memory": "1025MiB", "limits.memory.hugepages": "true" },
      devices: nic({ network: "fast" }),
    }),
    instance("far", {
      config: { "limits.cpu": "0-0", "limits.memory": "1GiB" },
      devices: nic({ nictype: "sriov", parent: "enp130s0d1" }),
    }),
    instance("roams", { project: "other", config: { "limits.cpu": "4", "limits.memory": "1GiB" } }),
  ];

  test("is told node by node, with who has what", async () => {
    const { host } = await fake("5.21", { resources: twoNodes, instances, networks });
    const told = await ask("hostResources", host.address, { perNuma: true });
    expect(told).toMatchObject({
      kind: "lxd",
      cores: { total: 32, allocated: 10, free: 22 },
      untied: { vms: 1, cores: 4, memoryMiB: 1024 },
      projects: [
        { project: "default", vms: 3, cores: 6 },
        { project: "other", vms: 1, cores: 4 },
      ],
    });
    const [first, second] = told.numa ?? [];
    expect(first).toMatchObject({
      id: 0,
      cpus: [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
      cores: { total: 16, allocated: 3, free: 13 },
      memoryMiB: {
        general: { total: 60 * 1024, allocated: 2048 + 1024 },
        hugepages: [{ pageKiB: 2048, total: 4096, allocated: 0 }],
      },
      interfaces: ["enp11s0"],
      storage: { disks: ["sda"], bytes: 480103981056 },
    });
    expect(second).toMatchObject({
      // Both VMs have CPU 8.
      cores: { total: 16, allocated: 2 },
      memoryMiB: {
        general: { allocated: 1024 },
        hugepages: [{ allocated: 1026, free: 4096 - 1026 }],
      },
      vms: [{ name: "wide", weight: 1 / 3, cores: 1 }, { name: "near" }],
      interfaces: ["enp130s0d1"],
      storage: { disks: ["nvme0n1"], bytes: 512110190592 },
    });
    expect(told.disks).toEqual([
      { name: "nvme0n1", bytes: 512110190592, type: "nvme", numaNode: 1 },
      { name: "sda", bytes: 480103981056, model: "INTEL SSDSC2BB48", type: "sata", numaNode: 0 },
    ]);
    expect(told.interfaces.find(({ name }) => name === "enp130s0d1")).toEqual({
      name: "enp130s0d1",
      type: "physical",
      numaNode: 1,
      functions: { total: 16, enabled: 2, allocated: 2, free: 14 },
    });
    expect(told.warnings).toEqual([
      expect.stringMatching(/^VM "wide" spans NUMA nodes \(67% on node 0, 33% on node 1\)/),
      'VM "far" is on NUMA node 0, and its interface eth0 is on enp130s0d1 of node 1',
    ]);
  });

  test("that tells its memory as a whole is one node, without the CPU that is off", async () => {
    const { driver } = await fake("5.0", { resources: withoutNodes });
    expect((await driver.facts()).nodes).toEqual([
      { id: 0, cpus: [0, 1], memoryMiB: 655360, hugepages: [{ pageKiB: 2048, pages: 204699 }] },
    ]);
  });
});
