import { isDeepStrictEqual } from "node:util";
import { z } from "../../table/zod";
import type { Fields } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { flag, part, switchable, told, word } from "../../table/part";
import { hostPath, ipAddress, oneOf } from "../../table/types";
import { memorySize } from "../../table/units";
import { isUnknown } from "../../table/unknown";
import { virtioFields, virtioRules } from "./virtio";

const port = () => part(z.int().min(1024).max(65_535).optional(), { doc: "Default: one that is free." });

const spiceFields = {
  extras: flag(true, {
    doc: "What a SPICE desktop usually has: a qxl card, sound, the agent's channel and three USB redirections. Default true.",
    source: "R125",
  }),
  image: word(["auto_glz", "auto_lz", "quic", "glz", "lz", "off"], {
    doc: "Compression of images.",
    source: "<image compression>",
  }),
  jpeg: word(["auto", "never", "always"], { doc: "Over slow lines.", source: "<jpeg compression>" }),
  zlib: word(["auto", "never", "always"], { doc: "Over slow lines.", source: "<zlib compression>" }),
  playback: part(z.boolean().optional(), { doc: "Compress sound.", source: "<playback compression>" }),
  streaming: word(["filter", "all", "off"], {
    doc: "Detection of video streams.",
    source: "<streaming mode>",
  }),
  mouse: word(["server", "client"], { doc: "Who draws the pointer.", source: "<mouse mode>" }),
  clipboard: part(z.boolean().optional(), { doc: "Copy and paste.", source: "<clipboard copypaste>" }),
  fileTransfer: part(z.boolean().optional(), { doc: "Drag and drop.", source: "<filetransfer enable>" }),
  tlsPort: { ...port(), source: "<graphics tlsPort>" },
  gl: part(z.boolean().optional(), {
    doc: "Draw with the host's own card, for `video.acceleration3d`; only for viewers on the host itself, over `socket`.",
    source: "<gl enable>",
  }),
  renderNode: part(hostPath().optional(), {
    doc: "Which of the host's cards draws, such as /dev/dri/renderD128. Default: the first.",
    source: "<gl rendernode>",
  }),
} satisfies Fields;

export const graphicsFields = {
  type: part(oneOf("vnc", "spice").default("vnc"), {
    doc: "Default `vnc`.",
    source: "<graphics type>; R139",
  }),
  listen: part(ipAddress().optional(), {
    doc: "Address of the host to listen at. Default: the host's (127.0.0.1).",
    source: "<listen address>",
  }),
  socket: part(hostPath().optional(), {
    doc: "A UNIX socket of the host instead of an address.",
    source: "<listen type=socket>",
  }),
  port: { ...port(), source: "<graphics port>" },
  websocket: part(z.union([z.literal(-1), z.int().min(1024).max(65_535)]).optional(), {
    doc: "Port for browsers; -1: one that is free. VNC only.",
    source: "<graphics websocket>",
  }),
  password: part(z.string().min(1).optional(), {
    fate: "live",
    secret: true,
    doc: "Up to 8 characters for VNC, 59 for SPICE. Encrypted in state; a change is effective at once.",
    source: "<graphics passwd>",
  }),
  keymap: part(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{2,20}$/, "must be a keyboard layout, such as de")
      .optional(),
    { doc: "Keyboard layout.", source: "<graphics keymap>" },
  ),
  sharePolicy: word(["allow-exclusive", "force-shared", "ignore"], {
    doc: "Several viewers at a time. VNC only.",
    source: "<graphics sharePolicy>",
  }),
  spice: group(spiceFields, { fate: "restart", filled: true, doc: "Settings of SPICE alone." }),
} satisfies Fields;

const videoMemory = (doc: string, source: string) =>
  part(memorySize().optional(), { ts: "string | number", doc: `${doc} A bare number is MiB.`, source });

export const videoFields = {
  model: part(oneOf("virtio", "qxl", "vga", "cirrus", "bochs", "ramfb", "vmvga", "none").default("virtio"), {
    doc: "Default `virtio`; `none` for no card at all.",
    source: "<video><model type>",
  }),
  vram: videoMemory("Memory of the card.", "<model vram>"),
  ram: videoMemory("Second part of a qxl card's memory.", "<model ram>"),
  vgamem: videoMemory("Framebuffer of a qxl card.", "<model vgamem>"),
  heads: part(z.int().min(1).max(16).optional(), { doc: "Monitors.", source: "<model heads>" }),
  resolution: part(
    z
      .string()
      .regex(/^[1-9]\d{1,4}x[1-9]\d{1,4}$/, "must be a resolution, such as 1280x800")
      .optional(),
    { doc: "Resolution that the card prefers, such as `1280x800`.", source: "<model><resolution>" },
  ),
  acceleration3d: flag(false, { doc: "3D by the host's card.", source: "<acceleration accel3d>" }),
  ...virtioFields,
} satisfies Fields;

export const soundFields = {
  model: part(oneOf("ich9", "ich6", "ac97", "es1370", "sb16", "usb", "pcspk").default("ich9"), {
    doc: "Default `ich9`.",
    source: "<sound model>",
  }),
  codecs: part(
    z
      .array(oneOf("duplex", "micro", "output"))
      .min(1)
      .optional(),
    {
      ts: '("duplex" | "micro" | "output")[]',
      doc: "What is plugged in, for ich6 and ich9.",
      source: "<sound><codec>",
    },
  ),
} satisfies Fields;

