import { isDeepStrictEqual } from "node:util";
import type { LibvirtNetworkSpec } from "../../../schema/libvirtNetwork";
import { isAdopted } from "../../../schema/table/adopted";
import { readMark, writeMark } from "../metadata";
import { PLACES } from "./places";
import { readSubnet, SUBNET_PATHS, subnetXml } from "./subnet";
import {
  assign,
  attribute,
  childrenOf,
  clone,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  textOf,
  type XmlElement,
  type XmlNode,
} from "../tree";

type Forward = NonNullable<LibvirtNetworkSpec["forward"]>;

const DIRECT = new Set(["bridge", "private", "vepa", "passthrough", "hostdev"]);

/** `<network>`: a new one, or the current one with what the program says set in it; what we do not know is kept. */
export function networkXml(
  spec: LibvirtNetworkSpec & { readonly name: string },
  owner: string,
  current?: XmlElement,
  uuid?: string,
): XmlElement {
  const network =
    current === undefined
      ? el("network", {}, el("name", {}, spec.name), uuid === undefined ? undefined : el("uuid", {}, uuid))
      : clone(current);
  delete network.attributes["connections"];
  const [before, given] = [readMark(network)?.given ?? [], givenPaths(spec)];
  writeMark(network, { owner, given });
  // Of a network that is taken over, what the program leaves out stays as it is.
  const adopted = isAdopted(spec);
  const forward = find(network, "forward");
  setChild(
    network,
    "bridge",
    bridgeXml(
      adopted ? { ...spec, forward: spec.forward ?? readForward(forward) } : spec,
      isDirect(modeOf(forward)),
      find(network, "bridge"),
    ),
  );
  if (spec.forward !== undefined || !adopted)
    setChild(network, "forward", spec.forward && forwardXml(spec.forward, forward));
  // A network without a bridge of its own has no address on it either; libvirt refuses what it has filled in before.
  if (isDirect(spec.forward?.mode))
    for (const name of ["mac", "dns", "bandwidth", "route"]) setChild(network, name, undefined);
  if (spec.mtu !== undefined || !adopted)
    setChild(network, "mtu", spec.mtu === undefined ? undefined : el("mtu", { size: spec.mtu }));
  if (spec.domain !== undefined || !adopted)
    setChild(network, "domain", spec.domain === undefined ? undefined : domainXml(spec.domain, network));
  if (spec.dns !== undefined || !adopted) setDns(network, spec);
  const gone = new Set(before.filter((path) => !given.includes(path)));
  if (spec.ips.length > 0 || !adopted) setSubnets(network, spec, gone);
  for (const { path, read, write } of PLACES) {
    const value = valueAt(spec, path);
    if (value === undefined ? gone.has(path) : !alike(read(network), value)) write(network, value as never);
  }
  return network;
}

function setSubnets(network: XmlElement, { ips }: LibvirtNetworkSpec, gone: ReadonlySet<string>): void {
  const subnets = childrenOf(network, "ip");
  network.children = network.children.filter((child) => typeof child === "string" || child.name !== "ip");
  network.children.push(...ips.map((ip) => subnetXml(ip, subnets, gone)));
}

/** Fields that only some programs give, by their paths: what they have put there is taken away when they say it no more. */
function givenPaths(spec: LibvirtNetworkSpec): readonly string[] {
  const inSubnets = SUBNET_PATHS.filter((path) => spec.ips.some((ip) => valuesAt(ip, path).length > 0));
  return [
    ...PLACES.map(({ path }) => path).filter((path) => valueAt(spec, path) !== undefined),
    ...inSubnets.map((path) => `ips.${path}`),
  ];
}

function valueAt(spec: object, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], spec);
}

/** The same for a path that leads through lists. */
function valuesAt(value: unknown, path: string): readonly unknown[] {
  const found = path
    .split(".")
    .reduce<readonly unknown[]>(
      (all, name) => all.flatMap((each) => (each as Record<string, unknown> | undefined)?.[name] ?? []),
      [value],
    );
  return found.filter((each) => each !== undefined);
}

/** Equal but for the order of records. */
function alike(a: unknown, b: unknown): boolean {
  const records = Array.isArray(b) && b.every((item) => typeof item === "object");
  return same(records ? inOrder(a) : a, records ? inOrder(b) : b);
}

function inOrder(list: unknown): unknown {
  const texts = (Array.isArray(list) ? list : []).map((item: object) => {
    const known = Object.entries(item).filter(([, value]) => value !== undefined);
    return JSON.stringify(Object.fromEntries(known.sort(([x], [y]) => (x < y ? -1 : 1))));
  });
  return texts.sort();
}

const isDirect = (mode: string | undefined): boolean => mode !== undefined && DIRECT.has(mode);
/** The gate leaves out what is not given, reading says `undefined`. */
const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(plain(a), plain(b));
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify([value]));
const modeOf = (forward: XmlElement | undefined): string | undefined =>
  forward && (attribute(forward, "mode") ?? "nat");

function forwardXml(spec: Forward, current: XmlElement | undefined): XmlElement | undefined {
  const { mode, dev, natPorts } = spec;
  if (mode === "none") return undefined;
  const forward = current !== undefined && modeOf(current) === mode ? current : el("forward", { mode });
  const before = readForward(forward);
  if (!same(before?.dev, dev)) {
    forward.children = (dev ?? [])
      .map((name): XmlNode => el("interface", { dev: name }))
      .concat(forward.children.filter((child) => typeof child === "string" || child.name !== "interface"));
    assign(forward, { dev: dev?.[0] }, { keep: false });
  }
  if (!same(before?.natPorts, natPorts)) setNatPorts(forward, natPorts);
  return forward;
}

