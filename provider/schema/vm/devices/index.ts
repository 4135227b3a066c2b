import { z } from "../../table/zod";
import { field, type Fields, type Spec } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { fated, flag, part, parts, switchable, word } from "../../table/part";
import { deviceName, hostPath, oneOf, text } from "../../table/types";
import { memorySize } from "../../table/units";
import { isUnknown, knownList } from "../../table/unknown";
import { smartcard } from "./smartcard";

/** The name by which a program knows one of several devices. */
const name = (what: string) =>
  field(deviceName(), {
    fate: "live",
    doc: `The name by which this program knows the ${what}. Order means nothing.`,
  });

/** Where the other end of a line is. */
const lineFields = {
  path: part(hostPath().optional(), {
    doc: "Of a file, device, pipe or UNIX socket of the host.",
    source: "<source path>",
  }),
  append: flag(false, { doc: "Keep what is in the file.", source: "<source append>" }),
  mode: word(["bind", "connect"], { doc: "Listen, or call.", source: "<source mode>" }),
  host: part(text().min(1).max(255).optional(), { doc: "Address for tcp.", source: "<source host>" }),
  service: part(z.int().min(1).max(65_535).optional(), { doc: "Port for tcp.", source: "<source service>" }),
  protocol: part(oneOf("raw", "telnet").optional(), {
    same: (a, b) => (a ?? "raw") === (b ?? "raw"),
    doc: "For tcp. Default `raw`.",
    source: "<protocol type>",
  }),
  logFile: part(hostPath().optional(), { doc: "Where the host keeps what was said.", source: "<log file>" }),
} satisfies Fields;

const PATHS = new Set(["file", "dev", "pipe"]);

/** For a channel libvirt finds a place by itself. */
function* socketRules({ type, path }: Line): Iterable<Complaint> {
  if (type === "unix" && path === undefined) yield { path: ["path"], message: 'is required for type "unix"' };
}

interface Line {
  readonly type?: string;
  readonly path?: string;
  readonly host?: string;
  readonly service?: number;
  readonly append?: boolean;
}

function* lineRules({ type, path, host, service, append }: Line): Iterable<Complaint> {
  if (type === undefined || isUnknown(type)) return;
  if (PATHS.has(type) && path === undefined)
    yield { path: ["path"], message: `is required for type "${type}"` };
  if (path !== undefined && !PATHS.has(type) && type !== "unix")
    yield { path: ["path"], message: `means nothing for type "${type}"` };
  if (append === true && type !== "file") yield { path: ["append"], message: 'needs type "file"' };
  for (const [key, value] of Object.entries({ host, service })) {
    if (type === "tcp" && value === undefined) yield { path: [key], message: 'is required for type "tcp"' };
    if (type !== "tcp" && value !== undefined) yield { path: [key], message: 'needs type "tcp"' };
  }
}

const inputFields = fated(
  {
    name: name("device"),
    type: part(oneOf("tablet", "mouse", "keyboard", "evdev", "passthrough"), {
      doc: "Kind of device.",
      source: "<input type>",
    }),
    bus: word(["usb", "ps2", "virtio"], {
      keep: true,
      doc: "Default: the hypervisor's.",
      source: "<input bus>",
    }),
    path: part(hostPath().optional(), {
      doc: "Event device of the host, for evdev and passthrough.",
      source: "<source dev|evdev>",
    }),
  } satisfies Fields,
  "live",
);

const LINES = ["pty", "file", "unix", "tcp", "dev", "pipe", "null"] as const;

const serialFields = {
  name: name("line"),
  type: part(oneOf(...LINES, "spiceport").default("pty"), {
    doc: "What is at the other end. Default `pty`.",
    source: "<serial type>",
  }),
  ...lineFields,
  device: word(["isa-serial", "usb-serial", "pci-serial", "system-serial"], {
    keep: true,
    doc: "What the guest sees. Default: the machine's.",
    source: "<target type>",
  }),
} satisfies Fields;