/** Cards that can be told which resolution to prefer. */
const RESOLVING: readonly string[] = ["virtio", "vga", "qxl", "bochs"];

interface Screen {
  readonly spice?: { readonly renderNode?: string };
  readonly listen?: string;
  readonly port?: number;
  readonly websocket?: number;
}

/** A guest that runs tells what the host has chosen where the program has left the choice to it. */
function sameScreen(configured: unknown, running: unknown): boolean {
  if (typeof configured !== "object" || typeof running !== "object") return false;
  const { listen, websocket, spice } = configured as Screen;
  const now = { ...(running as Screen) };
  const chosen = {
    listen: listen ?? now.listen,
    websocket: websocket === -1 ? now.websocket : websocket,
    spice: spice && { ...spice, renderNode: spice.renderNode ?? now.spice?.renderNode },
  };
  return isDeepStrictEqual({ ...configured, ...chosen }, now);
}

export const graphicsGroups = {
  graphics: switchable(
    graphicsFields,
    {
      fate: "restart",
      same: sameScreen,
      doc: "A screen for people, by VNC or SPICE; `true` for VNC at a free port of the host's own address.",
      source: "<graphics>; R139",
    },
    [
      function* ({
        type,
        listen,
        socket,
        port: given,
        websocket,
        password,
        sharePolicy,
        spice,
      }): Iterable<Complaint> {
        if (isUnknown(type)) return;
        const most = type === "spice" ? 59 : 8;
        if (typeof password === "string" && !isUnknown(password) && Buffer.byteLength(password) > most)
          yield { path: ["password"], message: `must not be longer than ${most} characters for ${type}` };
        for (const [key, value] of Object.entries({ websocket, sharePolicy })) {
          if (type === "spice" && value !== undefined) yield { path: [key], message: 'needs type "vnc"' };
        }
        if (type === "vnc" && spice !== undefined) yield { path: ["spice"], message: 'needs type "spice"' };
        if (spice?.gl === true && socket === undefined)
          yield {
            path: ["spice", "gl"],
            message: "needs `socket`: such a screen leaves the host by no port (QEMU's rule)",
          };
        if (spice?.renderNode !== undefined && spice.gl !== true && !isUnknown(spice.gl))
          yield { path: ["spice", "renderNode"], message: "needs `gl`" };
        for (const [key, value] of Object.entries({ listen, port: given })) {
          if (socket !== undefined && value !== undefined)
            yield { path: [key], message: "cannot stand beside `socket`" };
        }
        if (type === "vnc" && typeof given === "number" && given < 5900)
          yield { path: ["port"], message: "must be at least 5900 for vnc (QEMU's rule)" };
      },
    ],
  ),
  video: told(videoFields, { fate: "restart", doc: "The graphics card.", source: "<video>" }, [
    function* ({ model, ram, vgamem, heads, resolution, acceleration3d, ...ways }): Iterable<Complaint> {
      if (isUnknown(model)) return;
      for (const [key, value] of Object.entries({ ram, vgamem })) {
        if (value !== undefined && model !== "qxl") yield { path: [key], message: 'needs model "qxl"' };
      }
      if (acceleration3d === true && model !== "virtio")
        yield { path: ["acceleration3d"], message: 'needs model "virtio"' };
      if (Number(heads) > 1 && model !== "virtio" && model !== "qxl")
        yield { path: ["heads"], message: 'needs model "virtio" or "qxl" (libvirt\'s rule)' };
      if (resolution !== undefined && !RESOLVING.includes(model ?? "virtio"))
        yield { path: ["resolution"], message: `means nothing for model "${model}"` };
      yield* virtioRules(ways, model, 'model "virtio"');
    },
  ]),
  sound: told(soundFields, { fate: "restart", doc: "A sound card.", source: "<sound>" }, [
    function* ({ model, codecs }): Iterable<Complaint> {
      if (codecs !== undefined && !isUnknown(model) && model !== "ich6" && model !== "ich9")
        yield { path: ["codecs"], message: 'needs model "ich6" or "ich9"' };
    },
  ]),
} satisfies Fields;

interface PictureInput {
  readonly graphics?: { readonly spice?: { readonly gl?: boolean } };
  readonly video?: { readonly acceleration3d?: boolean };
  readonly raw?: readonly string[] | string;
}

/** A card that draws by the host's needs a screen that does; `raw` may bring one that has no field. */
export function* pictureRules({ graphics, video, raw }: PictureInput): Iterable<Complaint> {
  if (isUnknown(video) || video?.acceleration3d !== true || isUnknown(graphics) || isUnknown(graphics?.spice))
    return;
  if (graphics?.spice?.gl === true || isUnknown(graphics?.spice?.gl)) return;
  if (isUnknown(raw) || /egl-headless|<gl\b/.test(String(raw ?? ""))) return;
  yield {
    path: ["video", "acceleration3d"],
    message:
      'needs a screen that draws: `graphics: { type: "spice", socket: …, spice: { gl: true } }` (QEMU\'s rule)',
  };
}
