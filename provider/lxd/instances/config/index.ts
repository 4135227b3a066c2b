import type * as Yaml from "yaml";
import type { NamedVmSpec, Ownership } from "../../../driver/contract";
import type { CloudInitSpec } from "../../../schema/vm/cloudInit";
import { ascendingPins, formatCpus, numbersIn } from "../../../schema/vm/cpuset";
import { parseSize } from "../../../schema/table/units";
import { isAdopted } from "../../../schema/table/adopted";
import { given } from "../../common";
import { OWN, type Config, type Devices } from "../../objects";
import { keysSet } from "../devices/keys";
import { asServerTakes, bootKeys, nodeKeys, NODES, serverValue, type ServerKeys } from "./serverKeys";

/** Cores and memory of an instance that names none (R53). */
const DEFAULT_CORES = 1;
const DEFAULT_MEMORY_MIB = 1024;

/** Keys that follow from the table's fields; what the program leaves out goes, except from an instance it has adopted. */
const TABLE_KEYS = [
  "limits.cpu",
  "limits.memory",
  "boot.autostart",
  OWN.title,
  OWN.zone,
  OWN.resourcePool,
  OWN.tags,
];

const CLOUD_INIT_KEYS = [
  "cloud-init.user-data",
  "cloud-init.network-config",
  "user.user-data",
  "user.network-config",
  "user.meta-data",
];

export interface Also {
  /** Volumes made for the instance, as `pool/name`. */
  readonly volumes: readonly string[];
  /** Devices that the program names. */
  readonly devices: Devices;
  readonly server: ServerKeys;
}

/** The configuration that the spec asks for: keys of others stay, ours are as the spec says. */
export function configFor(spec: NamedVmSpec, { owner }: Ownership, current: Config, also: Also): Config {
  const raw = spec.config ?? {};
  const made: Config = {
    ...bootKeys(spec, also.server),
    ...nodeKeys(spec, also.server),
    ...(spec.hugepages === true ? { "limits.memory.hugepages": "true" } : {}),
  };
  const adopted = isAdopted(spec);
  const dropped = new Set<string>([
    ...(adopted ? [] : TABLE_KEYS),
    ...(adopted && spec.cloudInit === undefined ? [] : CLOUD_INIT_KEYS),
    ...listIn(current[OWN.made]),
    ...keysSetOn(current),
    OWN.volumes,
    OWN.keys,
    OWN.made,
    OWN.deviceKeys,
    OWN.pending,
  ]);
  const kept = Object.entries(current).filter(([key]) => !dropped.has(key));
  const { host } = spec;
  const tags = spec.tags ?? host.tags;
  return {
    ...Object.fromEntries(kept),
    ...given({
      "limits.cpu": coreLimit(spec),
      "limits.memory": spec.memory === undefined ? undefined : `${spec.memory}MiB`,
      "boot.autostart": spec.autostart === undefined ? undefined : String(spec.autostart),
      ...cloudInit(spec.cloudInit, also.server.cloudInit),
      [OWN.owner]: owner,
      [OWN.title]: spec.title,
      [OWN.zone]: spec.zone ?? host.zone,
      [OWN.resourcePool]: spec.resourcePool ?? host.resourcePool,
      [OWN.tags]: tags === undefined || tags.length === 0 ? undefined : JSON.stringify(tags),
      [OWN.volumes]: also.volumes.length === 0 ? undefined : JSON.stringify(also.volumes),
      [OWN.devices]: JSON.stringify(Object.keys(also.devices).sort()),
      [OWN.deviceKeys]: keysSet(also.devices),
      [OWN.keys]: Object.keys(raw).length === 0 ? undefined : JSON.stringify(Object.keys(raw).sort()),
      [OWN.made]: Object.keys(made).length === 0 ? undefined : JSON.stringify(Object.keys(made)),
    }),
    ...made,
    ...asServerTakes(raw, also.server),
  } as Config;
}

