import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { run } from "../../scripts/lib/command";
import { lxdImage, startLxd, type ThrowawayLxd } from "../../scripts/lib/lxd";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { example } from "../support/example";
import { bootDisk, ownHost } from "../support/host";
import { startImageServer } from "../support/imageServer";
import { openHttps, type HttpsPort } from "../support/lxdHttps";
import type { Outcome, Program } from "../support/pulumi";

const succeeded = ({ code, stdout, stderr }: Outcome): void => {
  if (code !== 0) throw new Error(stdout + stderr);
};

/** The types of a value; of a list, those of its elements, each once. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shape(each))))].sort();
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, shape(inner)]),
  );
}

describe("examples on LXD", () => {
  let host: ThrowawayHost;
  let lxd: ThrowawayLxd;
  let https: HttpsPort;
  const programs: Program[] = [];

  const written = async (...args: Parameters<typeof example>): Promise<Program> => {
    const program = await example(...args);
    programs.push(program);
    return program;
  };

  beforeAll(async () => {
    host = await ownHost({ name: "lxd-examples" });
    await startImageServer(host, await bootDisk());
    lxd = await startLxd(host);
    https = await openHttps(lxd);
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.dispose()));
    await https.close();
    await host.stop();
  });

  test("lxd: trusted in two steps, then a project with a VM on a network and a pool of its own", async () => {
    const server = await lxd.query<{ environment: { certificate_fingerprint: string } }>("/1.0");
    const program = await written("lxd", {
      address: https.address,
      serverFingerprint: server?.environment.certificate_fingerprint ?? "",
    });
    const first = await program.up();
    expect(first.code).not.toBe(0);
    const told = first.stdout + first.stderr;
    const [command = ""] = /^ *printf [^]*?lxc config trust add .*$/m.exec(told) ?? [];
    await run(["bash", "-c", command], { cwd: host.dir, env: lxd.environment });
    const second = await program.up();
    succeeded(second);
    expect(second.stdout).toMatch(/making VM app-\w+ \(rootfs: \d+% /);
    const { projectName, vmName, ipAddress } = await program.outputs();
    expect(ipAddress).toMatch(/^10\.77\.0\./);
    expect(await lxd.query(`/1.0/instances/${String(vmName)}?project=${String(projectName)}`)).toMatchObject({
      type: "virtual-machine",
      status: "Running",
      config: { "limits.memory": "1024MiB" },
    });
    // Told in the open, though the connection that was asked with is secret.
    const { deployment } = await program.exportState();
    const stack = deployment.resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
    expect(stack?.outputs?.["projects"]).toContainEqual({
      project: projectName,
      vms: 1,
      cores: 1,
      memoryMiB: 1024,
    });
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    succeeded(await program.destroy());
    expect(await lxd.query(`/1.0/projects/${String(projectName)}`)).toBeUndefined();
  });

  test("portable: the same outputs, of the same shape, on either kind of host", async () => {
    const onLxd = await written("portable", {
      kind: "lxd",
      address: lxd.address,
      image: lxdImage,
      memory: "64MiB",
      disk: "64MiB",
      vm: JSON.stringify({ instanceType: "container" }),
    });
    const onLibvirt = await written("portable", {
      kind: "libvirt",
      address: host.address,
      poolPath: join(poolPath, "portable"),
      image: await bootDisk(),
      memory: "256MiB",
      disk: "128MiB",
      vm: JSON.stringify({ domainType: "qemu", cpu: { mode: "maximum" }, firmware: { secureBoot: false } }),
    });
    const outputs = [];
    for (const program of [onLxd, onLibvirt]) {
      succeeded(await program.up());
      outputs.push(await program.outputs());
      expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
      succeeded(await program.destroy());
    }
    const [first = {}, second = {}] = outputs.map(common);
    expect(shape(first)).toEqual(shape(second));
    for (const { app, facts } of outputs as Record<string, Record<string, unknown>>[]) {
      expect(app?.["address"]).toMatch(/^10\.88\.0\./);
      expect(facts?.["capacity"]).toMatchObject({ cores: { used: 1 } });
    }
  });
});

/** What hosts of both kinds tell; which bridges and huge pages there are is the machine's own affair. */
function common(outputs: Record<string, unknown>): Record<string, unknown> {
  const { interfaces: _interfaces, cpuMhz: _mhz, ...facts } = outputs["facts"] as Record<string, unknown>;
  const numa = (outputs["numa"] as Record<string, unknown>[]).map(({ interfaces: _names, ...node }) => node);
  return { ...outputs, facts, numa };
}
