import { isDeepStrictEqual } from "node:util";
import { asNumber, asYes, at, type Binding, type Bindings } from "../bind";
import { attribute, childrenOf, clone, el, find, removeChild, setChild, type XmlElement } from "../tree";
import { virtioBindings } from "./virtio";

const filterParameters: Binding = {
  write(root, value) {
    const filter = find(root, "filterref");
    if (filter === undefined) return;
    for (const parameter of childrenOf(filter, "parameter")) removeChild(filter, parameter);
    for (const [name, text] of Object.entries((value ?? {}) as Readonly<Record<string, string>>))
      filter.children.push(el("parameter", { name, value: text }));
  },
  read(root) {
    const parameters = childrenOf(find(root, "filterref"), "parameter");
    if (parameters.length === 0) return undefined;
    const entries = parameters.map((each) => [attribute(each, "name") ?? "", attribute(each, "value") ?? ""]);
    return Object.fromEntries(entries) as Record<string, string>;
  },
};

/** Another filter has other parameters. */
const filter: Binding = {
  write(root, value) {
    if (value === undefined) setChild(root, "filterref", undefined);
    else if (attribute(find(root, "filterref"), "filter") !== value)
      setChild(root, "filterref", el("filterref", { filter: String(value) }));
  },
  read: (root) => attribute(find(root, "filterref"), "filter"),
};

type Limits = Readonly<Record<string, number | undefined>>;

const bandwidth: Binding = {
  write(root, value) {
    const given = (value ?? {}) as { readonly inbound?: Limits; readonly outbound?: Limits };
    const ways = (["inbound", "outbound"] as const).flatMap((way) =>
      given[way] === undefined ? [] : [el(way, given[way])],
    );
    setChild(root, "bandwidth", ways.length === 0 ? undefined : el("bandwidth", {}, ...ways));
  },
  read(root) {
    const found = find(root, "bandwidth");
    if (found === undefined) return undefined;
    const way = (name: string, keys: readonly string[]): Limits | undefined => {
      const element = find(found, name);
      return (
        element &&
        Object.fromEntries(
          keys.map((key) => [key, at(`@${key}`, asNumber).read(element) as number | undefined]),
        )
      );
    };
    const keys = ["average", "peak", "burst"];
    return { inbound: way("inbound", [...keys, "floor"]), outbound: way("outbound", keys) };
  },
};

interface Vlan {
  readonly tags: readonly number[];
  readonly trunk?: boolean;
}

const vlan: Binding = {
  write(root, value) {
    const { tags, trunk } = (value ?? { tags: [] }) as Vlan;
    const several = trunk === true || tags.length > 1;
    const element = el(
      "vlan",
      { trunk: several ? "yes" : undefined },
      ...tags.map((id) => el("tag", { id })),
    );
    setChild(root, "vlan", tags.length === 0 ? undefined : element);
  },
  read(root): Vlan | undefined {
    const found = find(root, "vlan");
    if (found === undefined) return undefined;
    const tags = childrenOf(found, "tag").map((tag) => Number(attribute(tag, "id")));
    return { tags, trunk: attribute(found, "trunk") === "yes" ? true : undefined };
  },
};

export const interfaceBindings: Bindings = {
  portGroup: {
    write(root: XmlElement, value: unknown) {
      const source = find(root, "source");
      if (source === undefined) return;
      if (value === undefined) delete source.attributes["portgroup"];
      else source.attributes["portgroup"] = String(value);
    },
    read: (root: XmlElement) => attribute(find(root, "source"), "portgroup"),
  },
  queues: at("driver@queues", asNumber),
  ...virtioBindings,
  driver: at("driver@name"),
  rxQueueSize: at("driver@rx_queue_size", asNumber),
  mtu: at("mtu@size", asNumber),
  filter,
  filterParameters,
  bandwidth,
  vlan,
  virtualPort: {
    type: at("virtualport@type"),
    managerId: at("virtualport/parameters@managerid", asNumber),
    typeId: at("virtualport/parameters@typeid", asNumber),
    typeIdVersion: at("virtualport/parameters@typeidversion", asNumber),
    instanceId: at("virtualport/parameters@instanceid"),
    interfaceId: at("virtualport/parameters@interfaceid"),
    profileId: at("virtualport/parameters@profileid"),
  },
  // A cable that is plugged in is nothing to tell.
  link: at("link@state", { toXml: String, fromXml: (state) => (state === "up" ? undefined : state) }),
  script: at("script@path"),
  isolated: at("port@isolated", asYes),
  trustGuestRxFilters: at("@trustGuestRxFilters", asYes),
};

/** Each by itself: a host without traffic shaping still unplugs a cable. */
const LIVE = {
  link: ["link"],
  filterref: ["filter", "filterParameters"],
  bandwidth: ["bandwidth"],
} as const;

/** What a running guest's interface can be given in place, and has not. */
export function liveSettings(live: XmlElement, wanted: XmlElement): readonly (keyof typeof LIVE)[] {
  const read = (nic: XmlElement, names: readonly string[]): unknown[] =>
    names.map((name) => (interfaceBindings[name] as Binding).read(nic));
  return (Object.keys(LIVE) as (keyof typeof LIVE)[]).filter(
    (child) => !isDeepStrictEqual(read(live, LIVE[child]), read(wanted, LIVE[child])),
  );
}

/** The live element with one of them. */
export function withSetting(live: XmlElement, wanted: XmlElement, child: keyof typeof LIVE): XmlElement {
  const changed = clone(live);
  const setting = find(wanted, child);
  // A link of which nothing is said stays as it is.
  const usual = child === "link" ? el("link", { state: "up" }) : undefined;
  setChild(changed, child, setting === undefined ? usual : clone(setting));
  return changed;
}
