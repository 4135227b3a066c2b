import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAddress } from "../../../../provider/schema/address/address";
import { readSurvey, remoteSockets, surveyCommand } from "../../../../provider/libvirt/transport/ssh/survey";

const dir = mkdtempSync(join(tmpdir(), "vmhost-survey-"));
afterAll(() => rmSync(dir, { recursive: true }));

test("where the far side's daemon listens", () => {
  expect(remoteSockets(parseAddress("qemu+ssh://h/system"))?.[0]).toBe("/run/libvirt/libvirt-sock");
  expect(remoteSockets(parseAddress("qemu+ssh://h/system?socket=/x"))).toEqual(["/x"]);
  expect(remoteSockets(parseAddress("qemu+ssh://h/session"))).toBeUndefined();
});

test("the script survives any shell's quoting and takes no unsafe path", () => {
  const command = surveyCommand(["/run/x"]);
  expect(command).toMatch(/^sh -c '[^'!\n]*'$/);
  for (const path of ["/a b", "/a'", "/a;b", "/$(x)", "a"])
    expect(() => surveyCommand([path])).toThrow(RangeError);
});

test("what the script says is what is read, in each shell there is", async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(join(dir, "virtqemud-sock"), resolve));
  writeFileSync(join(dir, "plain"), "");
  mkdirSync(join(dir, "libvirt"));
  for (const shell of ["/bin/sh", "/bin/bash"]) {
    const run = (sockets: readonly string[] | undefined): ReturnType<typeof readSurvey> =>
      readSurvey(
        execFileSync(shell, ["-c", surveyCommand(sockets)], {
          encoding: "utf8",
          env: { ...process.env, XDG_RUNTIME_DIR: dir },
        }),
      );
    expect(run([`${dir}/gone`, `${dir}/virtqemud-sock`])).toMatchObject({
      state: "ok",
      socket: `${dir}/virtqemud-sock`,
    });
    expect(run([`${dir}/gone`])).toMatchObject({ state: "missing", modular: true });
    expect(run([`${dir}/plain`])).toMatchObject({ state: "not-a-socket" });
    expect(run(["/nowhere/at/all"])).toMatchObject({ state: "missing", modular: false });
    expect(run(undefined)).toMatchObject({ state: "missing", socket: `${dir}/libvirt/libvirt-sock` });
  }
  await new Promise((resolve) => server.close(resolve));
});

test("an answer in other terms is none", () => {
  expect(readSurvey("This account is currently not available.\n")).toBeUndefined();
  expect(readSurvey("vmhost-survey\n")).toBeUndefined();
  expect(readSurvey("vmhost-survey\nsocket ok /a;reboot\n")).toBeUndefined();
});

test("the words of a login script before it do no harm", () => {
  expect(
    readSurvey(
      "Welcome!\nvmhost-survey\nuser ann\nsocket missing /a\nsocket denied /b\nmodular\nhelper\nnetcat\n",
    ),
  ).toEqual({ state: "denied", socket: "/b", modular: true, user: "ann", helper: true, netcat: true });
});