const pluggedChannelFields = fated(
  {
    name: name("channel"),
    target: part(text().regex(/^[\x21-\x7e]{1,128}$/, "must be a name such as org.example.agent.0"), {
      doc: "Its name in the guest, such as `org.example.agent.0`.",
      source: "<target name>",
    }),
    type: part(oneOf(...LINES, "spicevmc", "spiceport").default("unix"), {
      doc: "What is at the other end. Default `unix`.",
      source: "<channel type>",
    }),
    ...lineFields,
  } satisfies Fields,
  "live",
);

/** A file that a running guest has had stays open on the host. */
const channelFields = { ...pluggedChannelFields, append: lineFields.append } satisfies Fields;

const consoleFields = {
  name: name("console"),
  type: part(oneOf(...LINES).default("pty"), {
    doc: "What is at the other end. Default `pty`.",
    source: "<console type>",
  }),
  ...lineFields,
} satisfies Fields;

const redirectionFields = fated(
  {
    name: name("redirection"),
    type: part(oneOf("spicevmc", "tcp").default("spicevmc"), {
      doc: "Who brings the device: a SPICE viewer, or somebody at the other end of a connection. Default `spicevmc`.",
      source: "<redirdev type>; R125",
    }),
    mode: lineFields.mode,
    host: lineFields.host,
    service: lineFields.service,
  } satisfies Fields,
  "live",
);

const shmemFields = {
  name: { ...name("memory"), doc: "Its name on the host; VMs that name the same share it." },
  size: part(memorySize().optional(), {
    ts: "string | number",
    doc: "A power of two; a bare number is MiB.",
    source: "<shmem><size>",
  }),
  model: part(oneOf("ivshmem-plain", "ivshmem-doorbell").default("ivshmem-plain"), {
    doc: "Default `ivshmem-plain`.",
    source: "<shmem><model>",
  }),
  role: word(["master", "peer"], { doc: "Whether it survives migration.", source: "<shmem role>" }),
  server: part(hostPath().optional(), {
    doc: "Socket of the server, for ivshmem-doorbell.",
    source: "<server path>",
  }),
} satisfies Fields;

export const watchdogFields = {
  model: part(oneOf("i6300esb", "ib700", "diag288").default("i6300esb"), {
    doc: "Default `i6300esb`.",
    source: "<watchdog model>",
  }),
  action: part(
    oneOf("reset", "shutdown", "poweroff", "pause", "dump", "inject-nmi", "none").default("reset"),
    { doc: "What happens when the guest hangs. Default `reset`.", source: "<watchdog action>" },
  ),
} satisfies Fields;

export const rngFields = {
  backend: part(oneOf("random", "builtin").default("random"), {
    doc: "Default `random`: a device of the host.",
    source: "<rng><backend model>",
  }),
  device: part(hostPath().optional(), {
    same: (a, b) => (a ?? "/dev/urandom") === (b ?? "/dev/urandom"),
    doc: "Default /dev/urandom.",
    source: "<rng><backend>",
  }),
  bytes: part(z.int().min(1).optional(), { doc: "The most in a `period`.", source: "<rate bytes>" }),
  period: part(z.int().min(1).optional(), { doc: "Milliseconds.", source: "<rate period>" }),
} satisfies Fields;

export const panicFields = {
  model: word(["isa", "hyperv", "pseries", "s390", "pvpanic"], {
    keep: true,
    doc: "Default: the machine's.",
    source: "<panic model>",
  }),
} satisfies Fields;

export const vsockFields = {
  cid: part(z.int().min(3).max(4_294_967_294).optional(), {
    doc: "Address of the guest. Default: one that is free.",
    source: "<vsock><cid address>",
  }),
} satisfies Fields;

