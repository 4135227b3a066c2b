import { row, type Args, type Row } from "../row";

const cpu = (field: string, a: unknown, b: unknown, shows: RegExp, on: string, needs: Args = {}): Row =>
  row("Vm", `cpu.${field}`, a, b, shows, { on, needs });

const tuned = "running-tuned";
const four = (cpuArgs: Args): Args => ({ cores: 4, cpu: cpuArgs });
const custom = { cpu: { mode: "custom", model: "qemu64" } };

export const rows: readonly Row[] = [
  cpu("mode", "maximum", "host-model", /<cpu mode='host-model'/, "cpu-mode"),
  cpu("model", "qemu64", "Nehalem", /<model[^>]*>Nehalem</, "running-cpu", { cpu: { mode: "custom" } }),
  {
    ...cpu("features[].policy", [], [], /name='sse4.2'/, "cpu-policy", custom),
    a: { cpu: { ...custom.cpu, features: [{ name: "ssse3", policy: "require" }] } },
    b: { cpu: { ...custom.cpu, features: [{ name: "ssse3", policy: "disable" }] } },
    shows: /<feature policy='disable' name='ssse3'/,
  },
  {
    ...cpu("features[].name", [], [], /name='sse4.1'/, "cpu-feature", custom),
    a: { cpu: { ...custom.cpu, features: [{ name: "ssse3" }] } },
    b: { cpu: { ...custom.cpu, features: [{ name: "sse4.1" }] } },
  },
  cpu("topology.sockets", 1, 4, /sockets='4'/, "running-sockets", four({ topology: {} })),
  cpu("topology.dies", 1, 2, /dies='2'/, "dies", {}),
  cpu("topology.cores", 1, 2, /cores='2'/, "cores2", {}),
  cpu("topology.threads", 1, 2, /threads='2'/, "threads", {}),
  cpu("share", 0.5, 1, /<shares>1024</, tuned),
  cpu("shares", 200, 300, /<shares>300</, "running-shares"),
  cpu("period", 20000, 30000, /<period>30000</, tuned),
  cpu("quota", 20000, 30000, /<quota>30000</, tuned),
  // On the one VM that is tied to a node: `numaPolicy` wants room beside it.
  cpu("pin", { 0: [0] }, { 0: [1] }, /<vcpupin vcpu='0' cpuset='1'/, "running-tied"),
  cpu("emulatorPin", [0], [1], /<emulatorpin cpuset='1'/, tuned),
  cpu("iothreads", 1, 2, /<iothreads>2</, "running"),
  cpu("iothreadPin", { 1: [0] }, { 1: [1] }, /<iothreadpin iothread='1' cpuset='1'/, "running-pinned", {
    cpu: { iothreads: 1 },
  }),
  cpu("check", "none", "partial", /<cpu[^>]*check='partial'/, "cpu-check", custom),
  cpu("migratable", "on", "off", /migratable='off'/, "migratable", { cpu: { mode: "maximum" } }),
].map(laidOut);

/** A topology's product is the number of cores: where one factor grows, another shrinks. */
function laidOut(given: Row): Row {
  const factor = /^cpu\.topology\.(\w+)$/.exec(given.field)?.[1];
  if (factor === undefined) return given;
  const other = factor === "sockets" ? "cores" : "sockets";
  const side = (size: number): Args => ({
    maxCores: 4,
    cpu: { topology: { [factor]: size, [other]: 4 / size } },
  });
  return factor === "sockets" ? { ...given, a: side(2), b: side(4) } : { ...given, a: side(1), b: side(2) };
}
