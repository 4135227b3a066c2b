import { rmSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Credentials } from "../../../provider/libvirt/transport/dial";
import {
  makeKey,
  startAgent,
  startEcho,
  startSshd,
  temporaryFolder,
  type EchoSocket,
  type KeyPair,
  type Sshd,
} from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";
import { sayHello } from "./hello";

const user = userInfo().username;
let home: SshHome;
let key: KeyPair;
let locked: KeyPair;
let rsa: KeyPair;
let stranger: KeyPair;
let sshd: Sshd;
let echo: EchoSocket;

beforeAll(async () => {
  home = makeSshHome();
  key = makeKey(home.dir, "key");
  locked = makeKey(home.dir, "locked", { passphrase: "open sesame" });
  rsa = makeKey(home.dir, "rsa", { type: "rsa" });
  stranger = makeKey(home.dir, "stranger");
  echo = await startEcho(home.dir);
  sshd = await startSshd({ authorizedKeys: [key.publicKey, locked.publicKey, rsa.publicKey] });
});
beforeEach(() => home.reset());
afterAll(async () => {
  await sshd.stop();
  await echo.stop();
  home.remove();
});

async function talk(credentials: Credentials, query = ""): Promise<void> {
  const address = `qemu+ssh://${user}@127.0.0.1:${sshd.port}/system?socket=${echo.path}${query}`;
  await sayHello(address, { sshKnownHosts: sshd.knownHostsLine, ...credentials });
}

test("a key file of the inputs", () => talk({ sshKeyFile: key.file }));
test("a key file of the address, from the home folder", () => talk({}, "&keyfile=~/key"));
test("an inline key", () => talk({ sshPrivateKey: key.privateKey }));
test("an rsa key, signed with SHA-2", () => talk({ sshPrivateKey: rsa.privateKey }));
test("an encrypted inline key with its passphrase", () =>
  talk({ sshPrivateKey: locked.privateKey, sshPassphrase: "open sesame" }));
test("an encrypted key file with its passphrase", () =>
  talk({ sshKeyFile: locked.file, sshPassphrase: "open sesame" }));

test("a default key of ~/.ssh", async () => {
  home.write("id_ed25519", key.privateKey);
  await talk({});
});

test("a key of the agent", async () => {
  const agent = await startAgent();
  try {
    agent.add(key);
    process.env["SSH_AUTH_SOCK"] = agent.socket;
    await talk({});
  } finally {
    await agent.stop();
  }
});

test("an explicit key is offered before the many of an agent, which would exhaust the server's patience", async () => {
  const agent = await startAgent();
  const folder = temporaryFolder("keys");
  try {
    for (let i = 0; i < 7; i += 1) agent.add(makeKey(folder, `k${i}`));
    process.env["SSH_AUTH_SOCK"] = agent.socket;
    await talk({ sshPrivateKey: key.privateKey });
    await expect(talk({})).rejects.toMatchObject({
      code: "authentication-failed",
      message: expect.stringContaining("agent key k0"),
    });
  } finally {
    await agent.stop();
    rmSync(folder, { recursive: true });
  }
});

test("IdentitiesOnly keeps an agent to the key that a file names, though only its public half is there", async () => {
  const agent = await startAgent();
  const folder = temporaryFolder("keys");
  try {
    for (let i = 0; i < 7; i += 1) agent.add(makeKey(folder, `k${i}`));
    const own = makeKey(folder, "own");
    agent.add(own);
    const other = await startSshd({ authorizedKeys: [own.publicKey] });
    process.env["SSH_AUTH_SOCK"] = agent.socket;
    rmSync(own.file);
    home.write("config", `Host *\n  IdentityFile ${own.file}\n  IdentitiesOnly yes\n`);
    try {
      await sayHello(`qemu+ssh://${user}@127.0.0.1:${other.port}/system?socket=${echo.path}`, {
        sshKnownHosts: other.knownHostsLine,
      });
      expect(other.log()).not.toContain("Failed publickey");
    } finally {
      await other.stop();
    }
  } finally {
    await agent.stop();
    rmSync(folder, { recursive: true });
  }
});

test("an agent that is gone is passed over", async () => {
  process.env["SSH_AUTH_SOCK"] = join(home.dir, "no-such-agent");
  await talk({ sshKeyFile: key.file });
});

test("a refused key: who, what was tried, what the server takes, what to do", async () => {
  await expect(talk({ sshKeyFile: stranger.file })).rejects.toMatchObject({
    code: "authentication-failed",
    message: `127.0.0.1:${sshd.port} refused the login of ${user}: tried ${stranger.file}; the server takes publickey`,
    remedy: expect.stringContaining("authorized_keys"),
  });
});

test("an encrypted key without a passphrase is named, and its content is not", async () => {
  const error = await talk({ sshKeyFile: locked.file }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "authentication-failed",
    message: expect.stringContaining(`${locked.file} is encrypted and no passphrase is given`),
    remedy: expect.stringContaining("sshPassphrase"),
  });
  expect(String(error)).not.toContain("BEGIN");
});

test("an encrypted key is passed over while another one is left", () =>
  talk({ sshPrivateKey: locked.privateKey, sshKeyFile: key.file }));

test("a wrong passphrase", () =>
  expect(talk({ sshPrivateKey: locked.privateKey, sshPassphrase: "wrong" })).rejects.toMatchObject({
    code: "authentication-failed",
    message: "sshPrivateKey does not open with the passphrase given",
  }));

test("an inline key that is none", () =>
  expect(talk({ sshPrivateKey: "hunter2" })).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.not.stringContaining("hunter2"),
  }));

test("sshauth keeps to the methods it names", () =>
  expect(talk({ sshKeyFile: key.file }, "&sshauth=password")).rejects.toMatchObject({
    code: "authentication-failed",
    message: expect.stringContaining("there was nothing to offer"),
  }));
