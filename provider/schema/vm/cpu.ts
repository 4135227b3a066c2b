import { z } from "../table/zod";
import { CPUSET_TS, cpuset, cpusets } from "./cpuset";
import type { FateRule, Field, Fields, Spec } from "../table/field";
import { group, type Complaint } from "../table/gate";
import { part, parts, setAtOnce, word } from "../table/part";
import { oneOf } from "../table/types";
import { isUnknown, knownList } from "../table/unknown";

/** libvirt's own bounds. Hosts with cgroup v2 take no more than 10000, and a VM with more does not start there. */
const LEAST_SHARES = 2;
const MOST_SHARES = 10_000;

/** OpenNebula's CPU as a weight: half a CPU is 512, one is 1024 (R151). */
export function sharesOf(cpus: unknown): number {
  return Math.min(MOST_SHARES, Math.max(LEAST_SHARES, Math.ceil(Number(cpus) * 1024)));
}

const count = (): z.ZodDefault<z.ZodNumber> => z.int().min(1, "must be at least 1").max(4096).default(1);
const period = (message: string): z.ZodOptional<z.ZodNumber> =>
  z.int().min(1000, message).max(1_000_000, message).optional();

/** What is no longer pinned stays where it is until the next start. */
const pinned: FateRule = (before, after) =>
  Object.keys(before ?? {}).some((id) => !Object.hasOwn(after ?? {}, id)) ? "restart" : "live";

const topologyFields = {
  sockets: part(count(), { doc: "Default 1." }),
  dies: part(count(), { doc: "Dies of each socket. Default 1." }),
  cores: part(count(), { doc: "Cores of each die. Default 1." }),
  threads: part(count(), { doc: "Threads of each core. Default 1." }),
} satisfies Fields;

const featureFields = {
  name: part(z.string().regex(/^[a-z0-9._-]+$/i, "must be the name of a CPU feature, such as vmx"), {
    fate: "restart",
    filled: undefined,
    doc: "Name of the feature, such as `vmx`.",
  }),
  policy: part(oneOf("require", "disable", "optional", "force", "forbid").default("require"), {
    doc: "Default `require`.",
    source: "<feature policy>",
  }),
} satisfies Fields;

export const cpuFields = {
  mode: part(oneOf("host-passthrough", "host-model", "custom", "maximum").optional(), {
    keep: true,
    doc: "CPU the guest sees. Default: host-passthrough with kvm, the hypervisor's own with qemu.",
    source: "<cpu mode>",
  }),
  model: part(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]+$/, "must be the name of a CPU model, such as Skylake-Server")
      .optional(),
    { doc: "Model of a `custom` CPU.", source: "<cpu><model>" },
  ),
  features: parts(featureFields, "name", {
    doc: "Features of the CPU to add or take away.",
    source: "<cpu><feature>",
  }),
  topology: {
    ...group(topologyFields, {
      fate: "restart",
      filled: true,
      doc: "How the cores are laid out; the product is the maximum of cores. Default: each a socket of its own.",
      source: "<cpu><topology>",
    }),
  },
  share: part(z.number().positive("must be more than 0").max(4096).optional(), {
    fate: setAtOnce,
    same: (a, b) => a === b || (a !== undefined && b !== undefined && sharesOf(a) === sharesOf(b)),
    doc: "How much of the host's CPU time the VM gets when the host is short of it, as a number of CPUs: 0.5 becomes 512 shares, 1 becomes 1024, never below 2 or above 10000. `cpu: 0.5` says the same.",
    source: "<cputune><shares>; R151, R155",
  }),
  shares: part(
    z
      .int()
      .min(LEAST_SHARES, "must be from 2 to 262144 (libvirt's rule)")
      .max(262_144, "must be from 2 to 262144 (libvirt's rule)")
      .optional(),
    {
      fate: setAtOnce,
      doc: "The same as a weight, from 2 to 262144; hosts with cgroup v2 start no VM with more than 10000.",
      source: "<cputune><shares>",
    },
  ),
  period: part(period("must be from 1000 to 1000000 microseconds (libvirt's rule)"), {
    fate: "live",
    doc: "Microseconds in which each core may use up its `quota`.",
    source: "<cputune><period>",
  }),
  quota: part(
    z
      .int()
      .min(1000, "must be at least 1000 microseconds (libvirt's rule)")
      .max(17_592_186_044_415)
      .optional(),
    {
      fate: "live",
      doc: "Microseconds of CPU time for each core in a `period`: a hard limit.",
      source: "<cputune><quota>",
    },
  ),
  pin: part(cpusets("core"), {
    fate: pinned,
    ts: "Record<number, string | number | number[]>",
    doc: "Host CPUs for each core of the VM: `{ 0: [2], 1: [3] }`.",
    source: "<cputune><vcpupin>; R115, R170",
  }),
  emulatorPin: part(cpuset().optional(), {
    fate: setAtOnce,
    ts: CPUSET_TS,
    doc: "Host CPUs for the emulator's own threads.",
    source: "<cputune><emulatorpin>",
  }),
  iothreads: part(z.int().min(0).max(64).optional(), {
    fate: "live",
    same: (a, b) => (a ?? 0) === (b ?? 0),
    doc: "Threads for disk I/O beside the emulator's; disks choose one by `iothread`.",
    source: "<iothreads>",
  }),
  iothreadPin: part(cpusets("I/O thread"), {
    fate: pinned,
    ts: "Record<number, string | number | number[]>",
    doc: "Host CPUs for each I/O thread, from 1.",
    source: "<cputune><iothreadpin>",
  }),
  check: word(["none", "partial", "full"], {
    doc: "How strictly the CPU the guest gets is compared with the one asked for.",
    source: "<cpu check>",
  }),
  migratable: word(["on", "off"], {
    doc: "Whether host-passthrough leaves out what cannot be migrated.",
    source: "<cpu migratable>",
  }),
} satisfies Fields;

