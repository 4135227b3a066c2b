import { readBound, writeBound, type Bindings } from "../bind";
import { attribute, childrenOf, el, find, removeChild, setChild, type XmlElement } from "../tree";

const PREFIX = "ua-";

type Plain = Readonly<Record<string, unknown>>;

/** A device of which a VM has one, by the table's field. */
export interface Single {
  readonly field: string;
  readonly tag: string;
  readonly bindings: Bindings;
  /** What a new one begins with. */
  readonly base?: () => XmlElement;
  /** What a VM has where the program says nothing; left out: no such device. */
  readonly otherwise?: () => XmlElement;
}

/** Devices of one kind, each by the name that the program gives it. */
export interface Several {
  readonly field: string;
  readonly tag: string;
  readonly bindings: Bindings;
  readonly base?: () => XmlElement;
  /** Whether a running guest can be given one, and lose it again. */
  readonly hotplug?: true;
  /** Fields that a plugged device cannot be given anew: they alone are no reason to take it out. */
  readonly atStart?: readonly string[];
  /** Whether a device that was there before, or that libvirt adds by itself, is the one that the program means. */
  readonly isSame?: (device: XmlElement, item: Plain) => boolean;
  /** Whether other devices need it: then it is only the program's no more, without what the program said of it. */
  readonly isNeeded?: (devices: XmlElement, device: XmlElement) => boolean;
}

const aliasOf = (device: XmlElement): string => attribute(find(device, "alias"), "name") ?? "";
const isTheirs = (device: XmlElement): boolean => !aliasOf(device).startsWith(PREFIX);

/** libvirt keeps aliases that begin so, and never makes them itself. */
function claim(device: XmlElement, alias: string): void {
  setChild(device, "alias", el("alias", { name: alias }));
}

function singleAlias({ field }: Single): string {
  return PREFIX + field;
}

function severalPrefix({ field }: Several): string {
  return `${PREFIX}${field}-`;
}

/** Which fields of a device are taken away where the program says nothing; the others stay as they are. */
export type Clears = (field: string) => boolean;

/** A device that becomes another one may belong on another bus: its place there is libvirt's to choose anew. */
function rebuilt(device: XmlElement, write: () => unknown): void {
  const shape = (): string =>
    ["type", "model", "bus", "mode"].map((name) => attribute(device, name) ?? "").join("|");
  const before = shape();
  write();
  if (shape() !== before) setChild(device, "address", undefined);
}

export function setSingle(
  devices: XmlElement,
  single: Single,
  value: Plain | undefined,
  clears: Clears,
): void {
  const alias = singleAlias(single);
  const all = childrenOf(devices, single.tag);
  const ours = ourSingle(all, alias);
  if (value === undefined) {
    if (ours === undefined) return;
    removeChild(devices, ours);
    if (single.otherwise !== undefined) devices.children.push(single.otherwise());
    return;
  }
  const found = ours ?? all.find(isTheirs);
  const device = found ?? single.base?.() ?? el(single.tag);
  const fresh: Clears = found === undefined ? () => true : clears;
  rebuilt(device, () => writeBound(device, single.bindings, value, fresh));
  claim(device, alias);
  if (found === undefined) devices.children.push(device);
}

export function setSeveral(
  devices: XmlElement,
  several: Several,
  items: readonly Plain[] = [],
  clears: Clears,
): void {
  const prefix = severalPrefix(several);
  const wanted = new Set(items.map(({ name }) => prefix + String(name)));
  for (const device of childrenOf(devices, several.tag)) {
    const alias = aliasOf(device);
    if (!alias.startsWith(prefix) || wanted.has(alias)) continue;
    if (several.isNeeded?.(devices, device) !== true) removeChild(devices, device);
    else {
      writeBound(device, several.bindings, {}, clears);
      setChild(device, "alias", undefined);
    }
  }
  for (const item of items) {
    const alias = prefix + String(item["name"]);
    const all = childrenOf(devices, several.tag);
    const found =
      all.find((device) => aliasOf(device) === alias) ??
      all.find((device) => isTheirs(device) && several.isSame?.(device, item) === true);
    const device = found ?? several.base?.() ?? el(several.tag);
    const fresh: Clears = found === undefined ? () => true : clears;
    rebuilt(device, () => writeBound(device, several.bindings, item, fresh));
    claim(device, alias);
    if (found === undefined) devices.children.push(device);
  }
}

/** The devices of a definition by the names of their elements: who asks for thirty kinds goes through them once. */
export type DevicesByTag = ReadonlyMap<string, readonly XmlElement[]>;

export function devicesByTag(domain: XmlElement): DevicesByTag {
  const byTag = new Map<string, XmlElement[]>();
  for (const device of childrenOf(find(domain, "devices"))) {
    const alike = byTag.get(device.name);
    if (alike === undefined) byTag.set(device.name, [device]);
    else alike.push(device);
  }
  return byTag;
}

/** A device of the model `none` is no device: libvirt drops what else is said of it, our alias as well. */
function ourSingle(devices: readonly XmlElement[], alias: string): XmlElement | undefined {
  return (
    devices.find((device) => aliasOf(device) === alias) ??
    devices.find((device) => attribute(device, "model") === "none")
  );
}

export function severalOf(domain: XmlElement, several: Several): ReadonlyMap<string, XmlElement> {
  return severalIn(childrenOf(find(domain, "devices"), several.tag), several);
}

function severalIn(devices: readonly XmlElement[], several: Several): ReadonlyMap<string, XmlElement> {
  const prefix = severalPrefix(several);
  return new Map(
    devices
      .filter((device) => aliasOf(device).startsWith(prefix))
      .map((device) => [aliasOf(device).slice(prefix.length), device]),
  );
}

/** The program's device; nothing where it is somebody else's. */
export function readSingle(devices: DevicesByTag, single: Single): Plain | undefined {
  const device = ourSingle(devices.get(single.tag) ?? [], singleAlias(single));
  return device && readBound(device, single.bindings);
}

export function readSeveral(devices: DevicesByTag, several: Several): readonly Plain[] {
  const found = devices.get(several.tag);
  if (found === undefined) return [];
  return [...severalIn(found, several)].map(([name, device]) => ({
    name,
    ...readBound(device, several.bindings),
  }));
}