function setNatPorts(forward: XmlElement, ports: Forward["natPorts"]): void {
  const nat = ensureChild(forward, "nat");
  setChild(nat, "port", ports && el("port", { start: ports.start, end: ports.end }));
  if (nat.children.length === 0 && Object.keys(nat.attributes).length === 0) removeChild(forward, nat);
}

function bridgeXml(
  { bridge, forward }: LibvirtNetworkSpec,
  wasDirect: boolean,
  before: XmlElement | undefined,
): XmlElement | undefined {
  const direct = isDirect(forward?.mode);
  // A bridge of the host and one of libvirt's own have nothing in common but the element.
  const current = direct === wasDirect ? before : undefined;
  if (direct) return bridge?.name === undefined ? undefined : el("bridge", { name: bridge.name });
  const attributes = {
    ...current?.attributes,
    name: bridge?.name ?? attribute(current, "name"),
    stp: bridge?.stp === undefined ? attribute(current, "stp") : bridge.stp ? "on" : "off",
    delay: bridge?.delay ?? attribute(current, "delay"),
  };
  return Object.values(attributes).every((value) => value === undefined)
    ? undefined
    : el("bridge", attributes);
}

function domainXml(name: string, network: XmlElement): XmlElement {
  return el("domain", { ...find(network, "domain")?.attributes, name });
}

function setDns(network: XmlElement, { dns }: LibvirtNetworkSpec): void {
  const current = find(network, "dns");
  if (dns?.enabled === false) setChild(network, "dns", el("dns", { enable: "no" }));
  else if (attribute(current, "enable") === "no") setChild(network, "dns", undefined);
}

/** The network in the table's words. */
export function readNetwork(network: XmlElement): Partial<LibvirtNetworkSpec> {
  const bridge = find(network, "bridge");
  const mtu = attribute(find(network, "mtu"), "size");
  const dns = find(network, "dns");
  const told: Partial<LibvirtNetworkSpec> = {
    name: textOf(find(network, "name")),
    forward: readForward(find(network, "forward")),
    bridge: bridge && {
      name: attribute(bridge, "name"),
      stp: attribute(bridge, "stp") === undefined ? undefined : attribute(bridge, "stp") === "on",
      delay: attribute(bridge, "delay") === undefined ? undefined : Number(attribute(bridge, "delay")),
    },
    mtu: mtu === undefined ? undefined : Number(mtu),
    domain: attribute(find(network, "domain"), "name"),
    dns: { enabled: attribute(dns, "enable") !== "no" } as LibvirtNetworkSpec["dns"],
    ips: childrenOf(network, "ip").map(readSubnet),
  };
  for (const { path, read } of PLACES) put(told as Record<string, unknown>, path.split("."), read(network));
  return told;
}

/** `undefined` is left out. */
function put(
  object: Record<string, unknown>,
  [first = "", ...rest]: readonly string[],
  value: unknown,
): void {
  if (value === undefined) return;
  if (rest.length === 0) object[first] = value;
  else put((object[first] ??= {}) as Record<string, unknown>, rest, value);
}

function readForward(forward: XmlElement | undefined): LibvirtNetworkSpec["forward"] {
  if (forward === undefined) return { mode: "none" } as Forward;
  const port = find(forward, "nat", "port");
  const dev = childrenOf(forward, "interface").flatMap((child) => attribute(child, "dev") ?? []);
  return {
    mode: (attribute(forward, "mode") ?? "nat") as Forward["mode"],
    dev: dev.length > 0 ? dev : undefined,
    natPorts: port && { start: Number(attribute(port, "start")), end: Number(attribute(port, "end")) },
  } as Forward;
}

/** The bridge that guests are plugged into: libvirt's own, or one of the host. */
export function bridgeOf(network: XmlElement): string | undefined {
  return attribute(find(network, "bridge"), "name");
}

/** Whether the bridge comes and goes with the network. */
export function hasOwnBridge(network: XmlElement): boolean {
  return !isDirect(modeOf(find(network, "forward")));
}

export function subnetsOf(network: XmlElement): readonly string[] {
  return childrenOf(network, "ip").map((ip) => readSubnet(ip).cidr);
}

/** Devices of the host that guests go straight to: macvtap's, or the one whose SR-IOV functions they get. */
export function parentsOf(network: XmlElement): { readonly parents?: readonly string[] } {
  const forward = find(network, "forward");
  const parents = [...childrenOf(forward, "interface"), ...childrenOf(forward, "pf")].flatMap(
    (each) => attribute(each, "dev") ?? [],
  );
  return parents.length === 0 ? {} : { parents };
}

export function hasDhcp(network: XmlElement): boolean {
  return childrenOf(network, "ip").some((ip) => find(ip, "dhcp") !== undefined);
}

/** Whether its DHCP tells guests what to boot (R76). */
export function hasBootp(network: XmlElement): boolean {
  return childrenOf(network, "ip").some((ip) => find(ip, "dhcp", "bootp") !== undefined);
}

export { readMark };