export type CpuSpec = Spec<typeof cpuFields>;

const plain = group(
  cpuFields,
  { fate: "restart", doc: "The CPU: what the guest sees of it, and what it gets of the host's." },
  [
    function* ({ mode, model, share, shares, iothreads, iothreadPin }): Iterable<Complaint> {
      if (mode === "custom" && model === undefined)
        yield { path: ["model"], message: 'is required with mode "custom"' };
      if (model !== undefined && mode !== "custom" && !isUnknown(mode))
        yield { path: ["model"], message: 'needs `mode: "custom"`' };
      if (share !== undefined && shares !== undefined)
        yield { path: ["shares"], message: "cannot stand beside `share`, which says the same in CPUs" };
      for (const id of isUnknown(iothreadPin) ? [] : Object.keys(iothreadPin ?? {})) {
        if (!isUnknown(iothreads) && (Number(id) < 1 || Number(id) > (iothreads ?? 0)))
          yield { path: ["iothreadPin", id], message: `there are ${iothreads ?? 0} I/O threads, from 1` };
      }
    },
  ],
);

/** `cpu: 0.5` is OpenNebula's way to say how much CPU time the VM gets. */
export const cpu: Field<CpuSpec | undefined> = {
  ...plain,
  ts: "number",
  type: z.preprocess((value) => (typeof value === "number" ? { share: value } : value), plain.type),
};

interface CpuInput {
  readonly cores?: number;
  readonly maxCores?: number;
  readonly cpu?: Partial<CpuSpec>;
  readonly disks?: readonly { readonly iothread?: number; readonly bus?: string }[];
}

/** What the CPU has to do with the rest of the VM. */
export function* cpuRules({ cores, maxCores, cpu: given, disks }: CpuInput): Iterable<Complaint> {
  const most = maxCores ?? cores ?? 1;
  const { topology, pin, iothreads } = given ?? {};
  if (typeof topology === "object" && !isUnknown(most)) {
    const { sockets = 1, dies = 1, cores: each = 1, threads = 1 } = topology;
    const product = sockets * dies * each * threads;
    if (Number.isFinite(product) && product !== most)
      yield {
        path: ["cpu", "topology"],
        message: `makes ${product} cores of ${sockets} × ${dies} × ${each} × ${threads}, and the VM has ${most} (libvirt wants them equal)`,
      };
  }
  for (const id of isUnknown(pin) ? [] : Object.keys(pin ?? {})) {
    if (Number(id) >= Number(most))
      yield { path: ["cpu", "pin", id], message: `the VM has ${most} cores, from 0` };
  }
  for (const [index, { iothread, bus }] of knownList(disks).entries()) {
    if (iothread === undefined || isUnknown(iothread) || isUnknown(iothreads)) continue;
    if (iothread > (iothreads ?? 0))
      yield {
        path: ["disks", index, "iothread"],
        message: `there are ${iothreads ?? 0} I/O threads (\`cpu.iothreads\`), from 1`,
      };
    if (bus !== undefined && bus !== "virtio" && !isUnknown(bus))
      yield { path: ["disks", index, "iothread"], message: "needs a disk on bus virtio" };
  }
}
