import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { isDriverError, type DriverError } from "../../../provider/driver/errors";
import { at, LxdClient } from "../../../provider/lxd/api/client";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { loadedBy } from "../../support/loaded";
import { background, failure, FakeLxd, operation, success } from "../../support/fakeLxd/server";

describe("the client of LXD's REST interface", () => {
  let lxd: FakeLxd;
  let client: LxdClient;

  beforeEach(async () => {
    lxd = await new FakeLxd().start();
    client = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "web");
  });

  afterEach(async () => {
    await client.close();
    await lxd.stop();
  });

  const failing = async (promise: Promise<unknown>): Promise<DriverError> => {
    const error: unknown = await promise.then(
      () => new Error("it did not fail"),
      (reason: unknown) => reason,
    );
    if (!isDriverError(error)) throw error;
    return error;
  };

  test("every request names the project", async () => {
    lxd.on("GET /1.0/instances/a%20b", success({ name: "a b" }));
    expect(await client.get(at("instances", "a b"))).toEqual({ name: "a b" });
    expect(lxd.asked[0]?.query).toEqual({ project: "web" });
  });

  test("what is not there is undefined, and nothing else is", async () => {
    lxd.on("GET /1.0/instances/denied", failure(403, "not authorized"));
    expect(await client.find(at("instances", "none"))).toBeUndefined();
    expect(await failing(client.find(at("instances", "denied")))).toMatchObject({
      code: "permission-denied",
      message: 'not authorized (project "web")',
    });
  });

  test.each([
    [400, 'Failed loading pool: Storage pool driver "zfs" not found'],
    [500, 'exec: "zfs": executable file not found in $PATH'],
    [500, "no such file or directory"],
  ])("the words alone take nothing for absent: %s %s", async (status, words) => {
    lxd.on("GET /1.0/storage-pools/fast", failure(status, words));
    lxd.on("DELETE /1.0/storage-pools/fast", failure(status, words));
    const pool = at("storage-pools", "fast");
    const asked = { message: words, hostCode: status };
    expect(await failing(client.find(pool))).toMatchObject(asked);
    expect(await failing(client.remove(pool))).toMatchObject(asked);
  });

  test("taking away what is not there is done", async () => {
    await client.remove(at("storage-pools", "none"));
    expect(lxd.count("DELETE /1.0/storage-pools/none")).toBe(1);
    lxd.on("DELETE /1.0/storage-pools/denied", failure(403, "not authorized"));
    expect((await failing(client.remove(at("storage-pools", "denied")))).code).toBe("permission-denied");
  });

  test("a change that is done at once and one that goes on in the background both end when they are done", async () => {
    const started = operation(103);
    lxd.on("PUT /1.0/now", success({}));
    lxd.on("PUT /1.0/later", () => {
      setTimeout(() => lxd.announce({ ...started, status_code: 200 }), 30);
      return background(started);
    });
    await client.change("PUT", "/1.0/now");
    await client.change("PUT", "/1.0/later");
    // Announcements are listened to, so the operation itself is not asked.
    expect(lxd.asked.map(({ path }) => path)).toEqual(["/1.0/now", "/1.0/later"]);
    expect(lxd.listening).toBe(1);
  });

  test("what the server says of how far an operation is is told, until it has ended", async () => {
    const started = operation(103);
    const announce = (metadata: object, status_code = 103): void =>
      lxd.announce({ ...started, status_code, metadata });
    lxd.on("POST /1.0/image", () => {
      setTimeout(() => {
        announce({});
        announce({ download_progress: "rootfs: 45% (12.34MB/s)" });
        announce({}, 200);
      }, 30);
      return background(started);
    });
    const said: string[] = [];
    await client.change("POST", "/1.0/image", { tell: (words) => void said.push(words) });
    announce({ download_progress: "late" });
    expect(said).toEqual(["rootfs: 45% (12.34MB/s)"]);
  });

  test("an end that is announced before the answer has come is not missed", async () => {
    const started = operation(103);
    lxd.on("POST /1.0/fast", async () => {
      lxd.announce({ ...started, status_code: 200 });
      await new Promise((resolve) => setTimeout(resolve, 30));
      return background(started);
    });
    await client.change("POST", "/1.0/fast");
    expect(lxd.asked).toHaveLength(1);
  });

  test("without announcements the server is asked to tell the end", async () => {
    lxd.announces = false;
    const started = operation(103);
    lxd.on("POST /1.0/slow", background(started));
    lxd.on(`GET /1.0/operations/${started.id}`, success(started));
    lxd.on(`GET /1.0/operations/${started.id}/wait`, success({ ...started, status_code: 200 }));
    await client.change("POST", "/1.0/slow");
    expect(lxd.count(`GET /1.0/operations/${started.id}/wait`)).toBe(1);
  });

  test("announcements that break off are followed by a question", async () => {
    const started = operation(103);
    lxd.on("POST /1.0/cut", () => {
      setTimeout(() => lxd.hangUp(), 30);
      return background(started);
    });
    lxd.on(`GET /1.0/operations/${started.id}`, success({ ...started, status_code: 200 }));
    await client.change("POST", "/1.0/cut");
  });

  test("announcements that begin after nobody waits for them any more are not kept open, nor in the way of later ones", async () => {
    let letIn = (): void => undefined;
    const first = new Promise<void>((resolve) => (letIn = resolve));
    lxd.opens = first;
    lxd.on("PUT /1.0/now", success({}));
    const hasty = new LxdClient({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 200 }, "web");
    await hasty.change("PUT", "/1.0/now");
    expect(lxd.knocked).toBe(1);
    lxd.opens = Promise.resolve();
    await hasty.change("PUT", "/1.0/now");
    letIn();
    await first;
    while (lxd.listening > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await hasty.change("PUT", "/1.0/now");
    expect([lxd.knocked, lxd.listening]).toEqual([2, 1]);
    await hasty.close();
  });

  test.each(['{"type": "operation", "metad', "null", '"operation"', '{"type":"operation","metadata":null}'])(
    "an announcement that nobody can read ends nothing, and whoever waits asks: %s",
    async (words) => {
      const started = operation(103);
      lxd.on("POST /1.0/garbled", () => {
        setTimeout(() => lxd.say(words), 30);
        setTimeout(() => lxd.announce({ ...started, status_code: 200 }), 60);
        return background(started);
      });
      lxd.on(`GET /1.0/operations/${started.id}`, success(started));
      await client.change("POST", "/1.0/garbled");
      expect(lxd.listening).toBe(1);
    },
  );

  test("what the server could not announce is asked for", async () => {
    const started = operation(103);
    lxd.on("POST /1.0/garbled", () => {
      setTimeout(() => lxd.say("<html>"), 30);
      return background(started);
    });
    lxd.on(`GET /1.0/operations/${started.id}`, success({ ...started, status_code: 200 }));
    await client.change("POST", "/1.0/garbled");
    expect(lxd.count(`GET /1.0/operations/${started.id}`)).toBe(1);
  });

  test.each([
    ["in the announcement", (): void => undefined],
    ["in the answer to the question", (): void => void (lxd.announces = false)],
  ])("an operation that fails is a failure: %s", async (_place, prepare) => {
    prepare();
    const started = operation(103);
    const failed = { ...started, status_code: 400, err: "no space left on device" };
    lxd.on("POST /1.0/fails", () => {
      setTimeout(() => lxd.announce(failed), 20);
      return background(started);
    });
    lxd.on(`GET /1.0/operations/${started.id}`, success(started));
    lxd.on(`GET /1.0/operations/${started.id}/wait`, success(failed));
    expect(await failing(client.change("POST", "/1.0/fails"))).toMatchObject({
      code: "no-space",
      message: "no space left on device",
    });
  });

  test("an error in an answer with status 200 is an error", async () => {
    lxd.on("GET /1.0/odd", failure(500, "it broke", 200));
    expect(await failing(client.get("/1.0/odd"))).toMatchObject({
      code: "failed",
      message: "it broke",
      hostCode: 500,
    });
  });

  test("an operation that the server has forgotten is an unknown outcome, to be looked at again", async () => {
    lxd.announces = false;
    lxd.on("POST /1.0/lost", background(operation(103)));
    const error = await failing(client.change("POST", "/1.0/lost"));
    expect(error.code).toBe("connection-lost");
    expect(error.transient).toBe(true);
  });

  test("an object that somebody else has written in between is read and edited anew", async () => {
    let version = 1;
    lxd.on("GET /1.0/thing", () => success({ version, other: `v${version}` }, `"etag-${version}"`));
    lxd.on("PUT /1.0/thing", ({ headers }) => {
      if (version === 1) version = 2;
      return headers["if-match"] === `"etag-${version}"` ? success({}) : failure(412, "ETag doesn't match");
    });
    await client.edit<{ version: number; other: string }, object>("/1.0/thing", (now) => ({
      ...now,
      mine: true,
    }));
    const written = lxd.asked.filter(({ method }) => method === "PUT").map(({ body }) => body);
    expect(written).toEqual([
      { version: 1, other: "v1", mine: true },
      { version: 2, other: "v2", mine: true },
    ]);
  });

  test("an edit that changes nothing writes nothing", async () => {
    lxd.on("GET /1.0/thing", success({}, '"x"'));
    await client.edit("/1.0/thing", () => undefined);
    expect(lxd.count("PUT /1.0/thing")).toBe(0);
  });

  test("a driver that only looks loads nothing of what undici has for browsers", () => {
    const line = `require("./provider/lxd/index.ts").createLxdDriver({ address: "unix:///nowhere", connectTimeout: 1 })`;
    expect(loadedBy(line, /undici.lib.web/)).toBe(0);
    expect(loadedBy(line, /undici.lib/)).toBeGreaterThan(0);
  });

  test("an undici that has its parts elsewhere is taken as a whole", async () => {
    const path = "undici/lib/dispatcher/agent";
    let looked = 0;
    jest.resetModules();
    // Not found from outside; undici's own index knows where it is.
    jest.doMock(path, () => {
      if (looked++ === 0) throw new Error(`Cannot find module '${path}'`);
      return jest.requireActual(path);
    });
    const { LxdClient: Other } = require("../../../provider/lxd/api/client") as {
      LxdClient: typeof LxdClient;
    };
    jest.dontMock(path);
    expect(looked).toBe(2);
    const other = new Other({ address: parseLxdAddress(lxd.address), connectTimeoutMs: 5000 }, "web");
    lxd.on("GET /1.0/thing", success({ here: true }));
    expect(await other.get("/1.0/thing", { recursion: "1" })).toEqual({ here: true });
    expect(lxd.asked[0]?.query).toEqual({ project: "web", recursion: "1" });
    await other.close();
  });

  test("what is no LXD is said to be none", async () => {
    lxd.on("GET /1.0", { body: "<html>" });
    expect(await failing(client.get(at()))).toMatchObject({ code: "unsupported" });
    lxd.on("GET /1.0", { status: 502, body: "bad gateway" });
    expect(await failing(client.get(at()))).toMatchObject({ code: "busy" });
  });

  test("nobody at the socket is unreachable, with a remedy", async () => {
    await lxd.stop();
    expect(await failing(client.get(at()))).toMatchObject({
      code: "unreachable",
      remedy: expect.any(String),
    });
  });

  test("extensions decide what a server can do, and are asked for once", async () => {
    lxd.on("GET /1.0", success({ api_extensions: ["cloud_init"] }));
    expect(await Promise.all([client.has("cloud_init"), client.has("warp_drive")])).toEqual([true, false]);
    expect(lxd.count("GET /1.0")).toBe(1);
  });
});
