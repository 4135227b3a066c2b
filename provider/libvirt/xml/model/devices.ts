import { asNumber, asOnOff, at, present, type Binding, type Bindings } from "../bind";
import { controllers } from "./controllers";
import type { Several, Single } from "./device";
import { SPICE_CHANNEL, soundBindings, videoBindings } from "./graphics";
import { hostDeviceBindings } from "./passthrough";
import { attribute, el, ensureChild, find, setChild, textOf, type XmlElement } from "../tree";
import { memoryMiB } from "../units";
import { virtioBindings } from "./virtio";

/** Another kind of line has another end. */
const lineType: Binding = {
  write(root, value) {
    if (attribute(root, "type") === value) return;
    root.attributes["type"] = String(value);
    for (const name of ["source", "protocol", "log"]) setChild(root, name, undefined);
  },
  read: at("@type").read,
};

/** libvirt makes up an end where none is said, and tells it of a running guest. */
function isMadeUp(root: XmlElement): boolean {
  const path = attribute(find(root, "source"), "path");
  return (
    attribute(root, "type") === "pty" || (path !== undefined && /\/libvirt\/qemu\/(channel\/)?/.test(path))
  );
}

const unlessMadeUp = (binding: Binding): Binding => ({
  ...binding,
  read: (root) => (isMadeUp(root) ? undefined : binding.read(root)),
});

const line: Bindings = {
  type: lineType,
  path: unlessMadeUp(at("source@path")),
  append: at("source@append", asOnOff),
  mode: unlessMadeUp(at("source@mode")),
  host: at("source@host"),
  service: at("source@service", asNumber),
  protocol: at("protocol@type"),
  logFile: at("log@file"),
};

/** Ports are numbered anew in order. */
const serialDevice: Binding = {
  write(root, value) {
    at("target@port").write(root, undefined);
    if (value === undefined) return;
    if (attribute(find(root, "target"), "type") !== value)
      setChild(root, "target", el("target", { type: String(value) }));
  },
  read: at("target@type").read,
};

const inputPath: Binding = {
  write(root, value) {
    setChild(root, "source", undefined);
    if (value === undefined) return;
    const key = attribute(root, "type") === "evdev" ? "dev" : "evdev";
    setChild(root, "source", el("source", { [key]: String(value) }));
  },
  read: (root) => {
    const source = find(root, "source");
    return attribute(source, "dev") ?? attribute(source, "evdev");
  },
};

const inputBindings: Bindings = { type: at("@type"), bus: at("@bus"), path: inputPath, ...virtioBindings };

const redirectionBindings: Bindings = {
  type: lineType,
  mode: at("source@mode"),
  host: at("source@host"),
  service: at("source@service", asNumber),
};

const size: Binding = {
  write: (root, value) =>
    setChild(root, "size", value === undefined ? undefined : el("size", { unit: "M" }, String(value))),
  read: (root) => memoryMiB(find(root, "size")),
};

const shmemBindings: Bindings = {
  name: at("@name"),
  size,
  model: at("model@type"),
  role: at("@role"),
  server: at("server@path"),
};

const rngDevice: Binding = {
  write(root, value) {
    const backend = ensureChild(root, "backend");
    backend.children = attribute(backend, "model") === "random" ? [String(value ?? "/dev/urandom")] : [];
  },
  read: (root) => textOf(find(root, "backend")) || undefined,
};

const rngBindings: Bindings = {
  backend: at("backend@model"),
  device: rngDevice,
  bytes: at("rate@bytes", asNumber),
  period: at("rate@period", asNumber),
  ...virtioBindings,
};

/** Of a running guest the host tells which address it has chosen. */
const cid: Binding = {
  write(root, value) {
    root.attributes["model"] ??= "virtio";
    setChild(
      root,
      "cid",
      value === undefined ? el("cid", { auto: "yes" }) : el("cid", { auto: "no", address: String(value) }),
    );
  },
  read(root) {
    const found = find(root, "cid");
    const address = attribute(found, "address");
    return attribute(found, "auto") === "yes" || address === undefined ? undefined : Number(address);
  },
};

