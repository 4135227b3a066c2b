import type { Field, Fields } from "../../../schema/table/field";
import { vmFields, type VmSpec } from "../../../schema/vm";
import { isBinding, readBound, writeBound, type Binding, type Bindings } from "../bind";
import {
  devicesByTag,
  readSeveral,
  readSingle,
  setSeveral,
  setSingle,
  type Clears,
  type Several,
  type Single,
} from "./device";
import { baseMemory, hasModules, MODULES, memoryHotplug } from "../domain/modules";
import { readMark } from "../metadata";
import { withoutCompanions } from "./controllers";
import { cpuBindings } from "./cpu";
import { SEVERAL_DEVICES, SINGLE_DEVICES, SPICE_LINES, SPICE_SOUND, SPICE_VIDEO } from "./devices";
import { featureBindings } from "./features";
import { firmwareBindings, iommuBindings, tpmBindings } from "./firmware";
import { graphics, SPICE_CHANNEL } from "./graphics";
import { balloonBindings, memoryBindings } from "./memory";
import { smartcard } from "./smartcard";
import { attribute, el, find, type XmlElement } from "../tree";

/** Fields that stand in children of `<domain>` other than its devices. */
const DOMAIN: Bindings = {
  cpu: cpuBindings,
  // Before the cells, of which it takes its own away.
  memoryHotplug,
  ...memoryBindings,
  // Before the features: secure boot switches one of them on, unless the program says that itself.
  ...firmwareBindings,
  ...featureBindings,
  graphics,
  smartcard,
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
  ...SINGLE_DEVICES,
];

const SEVERAL = SEVERAL_DEVICES;

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
  const values = { ...spec, ...setSpice(devices, spec, adopted) } as Plain;
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
  withoutCompanions(devices);
  return writeBound(domain, DOMAIN, values, (path) => given.includes(path));
}

/** The extras of a SPICE screen, as far as the program does not say itself what the VM has. Answers its cards. */
function setSpice(devices: XmlElement, spec: Partial<VmSpec>, adopted: boolean): Partial<VmSpec> {
  const { graphics: screen, channels, video, sound } = spec;
  const wanted = screen?.type === "spice" && (screen.spice?.extras ?? !adopted);
  const hasAgent = channels?.some(({ target }) => target === SPICE_CHANNEL) ?? false;
  for (const kind of SPICE_LINES) {
    const items = wanted && !(kind.tag === "channel" && hasAgent) ? kind.items : [];
    setSeveral(devices, kind, items, () => true);
  }
  if (!wanted) return {};
  return {
    video: video ?? (SPICE_VIDEO as VmSpec["video"]),
    sound: sound ?? (SPICE_SOUND as VmSpec["sound"]),
  };
}

export function readModel(domain: XmlElement): Record<string, unknown> {
  const devices = devicesByTag(domain);
  return {
    ...readBound(domain, DOMAIN),
    ...Object.fromEntries(SINGLES.map((single) => [single.field, readSingle(devices, single)])),
    ...Object.fromEntries(SEVERAL.map((several) => [several.field, readSeveral(devices, several)])),
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
  const [wanted, running] = [devicesByTag(configured), devicesByTag(live)];
  const singles = SINGLES.filter((each) => !same(readSingle(wanted, each), readSingle(running, each)));
  const several = SEVERAL.filter((each) => !sameLists(readSeveral(wanted, each), readSeveral(running, each)));
  return [...domain, ...singles.map(({ field }) => field), ...several.map(({ field }) => field)];
}

/** The kinds of devices that a running guest can be given. */
export const PLUGGABLE: readonly Several[] = [...SEVERAL.filter(({ hotplug }) => hotplug === true), MODULES];

/** Whether the guest has the memory modules of its definition, and what it has beside them. */
export function sameModules(configured: XmlElement, live: XmlElement): boolean {
  if (!hasModules(configured) && !hasModules(live)) return true;
  const modules = [configured, live].map((domain) => readSeveral(devicesByTag(domain), MODULES));
  return sameLists(modules[0] ?? [], modules[1] ?? []) && baseMemory(configured) === baseMemory(live);
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

/** Whether two devices of a kind are the same as far as a program can say, and a running guest can be given. */
export function saysSame({ bindings, atStart = [] }: Several, a: XmlElement, b: XmlElement): boolean {
  const plugged = Object.fromEntries(Object.entries(bindings).filter(([name]) => !atStart.includes(name)));
  return same(readBound(a, plugged), readBound(b, plugged));
}

/** Plain data by what it says, whatever the order of its keys. */
export function same(a: unknown, b: unknown): boolean {
  // Most of what two definitions say is a word, or nothing.
  if (a === b) return true;
  const compound = typeof a === "object" && typeof b === "object";
  return compound && canonical(a) === canonical(b);
}

function sameLists(a: readonly Plain[], b: readonly Plain[]): boolean {
  if (a.length === 0 && b.length === 0) return true;
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
