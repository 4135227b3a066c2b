import { createRequire } from "node:module";
import { join } from "node:path";
import { ensureGuest } from "./lib/guest.ts";
import { hostPackages } from "./lib/packages.ts";
import { checkoutDir, which } from "./lib/paths.ts";
import { poll } from "./lib/processes.ts";
import { main, note, step, UserError } from "./lib/progress.ts";
import {
  environmentFile,
  forgetStack,
  hostDir,
  prepareStack,
  programDir,
  pulumi,
  stack,
} from "./lib/quickstart-stack.ts";
import { setUpBuild, setUpCli, setUpGuest, setUpPackages } from "./lib/setup.ts";
import { bytes, table } from "./lib/table.ts";
import { findHost, startHost } from "./lib/throwaway-host.ts";
import type { ThrowawayHost } from "./lib/throwaway-host.ts";

/** `npm run quickstart`: from a fresh clone to a Linux guest that answers, on a host that is thrown away afterwards. */
main(async () => {
  const own = process.env.VMHOST_ADDRESS;
  const start = performance.now();
  await setUpBuild();
  if (own === undefined) await setUpPackages(hostPackages);
  await setUpCli();
  const { kernel, initrd } = await guestFiles();
  const host = own === undefined ? await throwawayHost() : undefined;
  const address = own ?? host?.address ?? "";
  await step("stack", () => prepareStack({ address, kernel, initrd }));
  await step("pulumi up", () => update(["up", "--yes", "--skip-preview"]));
  const outputs = JSON.parse((await pulumi(["stack", "output", "--json", "--stack", stack])).stdout) as {
    address: string;
    vmName: string;
  };
  await step("the guest answers", () => guestAnswers(outputs.address, host));
  await step("pulumi preview", () => update(["preview", "--expect-no-changes"]));
  note(`\n  ${outputs.vmName} runs on ${address} and has the address ${outputs.address}\n`);
  process.stdout.write(`${await resources(address)}\n`);
  process.stdout.write(`${howToGoOn(address)}\n`);
  note(`Everything took ${((performance.now() - start) / 1000).toFixed(1)} s`);
});

/** The test guest, or a kernel and an initramfs of the user's own where there is no apt-get to make it with. */
async function guestFiles(): Promise<{ kernel: string; initrd: string }> {
  const { VMHOST_KERNEL: kernel, VMHOST_INITRD: initrd } = process.env;
  if (kernel !== undefined && initrd !== undefined) return { kernel, initrd };
  if (which("apt-get") === undefined) {
    throw new UserError(
      "The guest is made from Debian's packages, and this system has no apt-get: name a Linux kernel and an initramfs in VMHOST_KERNEL and VMHOST_INITRD",
    );
  }
  await setUpGuest();
  return ensureGuest();
}

/** The host of the last run while it lives, else a new one; what the last stack knew is then gone with its host. */
async function throwawayHost(): Promise<ThrowawayHost> {
  const running = await findHost(hostDir);
  if (running !== undefined) {
    await running.ready();
    return running;
  }
  await forgetStack();
  let host: ThrowawayHost | undefined;
  await step("throwaway libvirt host", async () => {
    host = await startHost({ dir: hostDir, name: "vmhost", persistent: true });
  });
  if (host === undefined) throw new Error("no host");
  return host;
}

async function update(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await pulumi([...args, "--stack", stack, "--non-interactive"], {
    allowFailure: true,
  });
  if (code !== 0) throw new UserError(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`);
  const summary = /Resources:\n((?:\s+.*\n)+?)(?:\n|$)/.exec(stdout)?.[1] ?? "";
  return summary.trim().split(/\n\s*/).join(", ");
}

/** Asks the guest's web server, from inside the host's network where the host is ours. */
async function guestAnswers(address: string, host: ThrowawayHost | undefined): Promise<string> {
  const url = `http://${address}/`;
  const answer = await poll(
    () => (host === undefined ? fromHere(url) : host.get(url).then((page) => page?.trim())),
    host === undefined ? 8000 : 20_000,
    300,
  );
  if (answer !== undefined) return `"${answer}" at ${url}`;
  if (host !== undefined)
    throw new UserError(`The guest has the address ${address} and does not answer there`);
  return `not checked: ${url} is not reachable from this machine`;
}

async function fromHere(url: string): Promise<string | undefined> {
  try {
    return (await (await fetch(url, { signal: AbortSignal.timeout(3000) })).text()).trim();
  } catch {
    return undefined;
  }
}

interface Amounts {
  total: number;
  used: number;
  available: number;
  limit: number;
}

interface Inventory {
  hostname: string;
  capacity: { cores: Amounts; memoryMiB: Amounts };
  storagePools: {
    name: string;
    type: string;
    path?: string;
    totalBytes: number;
    usedBytes: number;
    availableBytes: number;
  }[];
  networks: { name: string; active: boolean; bridge?: string; forwardMode: string; hasDhcp: boolean }[];
  vms: { name: string; state: string; cores: number; memoryMiB: number; owner?: string }[];
}

/** The host as the provider itself sees it, with the overcommit ratios of the stack's VmHost. */
async function resources(address: string): Promise<string> {
  const exported = JSON.parse((await pulumi(["stack", "export", "--stack", stack])).stdout) as {
    deployment: { resources: { type: string; inputs?: Record<string, unknown> }[] };
  };
  const declared =
    exported.deployment.resources.find(({ type }) => type.endsWith("vmhost:VmHost"))?.inputs ?? {};
  const { cpuOvercommitRatio, memoryOvercommitRatio } = declared;
  const load = createRequire(join(checkoutDir(), "package.json"));
  const { inventory } = load("./dist/runtime.js") as { inventory(connection: object): Promise<Inventory> };
  const given = Object.entries({ address, cpuOvercommitRatio, memoryOvercommitRatio }).filter(
    ([, value]) => value !== undefined,
  );
  const { hostname, capacity, storagePools, networks, vms } = await inventory(Object.fromEntries(given));
  const amounts = (name: string, { total, used, limit }: Amounts): (string | number)[] => [
    name,
    total,
    used,
    limit,
    limit - used,
  ];
  const parts = [
    [
      [`host ${hostname}`, "total", "used", "limit", "left"],
      amounts("cores", capacity.cores),
      amounts("memory (MiB)", capacity.memoryMiB),
    ],
    [
      ["pool", "type", "total", "used", "available", "path"],
      ...storagePools.map((pool) => [
        pool.name,
        pool.type,
        bytes(pool.totalBytes),
        bytes(pool.usedBytes),
        bytes(pool.availableBytes),
        pool.path,
      ]),
    ],
    [
      ["network", "state", "bridge", "forward", "DHCP"],
      ...networks.map((net) => [
        net.name,
        net.active ? "active" : "inactive",
        net.bridge,
        net.forwardMode,
        net.hasDhcp ? "on" : "off",
      ]),
    ],
    [
      ["VM", "state", "cores", "memory (MiB)", "made by"],
      ...vms.map((vm) => [vm.name, vm.state, vm.cores, vm.memoryMiB, vm.owner]),
    ],
  ];
  return parts.map((rows) => `${table(rows)}\n`).join("\n");
}

function howToGoOn(address: string): string {
  const lines = [
    "Go on:",
    `  . ${environmentFile()} && cd ${programDir()}`,
    "  edit index.ts; pulumi preview --diff; pulumi up",
  ];
  lines.push(`  virsh -c "${address}" list --all`);
  return [...lines, "Take it away: npm run quickstart:down"].map((line) => `  ${line}`).join("\n");
}
