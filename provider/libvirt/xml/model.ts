import type { Field, Fields } from "../../schema/field";
import { vmFields, type VmSpec } from "../../schema/vm";
import { isBinding, readBound, writeBound, type Binding, type Bindings } from "./bind";
import {
  readSeveral,
  readSingle,
  setSeveral,
  setSingle,
  type Clears,
  type Several,
  type Single,
} from "./deviceModel";
import { readMark } from "./metadata";
import { cpuBindings } from "./modelCpu";
import { featureBindings } from "./modelFeatures";
import { firmwareBindings, iommuBindings, tpmBindings } from "./modelFirmware";
import { balloonBindings, memoryBindings } from "./modelMemory";
import { attribute, el, find, type XmlElement } from "./tree";

/** Fields that stand in children of `<domain>` other than its devices. */
const DOMAIN: Bindings = {
  cpu: cpuBindings,
  ...memoryBindings,
  // Before the features: secure boot switches one of them on, unless the program says that itself.
  ...firmwareBindings,
  ...featureBindings,
};

const SINGLES: readonly Single[] = [
  {
    field: "balloon",
    tag: "memballoon",
    bindings: balloonBindings,
    otherwise: () => el("memballoon", { model: "virtio" }),
  },
  { field: "tpm", tag: "tpm", bindings: tpmBindings },
  { field: "iommu", tag: "iommu", bindings: iommuBindings },
];

const SEVERAL: readonly Several[] = [];

type Plain = Readonly<Record<string, unknown>>;

/**
 * Sets what the program says, and takes away what it said before and says no more. What it never said stays as it is.
 * Answers the paths of what it says, for the mark.
 */
export function setModel(
  domain: XmlElement,
  devices: XmlElement,
  spec: Partial<VmSpec>,
  given: readonly string[],
  adopted: boolean,
): readonly string[] {
  const values = spec as Plain;
  const clears =
    (field: string): Clears =>
    (path) =>
      !adopted && fieldAt(`${field}.${path}`)?.keep !== true;
  for (const single of SINGLES)
    setSingle(devices, single, values[single.field] as Plain | undefined, clears(single.field));
  for (const several of SEVERAL) {
    const items = values[several.field] as readonly Plain[] | undefined;
    setSeveral(devices, several, items, clears(several.field));
  }
  return writeBound(domain, DOMAIN, values, (path) => given.includes(path));
}

export function readModel(domain: XmlElement): Record<string, unknown> {
  return {
    ...readBound(domain, DOMAIN),
    ...Object.fromEntries(SINGLES.map((single) => [single.field, readSingle(domain, single)])),
    ...Object.fromEntries(SEVERAL.map((several) => [several.field, readSeveral(domain, several)])),
  };
}

/** The value of the table's field at `cpu.mode`, read off a definition. */
export function readPath(domain: XmlElement, path: string): unknown {
  const binding = path
    .split(".")
    .reduce<Binding | Bindings | undefined>(
      (found, name) => (found === undefined || isBinding(found) ? undefined : found[name]),
      DOMAIN,
    );
  return binding !== undefined && isBinding(binding) ? binding.read(domain) : undefined;
}

function fieldAt(path: string): Field | undefined {
  const [first = "", ...rest] = path.split(".");
  return rest.reduce<Field | undefined>((found, name) => found?.fields?.[name], (vmFields as Fields)[first]);
}

/** What a running guest does not have of the model, by field: `cpu.topology`, `watchdog`. */
export function pendingModel(configured: XmlElement, live: XmlElement): readonly string[] {
  const paths = new Set([configured, live].flatMap((domain) => readMark(domain)?.given ?? []));
  const domain = [...paths].filter((path) => !sameAt(path, configured, live));
  const singles = SINGLES.filter((each) => !same(readSingle(configured, each), readSingle(live, each)));
  const several = SEVERAL.filter(
    (each) => !sameLists(readSeveral(configured, each), readSeveral(live, each)),
  );
  return [...domain, ...singles.map(({ field }) => field), ...several.map(({ field }) => field)];
}

function sameAt(path: string, configured: XmlElement, live: XmlElement): boolean {
  const [a, b] = [readPath(configured, path), readPath(live, path)];
  // Of a guest that runs, `host-model` has been written out as the model it stands for.
  if (path.startsWith("cpu.") && attribute(find(configured, "cpu"), "mode") === "host-model") {
    if (path !== "cpu.mode") return true;
    return b === "host-model" || b === "custom";
  }
  return same(a, b) || fieldAt(path)?.same?.(a, b) === true;
}

/** Plain data by what it says, whatever the order of its keys. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function sameLists(a: readonly Plain[], b: readonly Plain[]): boolean {
  const sorted = (list: readonly Plain[]): string[] => list.map(canonical).sort();
  return sorted(a).join() === sorted(b).join();
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => x.localeCompare(y)))
        : inner,
    ) ?? ""
  );
}
