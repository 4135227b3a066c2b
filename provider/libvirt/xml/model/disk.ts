import { IOTUNE_NAMES } from "../../../schema/vm/disk/tuning";
import { encryption } from "./diskSource";
import { asNumber, asOnOff, at, present, type Binding, type Bindings } from "../bind";
import { attribute, el, find, setChild, textOf, type XmlElement } from "../tree";
import { virtioBindings } from "./virtio";

/**
 * All limits as a whole: what the program says is all there is, in the one order that libvirt's schema takes (the engine
 * hands them over by the alphabet). The host makes up a name for a disk's group.
 */
const iotune: Binding = {
  write(root, value) {
    const given = (value ?? {}) as Readonly<Record<string, number | undefined>>;
    const limits = Object.entries(IOTUNE_NAMES).flatMap(([name, tag]) =>
      given[name] === undefined ? [] : [el(tag, {}, String(given[name]))],
    );
    const kept = find(root, "iotune", "group_name");
    setChild(root, "iotune", limits.length === 0 ? undefined : el("iotune", {}, ...limits, kept));
  },
  read(root) {
    const found = find(root, "iotune");
    if (found === undefined) return undefined;
    const limits = Object.entries(IOTUNE_NAMES).map(([name, tag]): [string, number | undefined] => {
      const limit = Number(textOf(find(found, tag)) ?? 0);
      return [name, limit === 0 ? undefined : limit];
    });
    return limits.every(([, limit]) => limit === undefined) ? undefined : Object.fromEntries(limits);
  },
};

/** A drive without an image has nowhere to say it. */
const startupPolicy: Binding = {
  write(root: XmlElement, value: unknown) {
    const source = find(root, "source");
    if (source === undefined) return;
    if (value === undefined) delete source.attributes["startupPolicy"];
    else source.attributes["startupPolicy"] = String(value);
  },
  read: (root) => attribute(find(root, "source"), "startupPolicy"),
};

export const diskBindings: Bindings = {
  detectZeroes: at("driver@detect_zeroes"),
  copyOnRead: at("driver@copy_on_read", asOnOff),
  errorPolicy: at("driver@error_policy"),
  readErrorPolicy: at("driver@rerror_policy"),
  iothread: at("driver@iothread", asNumber),
  queues: at("driver@queues", asNumber),
  ...virtioBindings,
  shareable: present("shareable"),
  wwn: at("wwn"),
  vendor: at("vendor"),
  product: at("product"),
  removable: at("target@removable", asOnOff),
  rotationRate: at("target@rotation_rate", asNumber),
  logicalBlockSize: at("blockio@logical_block_size", asNumber),
  physicalBlockSize: at("blockio@physical_block_size", asNumber),
  startupPolicy,
  encryption,
  iotune,
};
