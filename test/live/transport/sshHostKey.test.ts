import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Credentials } from "../../../provider/libvirt/transport/dial";
import { makeKey, startEcho, startSshd, type EchoSocket, type KeyPair, type Sshd } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";
import { sayHello } from "./hello";

const user = userInfo().username;
let home: SshHome;
let key: KeyPair;
let stranger: KeyPair;
let sshd: Sshd;
let echo: EchoSocket;

beforeAll(async () => {
  home = makeSshHome();
  key = makeKey(home.dir, "key");
  stranger = makeKey(home.dir, "stranger");
  echo = await startEcho(home.dir);
  sshd = await startSshd({ authorizedKeys: [key.publicKey] });
});
beforeEach(() => home.reset());
afterAll(async () => {
  await sshd.stop();
  await echo.stop();
  home.remove();
});

/** Opens a stream and uses it; returns the warnings. */
async function talk(
  credentials: Credentials = {},
  query = "",
  server: Sshd = sshd,
): Promise<readonly string[]> {
  const address = `qemu+ssh://${user}@127.0.0.1:${server.port}/system?socket=${echo.path}${query}`;
  return sayHello(address, { sshKeyFile: key.file, ...credentials });
}

const changedLine = (): string => `[127.0.0.1]:${sshd.port} ${stranger.publicKey}\n`;

test("an unknown key: fingerprint, files and the command that adds it, which then does", async () => {
  const knownHosts = join(home.dir, ".ssh", "known_hosts");
  const error = await talk().catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: "host-key-unknown",
    message: expect.stringMatching(/ssh-ed25519 key SHA256:/),
    remedy: expect.stringContaining(`ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >> ${knownHosts}`),
  });
  expect(error).toMatchObject({ message: expect.stringContaining(sshd.fingerprint) });
  expect(error).toMatchObject({ message: expect.stringContaining(knownHosts) });
  expect(existsSync(knownHosts)).toBe(false);

  const command = /add the key with: (.*?), or pin/.exec(String((error as { remedy: string }).remedy))?.[1];
  execFileSync("sh", ["-c", command ?? "false"], { stdio: "pipe" });
  await expect(talk()).resolves.toEqual([]);
});

test("a changed key is refused by every policy but ignore, with both fingerprints and the place", async () => {
  const file = home.write("known_hosts", `# a comment\n${changedLine()}`);
  for (const hostKeyPolicy of ["strict", "accept-new"] as const) {
    const error = await talk({ hostKeyPolicy }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "host-key-mismatch", message: expect.stringContaining(`${file}:2`) });
    expect(error).toMatchObject({ message: expect.stringContaining(sshd.fingerprint) });
    expect(error).toMatchObject({ message: expect.stringContaining(stranger.fingerprint) });
  }
  const warnings = await talk({ hostKeyPolicy: "ignore" });
  expect(warnings).toEqual([expect.stringMatching(/not verified.*HAS CHANGED/)]);
});

test("hashed names", async () => {
  const file = home.write("known_hosts", `${sshd.knownHostsLine}\n`);
  execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "pipe" });
  expect(readFileSync(file, "utf8")).not.toContain("127.0.0.1");
  await expect(talk()).resolves.toEqual([]);
});

test("a revoked key is refused though it is also listed", async () => {
  home.write("known_hosts", `${sshd.knownHostsLine}\n@revoked ${sshd.knownHostsLine.replace(/^\S+/, "*")}\n`);
  await expect(talk()).rejects.toMatchObject({
    code: "host-key-mismatch",
    message: expect.stringContaining("REVOKED"),
  });
});

test("accept-new writes the key down for its owner alone, behind a line without an end, and knows it the next time", async () => {
  const file = home.write("known_hosts", `elsewhere ${stranger.publicKey}`);
  await expect(talk({}, "&known_hosts_verify=auto")).resolves.toEqual([
    expect.stringContaining(`written to ${file}`),
  ]);
  expect(readFileSync(file, "utf8")).toBe(`elsewhere ${stranger.publicKey}\n${sshd.knownHostsLine}\n`);
  await expect(talk({ hostKeyPolicy: "accept-new" })).resolves.toEqual([]);
  await expect(talk()).resolves.toEqual([]);
});

test("accept-new makes the file with mode 0600", async () => {
  await talk({ hostKeyPolicy: "accept-new" });
  expect(statSync(join(home.dir, ".ssh", "known_hosts")).mode & 0o777).toBe(0o600);
});

test("ignore works and says so", async () => {
  await expect(talk({}, "&known_hosts_verify=ignore")).resolves.toEqual([
    expect.stringContaining("is not verified"),
  ]);
  await expect(talk({}, "&no_verify=1")).resolves.toHaveLength(1);
});

test("a pin as a file replaces the user's own, and a missing one is an error", async () => {
  home.write("known_hosts", `${sshd.knownHostsLine}\n`);
  const pin = join(home.dir, "pin");
  writeFileSync(pin, changedLine());
  await expect(talk({ sshKnownHosts: pin })).rejects.toMatchObject({ code: "host-key-mismatch" });
  writeFileSync(pin, `${sshd.knownHostsLine}\n`);
  await expect(talk({}, "&known_hosts=~/pin")).resolves.toEqual([]);
  await expect(talk({ sshKnownHosts: join(home.dir, "nowhere") })).rejects.toMatchObject({
    code: "invalid-argument",
  });
});

test("StrictHostKeyChecking, UserKnownHostsFile and HostKeyAlias of ~/.ssh/config", async () => {
  const file = home.write("mine", `the-host ${sshd.knownHostsLine.replace(/^\S+ /, "")}\n`);
  home.write("config", `Host *\n  UserKnownHostsFile ${file}\n  HostKeyAlias the-host\n`);
  await expect(talk()).resolves.toEqual([]);
  home.write("config", "Host *\n  StrictHostKeyChecking accept-new\n");
  await expect(talk()).resolves.toEqual([expect.stringContaining("accepted")]);
});

test.each(["rsa", "ecdsa", "ed25519"] as const)(
  "the server is asked for the type of the known key: %s",
  async (type) => {
    // A server with keys of all types shows the one that can be compared.
    const other = makeKey(home.dir, `host-${type}`, { type });
    const rest = (["rsa", "ecdsa", "ed25519"] as const).filter((each) => each !== type);
    const server = await startSshd({
      authorizedKeys: [key.publicKey],
      hostKeyType: rest[0] ?? "rsa",
      config: [`HostKey ${other.file}`],
    });
    try {
      home.write("known_hosts", `[127.0.0.1]:${server.port} ${other.publicKey}\n`);
      await expect(talk({}, "", server)).resolves.toEqual([]);
    } finally {
      await server.stop();
    }
  },
);
