import { sharesOf } from "../../../schema/vm/cpu";
import { asNumber, at, element, elements, records, type Binding, type Bindings } from "../bind";
import { attribute, el, ensureChild, find, setChild, textOf } from "../tree";

/** What belongs to a model of a CPU and goes with it. */
const OF_MODEL = ["model", "vendor"];

/** Another mode is another CPU, laid out as before. */
const mode: Binding = {
  write(root, value) {
    if (value === undefined) return;
    const cpu = ensureChild(root, "cpu");
    if (attribute(cpu, "mode") === value) return;
    cpu.attributes = { mode: String(value) };
    for (const name of OF_MODEL) setChild(cpu, name, undefined);
  },
  read: (root) => attribute(find(root, "cpu"), "mode"),
};

const model: Binding = {
  write(root, value) {
    const cpu = ensureChild(root, "cpu");
    if (value === undefined) {
      setChild(cpu, "model", undefined);
      return;
    }
    if (textOf(find(cpu, "model")) === value) return;
    cpu.attributes["match"] = "exact";
    // The host must not put another model in its place.
    setChild(cpu, "model", el("model", { fallback: "forbid" }, String(value)));
  },
  read: (root) => textOf(find(root, "cpu", "model")),
};

interface Topology {
  readonly sockets: number;
  readonly dies: number;
  readonly cores: number;
  readonly threads: number;
}

const topology = element(
  "cpu/topology",
  ({ sockets, dies, cores, threads }: Topology) => el("topology", { sockets, dies, cores, threads }),
  (found): Topology => {
    const count = (name: string): number => Number(attribute(found, name) ?? 1);
    return {
      sockets: count("sockets"),
      dies: count("dies"),
      cores: count("cores"),
      threads: count("threads"),
    };
  },
);

/** `{ 0: "2", 1: "3" }` as `<vcpupin vcpu='0' cpuset='2'/>`. */
function pins(name: string, key: string): Binding {
  return elements(
    `cputune/${name}`,
    (sets: Readonly<Record<string, string>>) =>
      Object.entries(sets).map(([id, cpuset]) => el(name, { [key]: id, cpuset })),
    (found) =>
      Object.fromEntries(
        found
          .map((pin): [string, string] => [attribute(pin, key) ?? "", attribute(pin, "cpuset") ?? ""])
          .sort(([a], [b]) => Number(a) - Number(b)),
      ),
  );
}

/** A fraction that is written as a weight. */
const share: Binding = {
  write: (root, value) => at("cputune/shares").write(root, value === undefined ? undefined : sharesOf(value)),
  read: (root) => {
    const shares = at("cputune/shares", asNumber).read(root);
    return shares === undefined ? undefined : Number(shares) / 1024;
  },
};

export const cpuBindings: Bindings = {
  mode,
  model,
  check: at("cpu@check"),
  migratable: at("cpu@migratable"),
  features: records("cpu/feature", { name: at("@name"), policy: at("@policy") }),
  topology,
  share,
  shares: at("cputune/shares", asNumber),
  period: at("cputune/period", asNumber),
  quota: at("cputune/quota", asNumber),
  pin: pins("vcpupin", "vcpu"),
  emulatorPin: at("cputune/emulatorpin@cpuset"),
  iothreads: at("iothreads", asNumber),
  iothreadPin: pins("iothreadpin", "iothread"),
};
