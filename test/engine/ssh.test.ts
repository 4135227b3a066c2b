import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";
import { makeKey, startSshd, temporaryFolder, type KeyPair, type Sshd } from "../support/sshd";

const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = new VmHost("far", { address: config.require("address"), connectTimeout: 10, retries: 0 });
const pool = new StoragePool("pool", { host, path: "${poolPath}/far" });
const base = new StorageVolume("base", { host, pool, source: "base.img", format: "raw" });
const lan = new LibvirtNetwork("lan", { host, ips: [{ cidr: "172.16.67.1/24" }] });
const vm = new Vm("vm", { host, memory: 32, domainType: "qemu", running: "paused", disks: [{ pool, backing: base }], interfaces: [{ network: lan }] });
exports.vm = vm.name; exports.hostname = host.hostname;
`;

/** A host of the user's own, behind SSH with a key file and a known_hosts entry, as most hosts are. */
describe("a host behind SSH", () => {
  let host: ThrowawayHost;
  let sshd: Sshd;
  let key: KeyPair;
  let dir: string;
  let program: Program;

  beforeAll(async () => {
    host = await ownHost({ name: "far" });
    dir = temporaryFolder("far");
    key = makeKey(dir, "id_ed25519");
    sshd = await startSshd({ authorizedKeys: [key.publicKey] });
    program = new Program({ name: "far", source: SOURCE, config: { address: addressOf("root") } });
    await program.prepare();
    await mkdir(join(program.home, ".ssh"), { recursive: true, mode: 0o700 });
    await writeFile(join(program.dir, "base.img"), Buffer.alloc(3 * 2 ** 20, "far"));
  });

  afterAll(async () => {
    await program.dispose();
    await sshd.stop();
    await host.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const addressOf = (user: string): string =>
    `qemu+ssh://${user}@127.0.0.1:${sshd.port}/system?socket=${host.socket}`;

  const inSsh = (name: string): string => join(program.home, ".ssh", name);

  /** The host's key is known, and ours is the one it takes. */
  async function letIn(): Promise<void> {
    await writeFile(inSsh("known_hosts"), `${sshd.knownHostsLine}\n`);
    await copyFile(key.file, inSsh("id_ed25519"));
    await chmod(inSsh("id_ed25519"), 0o600);
  }

  /** What the user reads, and that nothing was recorded but what can be removed again. */
  async function refusal(): Promise<string> {
    const { code, stdout, stderr } = await program.up();
    expect(code).not.toBe(0);
    const text = stdout + stderr;
    expect(text).not.toMatch(/\n\s+at .*\.js:\d+/);
    expect(text).not.toContain("PRIVATE KEY");
    expect(await host.virsh(["list", "--all", "--name"])).toBe("");
    return text;
  }

  test("whose key nobody knows is not trusted, and the message shows the key and how to accept it", async () => {
    const text = await refusal();
    expect(text).toContain(sshd.fingerprint);
    expect(text).toMatch(/known_hosts|ssh-keyscan/);
  });

  test("whose key has changed is refused in words that say so", async () => {
    const other = makeKey(dir, "other");
    await writeFile(inSsh("known_hosts"), `[127.0.0.1]:${sshd.port} ${other.publicKey}\n`);
    const text = await refusal();
    expect(text).toMatch(/host key.*(changed|differs|another|not the one)|changed/is);
    expect(text).toContain(sshd.fingerprint);
  });

  test("that takes none of our keys names what was tried", async () => {
    await writeFile(inSsh("known_hosts"), `${sshd.knownHostsLine}\n`);
    const stranger = makeKey(dir, "stranger");
    await copyFile(stranger.file, inSsh("id_ed25519"));
    await chmod(inSsh("id_ed25519"), 0o600);
    expect(await refusal()).toMatch(/id_ed25519/);
  });

  test("where our account may not open libvirt's socket says which group it lacks", async () => {
    await letIn();
    await program.setConfig("address", addressOf("nobody"));
    await chmod(host.socket, 0o700);
    try {
      expect(await refusal()).toMatch(/permission.*`libvirt` group|group.*libvirt/is);
    } finally {
      await chmod(host.socket, 0o777);
    }
  });

  test("does all that a near one does, and the second up changes nothing", async () => {
    await letIn();
    await program.setConfig("address", addressOf("root"));
    const up = await program.up();
    if (up.code !== 0) throw new Error(up.stdout + up.stderr);
    const { vm, hostname } = await program.outputs();
    expect(hostname).toBe((await host.virsh(["hostname"])).trim());
    expect(await host.virsh(["list", "--state-paused", "--name"])).toBe(vm);
    const bytes = (await host.exec(["sh", "-c", `cat ${poolPath}/far/base-* | head -c 12`])).stdout;
    expect(bytes).toBe("farfarfarfar");
    expect((await program.refresh({ expectNoChanges: true })).code).toBe(0);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    expect((await program.destroy()).code).toBe(0);
    expect(await host.virsh(["list", "--all", "--name"])).toBe("");
  });
});
