import { userInfo } from "node:os";
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import type { Credentials } from "../../../provider/libvirt/transport/dial";
import { makeKey, startEcho, startSshd, type EchoSocket, type KeyPair, type Sshd } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";
import { sayHello } from "./hello";

const user = userInfo().username;
let home: SshHome;
let key: KeyPair;
let jumpKey: KeyPair;
let target: Sshd;
let jump: Sshd;
let echo: EchoSocket;

beforeAll(async () => {
  home = makeSshHome();
  key = makeKey(home.dir, "key");
  jumpKey = makeKey(home.dir, "jumpKey");
  echo = await startEcho(home.dir);
  target = await startSshd({ authorizedKeys: [key.publicKey] });
  jump = await startSshd({ authorizedKeys: [jumpKey.publicKey] });
});
beforeEach(() => {
  home.reset();
  home.write("known_hosts", `${target.knownHostsLine}\n${jump.knownHostsLine}\n`);
});
afterAll(async () => {
  await Promise.all([target.stop(), jump.stop()]);
  await echo.stop();
  home.remove();
});

const talk = (host: string, credentials: Credentials = {}): Promise<readonly string[]> =>
  sayHello(`qemu+ssh://${host}/system?socket=${echo.path}`, credentials);

const targetBlock = (): string =>
  `Host kvm\n  HostName 127.0.0.1\n  Port ${target.port}\n  User ${user}\n  IdentityFile ~/key\n`;
const jumpBlock = (): string =>
  `Host bastion\n  HostName 127.0.0.1\n  Port ${jump.port}\n  User ${user}\n  IdentityFile "%d/jumpKey"\n`;

test("an alias of ~/.ssh/config with HostName, Port, User and IdentityFile", async () => {
  home.write("config", targetBlock());
  await talk("kvm");
});

test("the address's user and port win over those of the configuration", async () => {
  home.write("config", "Host *\n  User nobody-here\n  Port 1\n  IdentityFile ~/key\n");
  await talk(`${user}@127.0.0.1:${target.port}`);
});

test("Include, with a pattern", async () => {
  mkdirSync(join(home.dir, ".ssh", "conf.d"));
  home.write("conf.d/kvm.conf", targetBlock());
  home.write("config", "Include conf.d/*.conf\n");
  await talk("kvm");
});

test("ProxyJump, each host with its own key, port and host key", async () => {
  home.write("config", `${targetBlock()}  ProxyJump bastion\n${jumpBlock()}`);
  const before = jump.log().length;
  await talk("kvm");
  expect(jump.log().slice(before)).toContain("Accepted publickey");
});

test("an unknown host key on the way is the jump host's, and says so", async () => {
  home.write("known_hosts", `${target.knownHostsLine}\n`);
  home.write("config", `${targetBlock()}  ProxyJump bastion\n${jumpBlock()}`);
  await expect(talk("kvm")).rejects.toMatchObject({
    code: "host-key-unknown",
    operation: "connect",
    host: expect.stringContaining(`127.0.0.1:${jump.port} (on the way to qemu+ssh://kvm/system`),
  });
});

test("a login refused on the way names the jump host", async () => {
  home.write("config", `${targetBlock()}  ProxyJump ${user}@127.0.0.1:${jump.port}\n`);
  await expect(talk("kvm")).rejects.toMatchObject({
    code: "authentication-failed",
    target: `${user}@127.0.0.1:${jump.port}`,
  });
});

test("a jump host that cannot reach the target", async () => {
  home.write(
    "config",
    `${targetBlock()}${jumpBlock()}Host gone\n  HostName 127.0.0.1\n  Port 1\n  ProxyJump bastion\n`,
  );
  await expect(talk("gone")).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("The jump host cannot reach 127.0.0.1:1"),
  });
});

test("a loop of ProxyJump ends in words", async () => {
  home.write("config", "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
  await expect(talk("a")).rejects.toMatchObject({
    code: "invalid-argument",
    remedy: expect.stringContaining("loop"),
  });
});

test("ProxyCommand is refused: it names a program", async () => {
  home.write("config", `${targetBlock()}  ProxyCommand nc %h %p\n`);
  await expect(talk("kvm")).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining("ProxyCommand"),
    remedy: expect.stringContaining("ProxyJump"),
  });
});

test("the login password is not handed to a jump host", async () => {
  home.write("config", `${targetBlock()}  ProxyJump bastion\n${jumpBlock().replace("jumpKey", "key")}`);
  const error = await talk("kvm", { password: "s3cret" }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "authentication-failed",
    message: expect.not.stringContaining("password"),
  });
});
