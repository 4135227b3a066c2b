import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Readable } from "node:stream";
import type { HostDriver, InsideDriver } from "../../../provider/driver/contract";
import { waitForAgent, waitForCloudInit } from "../../../provider/lifecycle/vm/guest/inside";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { runsCommands } from "../../support/fakeLxd/exec";
import { FakeHost, instance } from "../../support/fakeLxd/host";
import { failure, success } from "../../support/fakeLxd/server";

/** Virtual machines with an agent do not run here (rig.md), so what one says is said by a server of ours. */
describe("a virtual machine of LXD with its agent", () => {
  let lxd: FakeHost;
  let driver: HostDriver;
  let inside: InsideDriver;

  /** How many processes the agent tells, look by look; the last one stays. */
  const processes = (...told: readonly number[]): void => {
    let look = 0;
    lxd.on("GET /1.0/instances/web/state", () =>
      success({ status: "Running", processes: told[Math.min(look++, told.length - 1)] }),
    );
  };

  beforeEach(async () => {
    const vm = instance("web", { type: "virtual-machine", status: "Running" });
    lxd = await new FakeHost("5.21", { instances: [vm] }).start();
    driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
    if (driver.guests?.inside === undefined) throw new Error("it has no inside");
    ({ inside } = driver.guests);
  });

  afterEach(async () => {
    await driver.close();
    await lxd.stop();
  });

  test("is waited for until its agent counts processes", async () => {
    processes(-1, -1, 7);
    await waitForAgent(driver, "web", 60);
    expect(lxd.count("GET /1.0/instances/web/state")).toBe(3);
    expect(await inside.needsAgent("web")).toBe(true);
  });

  test("that has none is named when the time is over", async () => {
    processes(-1);
    await expect(waitForAgent(driver, "web", 0.4)).rejects.toMatchObject({
      code: "guest-agent-unavailable",
      message: "lxd-agent does not answer within 0.4 s",
    });
  });

  test("tells what cloud-init has come to", async () => {
    const wait = (): Promise<void> =>
      waitForCloudInit(driver, inside, "web", { name: "web", timeoutSeconds: 60 });
    let ran = { status: 0, stdout: "......\nstatus: done\nextended_status: done\n" };
    const asked: (readonly string[])[] = [];
    runsCommands(lxd, "web", ({ command }) => (asked.push(command), ran));
    await wait();
    expect(asked).toEqual([["cloud-init", "status", "--wait", "--long"]]);
    // Recoverable.
    ran = { status: 2, stdout: "status: done\nerrors: []\nrecoverable_errors:\nWARNING:\n - old key\n" };
    await wait();
    ran = { status: 0, stdout: "status: disabled\ndetail: Cloud-init disabled by cloud-init-generator\n" };
    await expect(wait()).rejects.toMatchObject({
      message: "its status is disabled: detail: Cloud-init disabled by cloud-init-generator",
    });
    ran = { status: 1, stdout: "status: error\nerrors:\n\t- no such module\n" };
    await expect(wait()).rejects.toMatchObject({
      code: "failed",
      message: "its status is error: errors: - no such module",
    });
  });

  test("without a program says so in either of two ways", async () => {
    const run = (): Promise<unknown> => inside.run("web", { command: ["nope"], timeoutSeconds: 5 });
    lxd.on("POST /1.0/instances/web/exec", failure(400, 'exec: "nope": executable file not found in $PATH'));
    await expect(run()).rejects.toMatchObject({ code: "not-found" });
  });

  test("takes no files while the agent is away, in LXD's own words", async () => {
    lxd.on("HEAD /1.0/instances/web/files", { status: 500, body: "" });
    lxd.on("GET /1.0/instances/web/files", failure(500, "LXD VM agent isn't currently running"));
    const file = { path: "/a", mode: 0o644, uid: 0, gid: 0, createDirectories: false };
    await expect(inside.write("web", { ...file, bytes: () => Readable.from([]) })).rejects.toMatchObject({
      code: "guest-agent-unavailable",
      message: "LXD VM agent isn't currently running",
    });
  });
});
