import { z } from "../../table/zod";
import type { Fields, Spec } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { fated, flag, part, parts, word } from "../../table/part";
import { hostPath, oneOf, text } from "../../table/types";
import { isUnknown, knownList } from "../../table/unknown";
import { name } from "./named";

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

/** What has another end: serial lines, consoles, channels, and USB devices from afar. */
export const lineGroups = {
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
} satisfies Fields;

interface LineInput {
  readonly graphics?: { readonly type?: string };
  readonly channels?: readonly Partial<Spec<typeof channelFields>>[];
  readonly redirections?: readonly Partial<Spec<typeof redirectionFields>>[];
  readonly serials?: readonly Partial<Spec<typeof serialFields>>[];
}

/** What goes over SPICE needs SPICE. */
export function* spiceRules({ graphics, channels, redirections, serials }: LineInput): Iterable<Complaint> {
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
