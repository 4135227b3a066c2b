import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Readable } from "node:stream";
import type { GuestCommand, GuestFile, HostDriver, InsideDriver } from "../../../provider/driver/contract";
import { waitForAgent, waitForCloudInit } from "../../../provider/lifecycle/vm/guest/inside";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import type { ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { ownHost } from "../../support/host";

let host: ThrowawayHost;
let lxd: ThrowawayLxd;
let driver: HostDriver;
let inside: InsideDriver;

beforeAll(async () => {
  host = await ownHost();
  lxd = await startLxd(host);
  driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  if (driver.guests?.inside === undefined) throw new Error("it has no inside");
  ({ inside } = driver.guests);
  await lxd.lxc(["launch", lxdImage, "on", "--storage", lxdPool]);
  await lxd.lxc(["init", lxdImage, "off", "--storage", lxdPool]);
  await lxd.lxc(["init", "--empty", "vm", "--vm", "--storage", lxdPool]);
});

afterAll(async () => {
  await driver?.close();
  await host?.stop();
});

const file = (path: string, text: string, more: Partial<GuestFile> = {}): GuestFile => ({
  path,
  bytes: () => Readable.from([Buffer.from(text)]),
  mode: 0o644,
  uid: 0,
  gid: 0,
  createDirectories: false,
  ...more,
});
const run = (...command: string[]) => runs({ command });
const runs = (more: Partial<GuestCommand> & Pick<GuestCommand, "command">) =>
  inside.run("on", { timeoutSeconds: 60, keepOutput: true, ...more });
/** By LXD's own client. */
const inGuest = (...command: string[]): Promise<string> => lxd.inside("on", ...command);

describe("files of a container", () => {
  test("are written with owner and mode, new or not, whether it runs or not", async () => {
    expect(await inside.write("on", file("/etc/app", "one", { mode: 0o640, uid: 5, gid: 6 }))).toEqual({
      isNew: true,
    });
    expect(await inGuest("stat", "-c", "%a %u %g %s", "/etc/app")).toBe("640 5 6 3");
    expect(await inside.write("on", file("/etc/app", "second", { mode: 0o600 }))).toEqual({ isNew: false });
    expect(await inGuest("stat", "-c", "%a %u %g %s", "/etc/app")).toBe("600 0 0 6");
    await inside.write("on", file("/etc/app", "3", { mode: 0o600 }));
    expect(await inGuest("cat", "/etc/app")).toBe("3");
    expect(await inside.write("off", file("/etc/app", "one"))).toEqual({ isNew: true });
    expect((await lxd.lxc(["file", "pull", "off/etc/app", "-"])).stdout).toBe("one");
  });

  test("bring folders along where that is wanted, and go without them", async () => {
    const deep = file("/opt/a/b/c.conf", "x", { uid: 7 });
    await expect(inside.write("on", deep)).rejects.toMatchObject({
      code: "not-found",
      message: "the folder /opt/a/b is not there",
      target: '/opt/a/b/c.conf in VM "on"',
    });
    await inside.write("on", { ...deep, createDirectories: true });
    expect(await inGuest("stat", "-c", "%a %u", "/opt/a/b", "/opt/a/b/c.conf")).toBe("755 7\n644 7");
    await inside.remove("on", "/opt/a/b/c.conf");
    await inside.remove("on", "/opt/a/b/c.conf");
    expect(await inGuest("ls", "/opt/a/b")).toBe("");
    await expect(inside.write("on", file("/opt/a/b", "x"))).rejects.toMatchObject({
      message: "there is a folder of this name in the guest",
    });
    await inside.remove("on", "/opt/a/b");
    expect(await inGuest("ls", "/opt/a")).toBe("b");
  });

  test("take the place of links, and leave what these led to", async () => {
    await inGuest("sh", "-c", "echo theirs > /etc/target; busybox ln -s /etc/target /etc/link");
    await inside.write("on", file("/etc/link", "ours"));
    expect(await inGuest("cat", "/etc/target", "/etc/link")).toBe("theirs\nours");
  });

  test("are nobody else's to read from the first byte on", async () => {
    const modes = new Set<string>();
    async function* slowly(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(2 ** 16, "secret");
      for (let looks = 0; looks < 20 && modes.size === 0; looks += 1)
        modes.add(await inGuest("sh", "-c", "busybox stat -c '%a %u' /etc/key 2>/dev/null || true"));
      modes.delete("");
      yield Buffer.from("end");
    }
    const bytes = () => Readable.from(slowly());
    await inside.write("on", file("/etc/key", "", { bytes, mode: 0o600, uid: 5 }));
    expect([...modes]).toEqual(["600 5"]);
    expect(await inGuest("stat", "-c", "%a %u %s", "/etc/key")).toBe("600 5 65539");
  });

  test("of many megabytes arrive whole", async () => {
    const bytes = Buffer.alloc(9 * 2 ** 20, "0123456789abcde\n");
    await inside.write("on", file("/root/big", "", { bytes: () => Readable.from([bytes]) }));
    expect(await inGuest("sh", "-c", "busybox wc -c < /root/big")).toBe(String(bytes.length));
  });
});

describe("commands in a container", () => {
  test("end with status, stdout and stderr, and leave nothing on the server", async () => {
    expect(await run("sh", "-c", "echo out; echo err >&2; exit 3")).toEqual({
      exitStatus: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect((await lxd.query<string[]>("/1.0/instances/on/logs"))?.join()).not.toMatch(/exec_/);
  });

  test("that are not short tell the same over websockets", async () => {
    const command = ["sh", "-c", "echo out; echo err >&2; sleep 1; exit 3"];
    expect(await runs({ command, keepOutput: false })).toEqual({
      exitStatus: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("get arguments as they are, variables, folder and user, and nothing to read", async () => {
    const result = await runs({
      command: [
        "sh",
        "-c",
        'busybox cat; echo "$1|$NAME|$PWD|$(busybox id -u):$(busybox id -g)"',
        "x",
        "a  'b' $c",
      ],
      environment: { NAME: 'ünïcode = "1"' },
      workingDir: "/etc",
      uid: 5,
      gid: 6,
    });
    expect(result).toEqual({ exitStatus: 0, stdout: "a  'b' $c|ünïcode = \"1\"|/etc|5:6\n", stderr: "" });
  });

  test("that write much are kept by their end", async () => {
    const { stdout } = await run("sh", "-c", "busybox seq 1 40000");
    expect(stdout).toHaveLength(64 * 1024);
    expect(stdout.slice(-12)).toBe("39999\n40000\n");
  });

  test("that are not there, and guests that are off, are told", async () => {
    await expect(run("nope")).rejects.toMatchObject({ code: "not-found", message: "Command not found" });
    await expect(inside.run("off", { command: ["sh"], timeoutSeconds: 5 })).rejects.toMatchObject({
      code: "invalid-state",
      target: 'a command in VM "off"',
    });
  });

  test("that outlast their time are killed", async () => {
    await expect(
      runs({ command: ["sleep", "4242"], timeoutSeconds: 1, keepOutput: false }),
    ).rejects.toMatchObject({
      code: "timeout",
      message: "it did not end within 1 s, and was killed",
    });
    expect(await inGuest("ps", "-o", "args")).not.toContain("sleep 4242");
    // Debian's LXD is one of those that cannot keep all that a command writes and end it.
    await expect(runs({ command: ["sleep", "4141"], timeoutSeconds: 1 })).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/^it did not end within 1 s, and runs on/),
    });
    expect(await inGuest("ps", "-o", "args")).toContain("sleep 4141");
  });
});

test("a command ends with the run of Pulumi that began it", async () => {
  const other = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
  const running = other.guests?.inside?.run("on", { command: ["sleep", "4343"], timeoutSeconds: 600 });
  const broken = expect(running).rejects.toMatchObject({ code: "failed" });
  const isThere = async (): Promise<boolean> => (await inGuest("ps", "-o", "args")).includes("sleep 4343");
  while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 50));
  await other.close();
  await broken;
  while (await isThere()) await new Promise((resolve) => setTimeout(resolve, 50));
});

test("each start is another life, and nothing else is", async () => {
  const first = await inside.life("on");
  await lxd.lxc(["config", "set", "on", "user.x=y"]);
  expect(await inside.life("on")).toBe(first);
  await lxd.lxc(["restart", "--force", "on"]);
  expect(await inside.life("on")).not.toBe(first);
});

describe("waits", () => {
  test("a container that runs can be talked to, and one that is off fails at once", async () => {
    await waitForAgent(driver, "on", 60);
    await expect(waitForAgent(driver, "off", 600)).rejects.toMatchObject({
      code: "invalid-state",
      message: "the guest is stopped instead of running",
    });
    expect([await inside.needsAgent("on"), await inside.needsAgent("vm")]).toEqual([false, true]);
  });

  /** A stand-in that says what cloud-init says. */
  const cloudInit = (script: string): Promise<unknown> =>
    inside.write("on", file("/bin/cloud-init", `#!/bin/sh\n${script}\n`, { mode: 0o755 }));
  const wait = (timeoutSeconds = 60): Promise<void> =>
    waitForCloudInit(driver, inside, "on", { name: "on", timeoutSeconds });

  test("for cloud-init: there is none, it is done, it has failed, it takes too long", async () => {
    await expect(wait()).rejects.toMatchObject({ message: "the guest has no cloud-init" });
    await cloudInit(
      '[ "$*" = "status --wait --long" ] && printf "....\\nstatus: done\\ndetail:\\nDataSourceNone\\n"',
    );
    await wait();
    await cloudInit(
      "printf \"...\\nstatus: error\\ntime: x\\ndetail:\\n('scripts_user', RuntimeError('Runparts: 1 failures'))\\n\"; sleep 1; exit 1",
    );
    await expect(wait()).rejects.toMatchObject({
      code: "failed",
      message: "its status is error: detail: ('scripts_user', RuntimeError('Runparts: 1 failures'))",
    });
    await cloudInit("exec sleep 99");
    await expect(wait(1)).rejects.toMatchObject({ code: "timeout", message: "it has not ended within 1 s" });
  });

  test("for cloud-init end when the guest does", async () => {
    await lxd.lxc(["launch", lxdImage, "dies", "--storage", lxdPool]);
    await inside.write("dies", file("/bin/cloud-init", "#!/bin/sh\nexec sleep 999\n", { mode: 0o755 }));
    const waiting = waitForCloudInit(driver, inside, "dies", { name: "dies", timeoutSeconds: 600 });
    const failed = expect(waiting).rejects.toMatchObject({
      code: "invalid-state",
      message: "the guest is stopped instead of running",
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await lxd.lxc(["stop", "--force", "dies"]);
    await failed;
  });
});