/** The program's raw keys, under whatever names the server has them. */
function keysSetOn(current: Config): readonly string[] {
  const keys = listIn(current[OWN.keys]);
  return keys.some((key) => current[key] === undefined && serverValue(current, key) !== undefined)
    ? [...keys, "boot.mode"]
    : keys;
}

/** A number of cores, or the CPUs to which they are pinned; a single one is written as a range (R115). */
function coreLimit({ cores, cpu }: NamedVmSpec): string | undefined {
  const pins = cpu?.pin && ascendingPins(cpu.pin);
  if (pins === undefined) return cores === undefined ? undefined : String(cores);
  const list = formatCpus(pins);
  return /^\d+$/.test(list) ? `${list}-${list}` : list;
}

/** What a configuration says in the table's words. */
export function specOfConfig(config: Config): Record<string, unknown> {
  const keys = listIn(config[OWN.keys]);
  const raw = keys.flatMap((key) => {
    const value = serverValue(config, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    ...given({
      cores: coresOf(config),
      memory: memoryOf(config),
      autostart: config["boot.autostart"] === "true",
      zone: config[OWN.zone],
      resourcePool: config[OWN.resourcePool],
      tags: config[OWN.tags] === undefined ? undefined : listIn(config[OWN.tags]),
      config: keys.length === 0 ? undefined : Object.fromEntries(raw),
    }),
    title: config[OWN.title],
    cpu: { pin: pinOf(config) },
    numa: { nodes: keys.includes(NODES) ? undefined : nodesOf(config) },
    hugepages: config["limits.memory.hugepages"] === "true" ? true : undefined,
  };
}

/** In the table's notation; `balanced` and the like name none. */
function nodesOf(config: Config): string | undefined {
  const numbers = numbersIn(config[NODES] ?? "");
  return numbers && formatCpus(numbers);
}

/** `2-3` gives two cores a CPU each. */
function pinOf(config: Config): Record<string, string> | undefined {
  const cpus = pinnedTo(config);
  return cpus && Object.fromEntries(cpus.map((cpu, core) => [String(core), String(cpu)]));
}

/** `4` are any four cores; `0-3,7` are five certain ones. */
export function coresOf(config: Config): number {
  const limit = config["limits.cpu"] ?? "";
  return /^\d+$/.test(limit) ? Number(limit) : (pinnedTo(config)?.length ?? DEFAULT_CORES);
}

/** CPUs of the host that an instance has, where it has certain ones (R115). */
export function pinnedTo(config: Config): readonly number[] | undefined {
  const limit = config["limits.cpu"] ?? "";
  return /^\d*$/.test(limit) ? undefined : numbersIn(limit);
}

/** In MiB; a percentage is of the host's memory, where that is known. */
export function memoryOf(config: Config, hostMiB?: number): number {
  const limit = config["limits.memory"] ?? "";
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(limit) ?? [];
  if (percent !== undefined)
    return hostMiB === undefined ? DEFAULT_MEMORY_MIB : Math.floor((hostMiB * Number(percent)) / 100);
  const bytes = /^\d+$/.test(limit) ? Number(limit) : parseSize(limit);
  return bytes === undefined ? DEFAULT_MEMORY_MIB : Math.ceil(bytes / 2 ** 20);
}

/** A list kept in a key; anything else there counts as none. */
export function listIn(text: string | undefined): readonly string[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}

function cloudInit(spec: CloudInitSpec | undefined, modern: boolean): Record<string, string | undefined> {
  if (spec === undefined) return {};
  const { userData, networkConfig, metaData } = spec;
  const prefix = modern ? "cloud-init" : "user";
  return {
    [`${prefix}.user-data`]: typeof userData === "object" ? `#cloud-config\n${document(userData)}` : userData,
    [`${prefix}.network-config`]: document(networkConfig),
    "user.meta-data": document(metaData),
  };
}

/** The library is loaded for the first document that is not a text. */
function document(value: string | Record<string, unknown> | undefined): string | undefined {
  return typeof value === "object" ? (require("yaml") as typeof Yaml).stringify(value) : value;
}
