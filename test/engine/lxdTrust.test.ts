import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newPair } from "../../provider/lxd/trust/certificate";
import { run } from "../../scripts/lib/command";
import { startLxd, type ThrowawayLxd } from "../../scripts/lib/lxd";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { openHttps, type HttpsPort } from "../support/lxdHttps";
import { Program } from "../support/pulumi";

/** How a program comes to be trusted by a real LXD, over HTTPS. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = new VmHost("lxd1", { ...config.requireObject("host"), ...(config.get("token") ? { trustToken: config.get("token") } : {}) });
if (config.get("pool")) exports.pool = new StoragePool("pool", { host }).name;
exports.fingerprint = host.clientCertificateFingerprint;
exports.expiry = host.certificateExpiry;
exports.hostId = host.hostId;
`;

interface Trusted {
  readonly name: string;
  readonly fingerprint: string;
}

describe("trust between a program and an LXD server", () => {
  let host: ThrowawayHost;
  let lxd: ThrowawayLxd;
  let https: HttpsPort;
  let pin: string;
  let program: Program;

  const trusted = async (): Promise<readonly Trusted[]> =>
    (await lxd.query<readonly Trusted[]>("/1.0/certificates?recursion=1")) ?? [];
  /** What the state holds of the host; the stack's configuration is the program's own affair. */
  const kept = async (): Promise<string> => {
    const { resources = [] } = (await program.exportState()).deployment;
    return JSON.stringify(resources.filter(({ type }) => /vmhost/.test(type)));
  };
  const configure = (input: object): Promise<void> => program.setConfig("host", JSON.stringify(input));

  beforeAll(async () => {
    host = await ownHost();
    lxd = await startLxd(host);
    https = await openHttps(lxd);
    const { environment } = (await lxd.query<{ environment: { certificate_fingerprint: string } }>(
      "/1.0",
    )) ?? {
      environment: { certificate_fingerprint: "" },
    };
    pin = environment.certificate_fingerprint;
    program = new Program({ name: "lxdtrust", source: SOURCE, config: { host: "{}" } });
  });

  afterAll(async () => {
    await program.destroy();
    await program.dispose();
    await https.close();
    await host.stop();
  });

  test("a server that nobody vouches for is refused with its fingerprint, and another one than the pinned", async () => {
    await configure({ address: https.address, generateCertificate: true });
    const unknown = await program.up();
    expect(unknown.code).not.toBe(0);
    expect(unknown.stdout + unknown.stderr).toContain(`serverFingerprint: "${pin}"`);
    await configure({
      address: https.address,
      generateCertificate: true,
      serverFingerprint: "ab".repeat(32),
    });
    const wrong = await program.up();
    expect(wrong.code).not.toBe(0);
    expect(wrong.stdout + wrong.stderr).toContain(`not the pinned ${"ab".repeat(32)}`);
  });

  test("the first up makes a pair and says how to trust it; the next one goes on with the same pair", async () => {
    await configure({ address: https.address, generateCertificate: true, serverFingerprint: pin });
    const first = await program.up();
    expect(first.code).not.toBe(0);
    const told = first.stdout + first.stderr;
    const [command = ""] = /^ *printf [^]*?lxc config trust add .*$/m.exec(told) ?? [];
    const state = await kept();
    expect(state).not.toContain("PRIVATE KEY");
    await run(["bash", "-c", command], { cwd: host.dir, env: lxd.environment });
    const text = await readFile(join(host.dir, "pulumi-vmhost.crt"), "utf8");
    const second = await program.up();
    expect(second.code === 0 ? "" : second.stdout).toBe("");
    const outputs = await program.outputs();
    const mine = new X509Certificate(text);
    expect(outputs).toMatchObject({
      hostId: pin,
      fingerprint: mine.fingerprint256.replaceAll(":", "").toLowerCase(),
      expiry: new Date(mine.validTo).toISOString(),
    });
    expect(await kept()).not.toContain("PRIVATE KEY");
    for (const run of [program.preview, program.refresh]) {
      const { code, stdout } = await run.call(program, { expectNoChanges: true, args: ["--diff"] });
      expect(code === 0 ? "" : stdout).toBe("");
    }
  });

  test("what lives on the host is reached with that pair", async () => {
    await program.setConfig("pool", "yes");
    const { code, stdout } = await program.up();
    expect(code === 0 ? "" : stdout).toBe("");
    const { pool } = await program.outputs();
    expect(await lxd.query(`/1.0/storage-pools/${String(pool)}`)).toMatchObject({ driver: "dir" });
  });

  test("a token is used once, pins the server, and is kept nowhere in the open", async () => {
    await program.destroy();
    for (const { fingerprint } of await trusted()) await lxd.lxc(["config", "trust", "remove", fingerprint]);
    const token =
      (await lxd.lxc(["config", "trust", "add", "--name", "pulumi"])).stdout.trim().split("\n").at(-1) ?? "";
    await configure({
      address: https.address,
      generateCertificate: true,
      project: "web",
      createProject: true,
    });
    await program.setConfig("token", token);
    const first = await program.up();
    expect(first.code === 0 ? "" : first.stdout).toBe("");
    expect((await trusted()).map(({ name }) => name)).toEqual(["pulumi"]);
    expect(await lxd.query("/1.0/projects/web")).toMatchObject({ name: "web" });
    expect(await kept()).not.toContain(token);
    const again = await program.preview({ expectNoChanges: true, args: ["--diff"] });
    expect(again.code === 0 ? "" : again.stdout).toBe("");
  });

  test("a pair of the program's own that the server does not trust is refused with what to do", async () => {
    await program.destroy();
    await program.setConfig("token", "");
    await program.setConfig("pool", "");
    const { certificate, key } = await newPair("own");
    await configure({ address: https.address, serverFingerprint: pin, certificate, key });
    const refused = await program.up();
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain("does not trust this client");
    expect(refused.stdout + refused.stderr).not.toContain("PRIVATE KEY");
    await writeFile(join(host.dir, "own.crt"), certificate);
    await lxd.lxc(["config", "trust", "add", join(host.dir, "own.crt")]);
    const accepted = await program.up();
    expect(accepted.code === 0 ? "" : accepted.stdout).toBe("");
    expect((await program.outputs())["hostId"]).toBe(pin);
  });

  test("a trust password is used once", async () => {
    await program.destroy();
    await lxd.lxc(["config", "set", "core.trust_password=hunter2"]);
    const { certificate, key } = await newPair("password");
    const access = { address: https.address, serverFingerprint: pin, certificate, key };
    await configure({ ...access, trustPassword: "wrong" });
    const refused = await program.up();
    expect(refused.stdout + refused.stderr).toContain("does not accept the trust password");
    await configure({ ...access, trustPassword: "hunter2" });
    const { code, stdout } = await program.up();
    expect(code === 0 ? "" : stdout).toBe("");
    expect(await kept()).not.toContain("hunter2");
    const mine = new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
    expect((await trusted()).map(({ fingerprint }) => fingerprint)).toContain(mine);
  });
});
