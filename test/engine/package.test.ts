import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ensureBuilt } from "../../scripts/lib/build";
import { run } from "../../scripts/lib/command";
import { ensureGuest } from "../../scripts/lib/guest";
import { checkoutDir } from "../../scripts/lib/paths";
import { ownHost } from "../support/host";
import { Program } from "../support/pulumi";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";

/** The package as it is published, installed into an empty project elsewhere, runs the quickstart's program. */
describe("the package", () => {
  const root = checkoutDir();
  let dir: string;
  let files: string[];
  let host: ThrowawayHost;
  let program: Program;

  beforeAll(async () => {
    await ensureBuilt();
    dir = await mkdtemp(join(tmpdir(), "vmhost-package-"));
    const packed = await run(["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", dir], {
      cwd: root,
    });
    const [{ filename, files: all }] = JSON.parse(packed.stdout) as [
      { filename: string; files: { path: string }[] },
    ];
    files = all.map(({ path }) => path);
    await run(["npm", "init", "--yes"], { cwd: dir });
    await run(
      [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--legacy-peer-deps",
        "--ignore-scripts",
        join(dir, filename),
      ],
      { cwd: dir },
    );
    // The SDK is the user's own; the checkout's is the one at hand.
    await mkdir(join(dir, "node_modules/@pulumi"), { recursive: true });
    await symlink(join(root, "node_modules/@pulumi/pulumi"), join(dir, "node_modules/@pulumi/pulumi"));
    host = await ownHost({ name: "package" });
    const { kernel, initrd } = await ensureGuest();
    program = new Program({
      name: "vmhost-quickstart",
      language: "typescript",
      wholeSdk: true,
      source: await readFile(join(root, "examples/quickstart/index.ts"), "utf8"),
      config: { address: host.address, kernel, initrd },
      env: { NODE_COMPILE_CACHE: undefined },
    });
    await program.prepare();
    await rm(join(program.dir, "node_modules/pulumi-vmhost"), { recursive: true });
    await symlink(join(dir, "node_modules/pulumi-vmhost"), join(program.dir, "node_modules/pulumi-vmhost"));
  });

  afterAll(async () => {
    await program.dispose();
    await host.stop();
    await rm(dir, { recursive: true });
  });

  test("holds what a program needs, and nothing of the workshop", () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "package.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "docs/reference.gen.md",
        "dist/index.js",
        "dist/index.d.ts",
        "dist/runtime.js",
      ]),
    );
    const strange = files.filter(
      (path) => !/^dist\/[\w/.]+(\.js|\.d\.ts)$|^docs\/|^(package\.json|[A-Z]+(\.md)?)$/.test(path),
    );
    expect(strange).toEqual([]);
  });

  test.each([
    ["node16", "node16"],
    ["commonjs", "node10"],
  ])(
    "has types that a strict compiler takes whole: --module %s --moduleResolution %s",
    async (module, resolution) => {
      const file = join(dir, "index.ts");
      await writeFile(
        file,
        `import { Vm, VmHost, type VmArgs } from "pulumi-vmhost";
const host = new VmHost("kvm1", { address: "qemu:///system" });
const args: VmArgs = { host, memory: "1GiB" };
export const address = new Vm("vm", args).address;`,
      );
      const tsc = join(root, "node_modules/typescript/lib/tsc.js");
      const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", module];
      const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
      const checked = await run(
        [process.execPath, tsc, ...flags, "--moduleResolution", resolution, ...types, file],
        { cwd: dir, allowFailure: true },
      );
      expect(checked.stdout).toBe("");
      expect(checked.code).toBe(0);
    },
  );

  test("runs the quickstart from an empty project: a guest with an address, a clean preview, and nothing left", async () => {
    const up = await program.up();
    if (up.code !== 0) throw new Error(up.stdout + up.stderr);
    const { address } = await program.outputs();
    expect(address).toMatch(/^172\.16\.99\.\d+$/);
    expect(await host.get(`http://${String(address)}/`)).toMatch(/vmhost/);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    expect((await program.destroy()).code).toBe(0);
    expect((await host.virsh(["list", "--all", "--name"])).trim()).toBe("");
    // What V8 has compiled is kept for the next run, in the user's own cache.
    const kept = await readdir(join(program.home, ".cache/pulumi-vmhost/compiled"), { recursive: true });
    expect(kept.length).toBeGreaterThan(10);
  });
});
