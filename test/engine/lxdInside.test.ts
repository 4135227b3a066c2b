import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lxdImage, lxdPool, startLxd, type ThrowawayLxd } from "../../scripts/lib/lxd";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program, type Outcome } from "../support/pulumi";

/** What a program has inside of its guest, through the real engine; LXD's own client looks into it. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const step = config.requireNumber("step");
const host = new VmHost("lxd1", { address: config.require("address") });
const log = (text) => ["sh", "-c", "echo " + text + " >> /root/log"];
const app = new Vm("app", {
  host,
  instanceType: "container",
  memory: 64,
  disks: [{ pool: "${lxdPool}", image: "${lxdImage}", size: "64MiB" }],
  waitFor: { agent: true },
  files: [
    { path: "/etc/app/secret", content: config.requireSecret("secret"), mode: "0600", createDirectories: true },
    { path: "/etc/app/conf", content: step < 2 ? "one\\n" : "two\\n", uid: 5 },
    { path: "/etc/app/local", source: "local.txt" },
    ...(step < 4 ? [{ path: "/etc/dhcp", content: "ours" }, { path: "/etc/app/old", content: "x" }] : []),
  ],
  exec: [
    { name: "init", command: log("init$0"), trigger: "once" },
    { name: "token", command: ["sh", "-c", 'echo "$TOKEN"; echo token >> /root/log'], environment: { TOKEN: "hunter2-token" }, recordOutput: true },
    { name: "broken", command: step === 3 ? ["sh", "-c", "echo hunter2-token is no good >&2; sleep 1; exit 4"] : log("fixed") },
    { name: "last", command: log(step < 3 ? "last" : "later") },
  ],
});
exports.name = app.name;
exports.results = app.execResults;
exports.interfaces = app.interfaces;
`;

const SECRETS = ["hunter2-file", "hunter2-token"];

describe("files and commands of a program", () => {
  let host: ThrowawayHost;
  let lxd: ThrowawayLxd;
  let program: Program;
  let name: string;

  const inGuest = (script: string): Promise<string> => lxd.inside(name, "sh", "-c", script);
  const log = async (): Promise<string[]> => (await inGuest("busybox cat /root/log")).split("\n");
  /** To the nanosecond, past any clock of ours. */
  const written = (path: string): Promise<string> => inGuest(`busybox stat -c %y ${path}`);
  const succeeded = ({ code, stdout, stderr }: Outcome): void => {
    if (code !== 0) throw new Error(stdout + stderr);
  };
  const up = async (step: number): Promise<Outcome> => {
    await program.setConfig("step", String(step));
    return program.up();
  };
  const clean = async (): Promise<void> => {
    for (const run of [program.preview, program.refresh])
      succeeded(await run.call(program, { expectNoChanges: true, args: ["--diff"] }));
  };

  beforeAll(async () => {
    host = await ownHost();
    lxd = await startLxd(host);
    program = new Program({
      name: "lxdinside",
      source: SOURCE,
      config: { step: "1", address: lxd.address, secret: { secret: "hunter2-file" } },
    });
    await program.prepare();
    await writeFile(join(program.dir, "local.txt"), "local one\n");
  });

  afterAll(async () => {
    await program?.destroy();
    await program?.dispose();
    await host?.stop();
  });

  test("are there after the first up, and no secret of them is in the open", async () => {
    const outcome = await up(1);
    succeeded(outcome);
    ({ name } = (await program.outputs()) as { name: string });
    expect(await inGuest("busybox stat -c '%n %a %u' /etc/app/*; busybox cat /etc/app/*")).toBe(
      [
        "/etc/app/conf 644 5",
        "/etc/app/local 644 0",
        "/etc/app/old 644 0",
        "/etc/app/secret 600 0",
        "one",
        "local one",
        "xhunter2-file",
      ].join("\n"),
    );
    expect(await log()).toEqual(["initsh", "token", "fixed", "last"]);
    const state = JSON.stringify(await program.exportState());
    for (const secret of SECRETS) expect(state + outcome.stdout).not.toContain(secret);
    const shown = await program.pulumi(["stack", "output", "--json", "--show-secrets", "--stack", "dev"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      results: { token: { exitStatus: 0, stdout: "hunter2-token\n", stderr: "" } },
    });
  });

  test("preview and refresh are clean then", clean);

  test("one file of several that changes is written, and nothing else", async () => {
    const paths = ["secret", "conf", "local", "old"].map((file) => `/etc/app/${file}`);
    const before = await Promise.all(paths.map(written));
    succeeded(await up(2));
    const after = await Promise.all(paths.map(written));
    expect(after.map((time, index) => time === before[index])).toEqual([true, false, true, true]);
    expect(await inGuest("busybox cat /etc/app/conf")).toBe("two");
    // Of one on this machine it is the content that counts.
    await writeFile(join(program.dir, "local.txt"), "local two\n");
    succeeded(await program.up());
    expect(await inGuest("busybox cat /etc/app/local")).toBe("local two");
    expect(await Promise.all([paths[0] ?? "", paths[1] ?? ""].map(written))).toEqual(after.slice(0, 2));
    expect(await log()).toEqual(["initsh", "token", "fixed", "last"]);
    await clean();
  });

  test("a command that fails is told with its words but no secret, and the VM stays", async () => {
    const { code, stdout, stderr } = await up(3);
    expect(code).not.toBe(0);
    const said = stdout + stderr;
    expect(said).toMatch(
      new RegExp(
        `cannot run command "broken" in VM "${name}" on lxd1 \\(unix:\\S+\\): it ended with exit status 4:\\s+\\[secret\\] is no good`,
      ),
    );
    for (const secret of SECRETS)
      expect(said + JSON.stringify(await program.exportState())).not.toContain(secret);
    // What stands behind it was not run.
    expect(await log()).toEqual(["initsh", "token", "fixed", "last"]);
    expect(await lxd.query(`/1.0/instances/${name}`)).toMatchObject({ status: "Running" });
    const preview = await program.preview();
    expect(preview.steps.filter(({ op }) => op !== "same").map(({ op }) => op)).toEqual(["update"]);
  });

  test("the next up runs it and what comes after; what has left the program goes, unless it was there before", async () => {
    succeeded(await up(4));
    expect(await log()).toEqual(["initsh", "token", "fixed", "last", "fixed", "later"]);
    expect(await inGuest("busybox ls /etc/app; busybox cat /etc/dhcp")).toBe("conf\nlocal\nsecret\nours");
    await clean();
  });
});
