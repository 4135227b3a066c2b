import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { isDriverError, type DriverError } from "../../../provider/driver/errors";
import { LxdClient } from "../../../provider/lxd/api/client";
import { createProjectDriver } from "../../../provider/lxd/projects";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { FakeLxd, failure, success } from "../../support/fakeLxd/server";

let lxd: FakeLxd;
let client: LxdClient;

const image = "28e6f0f4145a3141d73aa74b5d9da7d44d80e135d417f0f757cccfdeccdc8cf4";
const holding = (...paths: string[]): void => {
  const config = { "features.images": "true", "user.vmhost.owner": "shop/dev/LxdProject/web" };
  const used_by = ["/1.0/profiles/default?project=web", ...paths];
  lxd.on("GET /1.0/projects/web", success({ name: "web", description: "", config, used_by }));
};
const removed = (): string[] =>
  lxd.asked.flatMap(({ method, path, query }) =>
    method === "DELETE" ? [`${path}?project=${String(query["project"])}`] : [],
  );
const remove = async (): Promise<DriverError | undefined> => {
  try {
    await createProjectDriver(client).remove("web");
    return undefined;
  } catch (error) {
    if (!isDriverError(error)) throw error;
    return error;
  }
};

beforeEach(async () => {
  lxd = await new FakeLxd().start();
  client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "default");
  lxd.on("DELETE /1.0/projects/web", success({}));
  lxd.on(`DELETE /1.0/images/${image}`, success({}));
  lxd.on("GET /1.0/images", success([]));
});

afterEach(async () => {
  await client.close();
  await lxd.stop();
});

describe("a project is removed", () => {
  test("with the profile that comes with it, and with cached copies of images", async () => {
    holding(`/1.0/images/${image}?project=web`);
    lxd.on("GET /1.0/images", success([{ fingerprint: image, cached: true }]));
    expect(await remove()).toBeUndefined();
    expect(removed()).toEqual([`/1.0/images/${image}?project=web`, "/1.0/projects/web?project=default"]);
    expect(lxd.asked.find(({ path }) => path === "/1.0/images")?.query["project"]).toBe("web");
  });

  test("but not with a profile that is only called like that one", async () => {
    holding(`/1.0/images/${image}?project=web`, "/1.0/profiles/default-large?project=web");
    lxd.on("GET /1.0/images", success([{ fingerprint: image, cached: true }]));
    expect((await remove())?.message).toContain('profile "default-large"');
    expect(removed()).toEqual([]);
  });

  test("but not with anything else, although LXD 5.0 would delete one with volumes in it; nothing is removed then", async () => {
    holding(
      `/1.0/images/${image}?project=web`,
      "/1.0/instances/db?project=web",
      "/1.0/storage-pools/p1/volumes/custom/data?project=web",
    );
    lxd.on("GET /1.0/images", success([{ fingerprint: image, cached: true }]));
    const error = await remove();
    expect(error).toMatchObject({ code: "invalid-state", target: 'project "web"' });
    expect(error?.message).toBe(
      'it still holds instance "db", volume "p1/data" (beside 1 cached copy of images, which would go with it)',
    );
    expect(error?.remedy).toContain("nothing was removed");
    expect(removed()).toEqual([]);
  });

  test("an image that somebody has put there is no cached copy", async () => {
    holding(`/1.0/images/${image}?project=web`);
    lxd.on("GET /1.0/images", success([{ fingerprint: image, cached: false }]));
    expect((await remove())?.message).toBe(`it still holds image "${image}"`);
    expect(removed()).toEqual([]);
  });

  test("an image that was sent for a VM goes with the project of the same stack, and with no other's", async () => {
    const sent = (owner: string): void =>
      void lxd.on(
        "GET /1.0/images",
        success([{ fingerprint: image, cached: false, properties: { "user.vmhost.owner": owner } }]),
      );
    holding(`/1.0/images/${image}?project=web`);
    sent("shop/prod/Vm/db");
    expect((await remove())?.message).toBe(`it still holds image "${image}"`);
    sent("shop/dev/Vm/db");
    expect(await remove()).toBeUndefined();
    expect(removed()).toEqual([`/1.0/images/${image}?project=web`, "/1.0/projects/web?project=default"]);
  });

  test("one that is gone is removed already, and one that may not be touched says so", async () => {
    expect(await remove()).toBeUndefined();
    holding();
    lxd.on("DELETE /1.0/projects/web", failure(403, "not authorized"));
    expect((await remove())?.code).toBe("permission-denied");
  });
});

test("how much a project has of what it may have; no limit is told where there is none", async () => {
  lxd.on(
    "GET /1.0/projects/web/state",
    success({
      resources: {
        containers: { Limit: -1, Usage: 1 },
        cpu: { Limit: 8, Usage: 3 },
        disk: { Limit: 21474836480, Usage: 1073741824 },
        instances: { Limit: 5, Usage: 2 },
        memory: { Limit: 2147483648, Usage: 536870912 },
        networks: { Limit: -1, Usage: 0 },
        processes: { Limit: -1, Usage: 0 },
        "virtual-machines": { Limit: -1, Usage: 1 },
      },
    }),
  );
  const { state } = createProjectDriver(client);
  expect(await state("web")).toEqual({
    name: "web",
    instances: { used: 2, limit: 5 },
    containers: { used: 1 },
    virtualMachines: { used: 1 },
    cores: { used: 3, limit: 8 },
    memoryMiB: { used: 512, limit: 2048 },
    diskBytes: { used: 1073741824, limit: 21474836480 },
    networks: { used: 0 },
    processes: { used: 0 },
  });
  expect(await state("none")).toBeUndefined();
});
