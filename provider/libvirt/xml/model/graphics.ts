import { asNumber, asOnOff, asYesNo, at, readBound, writeBound, type Binding, type Bindings } from "../bind";
import {
  attribute,
  childrenOf,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  type XmlElement,
} from "../tree";
import { virtioBindings } from "./virtio";

type Plain = Readonly<Record<string, unknown>>;

/** By itself the host chooses a port when the guest starts; that is no configuration. */
const port: Binding = {
  write(root, value) {
    root.attributes["port"] = String(value ?? -1);
    root.attributes["autoport"] = value === undefined ? "yes" : "no";
  },
  read(root) {
    const given = Number(attribute(root, "port") ?? -1);
    return attribute(root, "autoport") === "yes" || given <= 0 ? undefined : given;
  },
};

/** The attribute repeats what `<listen>` says; an address that comes from the host's own settings is nobody's word. */
const listen: Binding = {
  write(root, value) {
    delete root.attributes["listen"];
    setChild(
      root,
      "listen",
      value === undefined ? undefined : el("listen", { type: "address", address: String(value) }),
    );
  },
  read(root) {
    const found = find(root, "listen");
    if (found === undefined) return attribute(root, "listen");
    return attribute(found, "fromConfig") === undefined ? attribute(found, "address") : undefined;
  },
};

const socket: Binding = {
  write(root, value) {
    delete root.attributes["socket"];
    if (value === undefined) return;
    for (const name of ["port", "autoport", "listen"]) delete root.attributes[name];
    setChild(root, "listen", el("listen", { type: "socket", socket: String(value) }));
  },
  read(root) {
    const found = find(root, "listen");
    return attribute(found, "type") === "socket" ? attribute(found, "socket") : undefined;
  },
};

const graphicsBindings: Bindings = {
  port,
  listen,
  socket,
  websocket: at("@websocket", asNumber),
  password: at("@passwd"),
  keymap: at("@keymap"),
  sharePolicy: at("@sharePolicy"),
  spice: {
    image: at("image@compression"),
    jpeg: at("jpeg@compression"),
    zlib: at("zlib@compression"),
    playback: at("playback@compression", asOnOff),
    streaming: at("streaming@mode"),
    mouse: at("mouse@mode"),
    clipboard: at("clipboard@copypaste", asYesNo),
    fileTransfer: at("filetransfer@enable", asYesNo),
    tlsPort: at("@tlsPort", asNumber),
    gl: at("gl@enable", asYesNo),
    renderNode: at("gl@rendernode"),
  },
};

/** Ports that a screen has by name; libvirt keeps each for one running guest, at whatever address. */
export function fixedPorts(screen: XmlElement): readonly number[] {
  const chosen = attribute(screen, "autoport") === "yes";
  const names = ["websocket", ...(chosen ? [] : ["port", "tlsPort"])];
  return names.map((name) => Number(attribute(screen, name) ?? 0)).filter((number) => number > 0);
}

/** Screens have no aliases: the program's is the one of its type, else the first. */
export function screenOf(domain: XmlElement, type?: unknown): XmlElement | undefined {
  const screens = childrenOf(find(domain, "devices"), "graphics");
  return screens.find((each) => attribute(each, "type") === type) ?? screens[0];
}

/** The agent's channel tells whether a SPICE screen has its extras. */
export const SPICE_CHANNEL = "com.redhat.spice.0";

/** libvirt leads the sound of a SPICE screen to it, and refuses that where there is none. */
function withoutSpiceSound(devices: XmlElement): void {
  for (const audio of childrenOf(devices, "audio"))
    if (attribute(audio, "type") === "spice") removeChild(devices, audio);
}

export const graphics: Binding = {
  write(root, value) {
    const devices = ensureChild(root, "devices");
    const wanted = value as Plain | undefined;
    const found = screenOf(root, wanted?.["type"]);
    if (wanted?.["type"] !== "spice") withoutSpiceSound(devices);
    if (wanted === undefined) {
      if (found !== undefined) removeChild(devices, found);
      return;
    }
    const type = String(wanted["type"]);
    const screen = found ?? el("graphics");
    if (attribute(screen, "type") !== type) Object.assign(screen, el("graphics", { type }));
    writeBound(screen, graphicsBindings, wanted, () => true);
    if (found === undefined) devices.children.push(screen);
  },
  read(root) {
    const screen = screenOf(root);
    if (screen === undefined) return undefined;
    const type = attribute(screen, "type");
    const read = readBound(screen, graphicsBindings);
    if (type !== "spice") return { type, ...read, spice: undefined };
    const extras = childrenOf(find(root, "devices"), "channel").some(
      (channel) => attribute(find(channel, "target"), "name") === SPICE_CHANNEL,
    );
    return { type, ...read, spice: { ...(read["spice"] as Plain), extras } };
  },
};

/** MiB in the table, KiB on the host. */
const memory = (name: string): Binding =>
  at(`model@${name}`, {
    toXml: (mib) => String(Number(mib) * 1024),
    fromXml: (kib) => Number(kib) / 1024,
  });

export const videoBindings: Bindings = {
  model: at("model@type"),
  vram: memory("vram"),
  ram: memory("ram"),
  vgamem: memory("vgamem"),
  heads: at("model@heads", asNumber),
  // libvirt wants it before the resolution.
  acceleration3d: at("model/acceleration@accel3d", asYesNo),
  ...virtioBindings,
  resolution: {
    write(root: XmlElement, value: unknown) {
      const [x, y] = String(value ?? "").split("x");
      const model = ensureChild(root, "model");
      setChild(model, "resolution", value === undefined ? undefined : el("resolution", { x, y }));
    },
    read(root: XmlElement) {
      const found = find(root, "model", "resolution");
      return found && `${attribute(found, "x")}x${attribute(found, "y")}`;
    },
  },
};

export const soundBindings: Bindings = {
  model: at("@model"),
  codecs: {
    write(root: XmlElement, value: unknown) {
      for (const codec of childrenOf(root, "codec")) removeChild(root, codec);
      for (const type of (value ?? []) as readonly string[]) root.children.push(el("codec", { type }));
    },
    read(root: XmlElement) {
      const codecs = childrenOf(root, "codec").flatMap((codec) => attribute(codec, "type") ?? []);
      return codecs.length === 0 ? undefined : codecs;
    },
  },
};