const filesystemType: Binding = {
  write(root, value) {
    root.attributes["type"] = "mount";
    const driver = ensureChild(root, "driver");
    const type = value === "virtiofs" ? "virtiofs" : "path";
    if (attribute(driver, "type") === type) return;
    driver.attributes = { type };
    setChild(root, "binary", undefined);
  },
  read: (root) => (attribute(find(root, "driver"), "type") === "virtiofs" ? "virtiofs" : "9p"),
};

const filesystemBindings: Bindings = {
  type: filesystemType,
  source: at("source@dir"),
  target: at("target@dir"),
  accessMode: at("@accessmode"),
  readOnly: present("readonly"),
  queue: at("driver@queue", asNumber),
  cache: at("binary/cache@mode"),
  xattr: at("binary@xattr", asOnOff),
  binary: at("binary@path"),
  ...virtioBindings,
};

type Plain = Readonly<Record<string, unknown>>;

/** What comes with a SPICE screen unless the program says no (R125): aliases of its own, and nobody's fields. */
export const SPICE_LINES: readonly (Several & { readonly items: readonly Plain[] })[] = [
  {
    field: "spice",
    tag: "channel",
    bindings: { ...line, target: at("target@name") },
    base: () => el("channel", {}, el("target", { type: "virtio" })),
    items: [{ name: "agent", type: "spicevmc", target: SPICE_CHANNEL }],
    isSame: (device) => attribute(find(device, "target"), "name") === SPICE_CHANNEL,
  },
  {
    field: "spice",
    tag: "redirdev",
    bindings: redirectionBindings,
    base: () => el("redirdev", { bus: "usb" }),
    items: ["usb0", "usb1", "usb2"].map((name) => ({ name, type: "spicevmc" })),
  },
];
export const SPICE_VIDEO = { model: "qxl", heads: 1 };
export const SPICE_SOUND = { model: "ich6" };

export const SINGLE_DEVICES: readonly Single[] = [
  { field: "video", tag: "video", bindings: videoBindings },
  { field: "sound", tag: "sound", bindings: soundBindings },
  {
    field: "watchdog",
    tag: "watchdog",
    bindings: { model: at("@model"), action: at("@action") },
  },
  {
    field: "rng",
    tag: "rng",
    bindings: rngBindings,
    base: () => el("rng", { model: "virtio" }),
    otherwise: () => el("rng", { model: "virtio" }, el("backend", { model: "random" }, "/dev/urandom")),
  },
  { field: "panic", tag: "panic", bindings: { model: at("@model") } },
  { field: "vsock", tag: "vsock", bindings: { cid, ...virtioBindings } },
];

const sameTarget = (device: XmlElement, item: Plain): boolean =>
  attribute(find(device, "target"), "dir") === item["target"];

const onVirtio = (tag: string) => (): XmlElement => el(tag, {}, el("target", { type: "virtio" }));

export const SEVERAL_DEVICES: readonly Several[] = [
  {
    field: "inputs",
    tag: "input",
    bindings: inputBindings,
    hotplug: true,
    atStart: Object.keys(virtioBindings),
    isSame: (device, { type, bus }) => attribute(device, "type") === type && attribute(device, "bus") === bus,
  },
  { field: "serials", tag: "serial", bindings: { ...line, device: serialDevice } },
  { field: "consoles", tag: "console", bindings: line, base: onVirtio("console") },
  {
    field: "channels",
    tag: "channel",
    bindings: { ...line, target: at("target@name") },
    base: onVirtio("channel"),
    hotplug: true,
    // The host's log daemon does not let go of a file that a running guest has had.
    atStart: ["append"],
    isSame: (device, { target }) => attribute(find(device, "target"), "name") === target,
  },
  {
    field: "redirections",
    tag: "redirdev",
    bindings: redirectionBindings,
    base: () => el("redirdev", { bus: "usb" }),
    hotplug: true,
  },
  {
    field: "sharedMemory",
    tag: "shmem",
    bindings: shmemBindings,
    isSame: (device, { name }) => attribute(device, "name") === name,
  },
  controllers,
  { field: "filesystems", tag: "filesystem", bindings: filesystemBindings, isSame: sameTarget },
  { field: "hostDevices", tag: "hostdev", bindings: hostDeviceBindings, hotplug: true },
];
