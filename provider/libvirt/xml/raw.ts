import { childrenOf, clone, find, isElement, parseXml, removeChild, type XmlElement } from "./tree";

/** Children of `<domain>` that may stand beside each other; all others exist once, and raw XML is merged into them. */
const REPEATED = new Set(["seclabel", "sysinfo"]);
/** Arguments of a command line: order and repetition mean something. */
const ARGUMENT = "qemu:arg";
/** What tells elements of one name apart: `<timer name>`, `<vcpupin vcpu>`, `<boot dev>`, … */
const IDENTITY = ["name", "vcpu", "vcpus", "iothread", "iothreads", "id", "dev", "cellid", "size", "order"];

interface Fragments {
  readonly children: readonly XmlElement[];
  /** `xmlns:…`, which libvirt wants to see, and tells, at `<domain>` itself. */
  readonly namespaces: Readonly<Record<string, string>>;
}

function fragmentsOf(texts: readonly string[]): Fragments {
  const namespaces: Record<string, string> = {};
  const children = texts.flatMap((text) => {
    const trimmed = text.trim();
    const root = parseXml(/^<domain[\s/>]/.test(trimmed) ? trimmed : `<domain>${trimmed}</domain>`);
    for (const element of [root, ...childrenOf(root)]) {
      for (const [name, value] of Object.entries(element.attributes)) {
        if (!name.startsWith("xmlns:")) continue;
        namespaces[name] = value;
        delete element.attributes[name];
      }
    }
    return childrenOf(root);
  });
  return { children, namespaces };
}

/**
 * Merges the program's raw XML into a domain, element by element (R128); what is there already stays, with the
 * addresses that libvirt has given it. Throws `invalid-argument` for malformed XML.
 */
export function mergeRaw(domain: XmlElement, texts: readonly string[]): void {
  const { children, namespaces } = fragmentsOf(texts);
  Object.assign(domain.attributes, namespaces);
  for (const fragment of children) {
    if (childrenOf(domain, fragment.name).some((other) => matches(other, fragment))) continue;
    if (REPEATED.has(fragment.name)) domain.children.push(clone(fragment));
    else if (fragment.name === "devices") mergeDevices(domain, fragment);
    else mergeChild(domain, fragment);
  }
}

/** Devices always stand beside each other; one that is there in just this shape is not made twice. */
function mergeDevices(domain: XmlElement, fragment: XmlElement): void {
  const devices = find(domain, "devices");
  if (devices === undefined) {
    domain.children.push(clone(fragment));
    return;
  }
  for (const device of childrenOf(fragment)) {
    if (device.name === "emulator") mergeChild(devices, device);
    else if (!childrenOf(devices, device.name).some((other) => matches(other, device)))
      devices.children.push(clone(device));
  }
}

function mergeChild(parent: XmlElement, child: XmlElement): void {
  const existing = child.name === ARGUMENT ? undefined : counterpart(parent, child);
  if (existing === undefined) {
    parent.children.push(clone(child));
    return;
  }
  Object.assign(existing.attributes, child.attributes);
  if (child.children.some((node) => !isElement(node))) existing.children = [...child.children];
  else for (const grandchild of childrenOf(child)) mergeChild(existing, grandchild);
}

function counterpart(parent: XmlElement, child: XmlElement): XmlElement | undefined {
  return childrenOf(parent, child.name).find((other) =>
    IDENTITY.every((key) => other.attributes[key] === child.attributes[key]),
  );
}

/** Takes out again what earlier raw XML has put in, as far as it is still as it was put. */
export function withdrawRaw(domain: XmlElement, texts: readonly string[]): void {
  for (const fragment of fragmentsOf(texts).children) {
    const devices = fragment.name === "devices" ? find(domain, "devices") : undefined;
    if (devices === undefined) withdraw(domain, fragment);
    else for (const device of childrenOf(fragment)) withdrawFirst(devices, device);
  }
}

function withdrawFirst(parent: XmlElement, wanted: XmlElement): void {
  const found = childrenOf(parent, wanted.name).find((other) => matches(other, wanted));
  if (found !== undefined) removeChild(parent, found);
}

function withdraw(parent: XmlElement, wanted: XmlElement): void {
  if (childrenOf(wanted).length === 0) {
    withdrawFirst(parent, wanted);
    return;
  }
  const existing = counterpart(parent, wanted);
  if (existing === undefined) return;
  for (const child of childrenOf(wanted)) withdraw(existing, child);
  const more = Object.keys(existing.attributes).some((name) => !(name in wanted.attributes));
  if (childrenOf(existing).length === 0 && !more) removeChild(parent, existing);
}

/** True when everything that `wanted` says is so in `element`; libvirt adds addresses and defaults of its own. */
function matches(element: XmlElement, wanted: XmlElement): boolean {
  const attributes = Object.entries(wanted.attributes).every(
    ([name, value]) => element.attributes[name] === value,
  );
  const text = wanted.children.every(
    (child) =>
      isElement(child) ||
      element.children.some((other) => !isElement(other) && other.trim() === child.trim()),
  );
  return (
    attributes &&
    text &&
    childrenOf(wanted).every((child) =>
      childrenOf(element, child.name).some((other) => matches(other, child)),
    )
  );
}