export const deviceGroups = {
  inputs: parts(
    inputFields,
    "name",
    { fate: "live", doc: "Keyboards, tablets and mice.", source: "<input>" },
    [
      function* ({ type, bus, path }): Iterable<Complaint> {
        const passed = type === "evdev" || type === "passthrough";
        if (isUnknown(type) || type === undefined) return;
        if (passed && path === undefined) yield { path: ["path"], message: `is required for type "${type}"` };
        if (!passed && path !== undefined)
          yield { path: ["path"], message: 'needs type "evdev" or "passthrough"' };
        if (type === "tablet" && bus === "ps2")
          yield { path: ["bus"], message: "must be usb or virtio for a tablet" };
        if (type === "passthrough" && bus !== undefined && bus !== "virtio" && !isUnknown(bus))
          yield { path: ["bus"], message: "must be virtio for passthrough" };
        if (type === "evdev" && bus !== undefined)
          yield { path: ["bus"], message: "means nothing for evdev" };
      },
    ],
  ),
  serials: parts(serialFields, "name", { doc: "Serial lines beside the `console`.", source: "<serial>" }, [
    lineRules,
    socketRules,
  ]),
  consoles: parts(
    consoleFields,
    "name",
    { doc: "Virtio consoles beside the serial one.", source: "<console>" },
    [lineRules, socketRules],
  ),
  channels: parts(
    channelFields,
    "name",
    { fate: "live", doc: "Virtio channels between guest and host.", source: "<channel>" },
    [lineRules],
  ),
  redirections: parts(
    redirectionFields,
    "name",
    { fate: "live", doc: "USB devices that come over the network.", source: "<redirdev>" },
    [lineRules],
  ),
  sharedMemory: parts(shmemFields, "name", { doc: "Memory that VMs share.", source: "<shmem>" }, [
    function* ({ model, role, server, size }): Iterable<Complaint> {
      if (isUnknown(model)) return;
      if (model === "ivshmem-plain" && server !== undefined)
        yield { path: ["server"], message: 'needs model "ivshmem-doorbell"' };
      if (model === "ivshmem-doorbell" && server === undefined)
        yield { path: ["server"], message: 'is required for model "ivshmem-doorbell"' };
      if (model === "ivshmem-doorbell" && role !== undefined)
        yield { path: ["role"], message: 'needs model "ivshmem-plain"' };
      if (typeof size === "number" && (size & (size - 1)) !== 0)
        yield { path: ["size"], message: "must be a power of two" };
    },
  ]),
  watchdog: switchable(watchdogFields, {
    fate: "restart",
    doc: "A watchdog; `true` for one that resets the guest.",
    source: "<watchdog>",
  }),
  rng: group(
    rngFields,
    { fate: "restart", doc: "The random number generator; every VM has one.", source: "<rng>" },
    [
      function* ({ backend, device, bytes, period }): Iterable<Complaint> {
        if (backend === "builtin" && device !== undefined)
          yield { path: ["device"], message: 'needs backend "random"' };
        if (period !== undefined && bytes === undefined) yield { path: ["period"], message: "needs `bytes`" };
      },
    ],
  ),
  panic: switchable(panicFields, {
    fate: "restart",
    doc: "Lets the guest tell that its kernel has died.",
    source: "<panic>",
  }),
  vsock: switchable(vsockFields, {
    fate: "restart",
    doc: "Sockets between guest and host; `true` for an address that is free.",
    source: "<vsock>",
  }),
  smartcard,
} satisfies Fields;

interface DeviceInput {
  readonly graphics?: { readonly type?: string };
  readonly channels?: readonly Partial<Spec<typeof channelFields>>[];
  readonly redirections?: readonly Partial<Spec<typeof redirectionFields>>[];
  readonly serials?: readonly Partial<Spec<typeof serialFields>>[];
}

/** What goes over SPICE needs SPICE. */
export function* deviceRules({
  graphics,
  channels,
  redirections,
  serials,
}: DeviceInput): Iterable<Complaint> {
  if (isUnknown(graphics) || isUnknown(graphics?.type) || graphics?.type === "spice") return;
  for (const [list, items] of Object.entries({ channels, redirections, serials })) {
    for (const [index, { type }] of knownList(items as readonly { type?: string }[] | undefined).entries()) {
      if (type === "spicevmc" || type === "spiceport")
        yield {
          path: [list, index, "type"],
          message: `${type} needs \`graphics.type: "spice"\` (libvirt's rule)`,
        };
    }
  }
}
