import { row, type Args, type Row, withoutGroup } from "../row";

const vm = (field: string, a: unknown, b: unknown, shows: RegExp, on: string, needs: Args = {}): Row =>
  row("Vm", field, a, b, shows, { on, needs });

const spice = (field: string, a: unknown, b: unknown, shows: RegExp): Row =>
  vm(`graphics.spice.${field}`, a, b, shows, "spice", { graphics: { type: "spice" } });

const qxl = { video: { model: "qxl" }, graphics: { type: "spice" } };

/** For viewers on the host itself. */
const drawn = { graphics: { type: "spice", socket: "/run/fates-drawn.sock" } };

/** How a device of virtio reaches the guest's memory. */
function ways(group: string, on: string, tag = group): readonly Row[] {
  return ["iommu", "ats", "packed"].map((way) =>
    vm(
      `${group}.${way}`,
      false,
      true,
      new RegExp(`<${tag} (?:(?!</${tag}>)[\\s\\S])*<driver [^>]*${way}='on'`),
      on,
    ),
  );
}

export const rows: readonly Row[] = [
  vm("graphics.type", "vnc", "spice", /<graphics type='spice'/, "screen-type"),
  vm("graphics.listen", "127.0.0.1", "127.0.0.2", /listen='127.0.0.2'/, "running-screen"),
  vm("graphics.socket", "/run/one.sock", "/run/two.sock", /socket='\/run\/two.sock'/, "screen-socket"),
  vm("graphics.port", 5950, 5951, /port='5951'/, "running-screen"),
  vm("graphics.websocket", 5750, 5751, /websocket='5751'/, "running-screen"),
  row("Vm", "graphics.password", "one", "two", /passwd='two'/, { on: "running-screen" }),
  vm("graphics.keymap", "de", "fr", /keymap='fr'/, "running-screen"),
  vm("graphics.sharePolicy", "ignore", "force-shared", /sharePolicy='force-shared'/, "running-screen"),
  vm("graphics.spice.extras", true, false, /^(?![\s\S]*redirdev)/, "spice-extras", {
    graphics: { type: "spice" },
  }),
  spice("image", "quic", "glz", /<image compression='glz'/),
  spice("jpeg", "never", "always", /<jpeg compression='always'/),
  spice("zlib", "never", "always", /<zlib compression='always'/),
  spice("playback", true, false, /<playback compression='off'/),
  spice("streaming", "filter", "all", /<streaming mode='all'/),
  spice("mouse", "client", "server", /<mouse mode='server'/),
  spice("clipboard", true, false, /<clipboard copypaste='no'/),
  spice("fileTransfer", true, false, /<filetransfer enable='no'/),
  row("Vm", "graphics.spice.tlsPort", undefined, 5961, /./, {
    on: "tls-port",
    needs: { graphics: { type: "spice", port: 5970 } },
    lacks: "TLS for SPICE",
  }),
  vm("video.model", "virtio", "vga", /<model type='vga'/, "video"),
  vm("video.vram", 16, 32, /vram='32768'/, "qxl", qxl),
  vm("video.ram", 64, 128, /\bram='131072'/, "qxl", qxl),
  vm("video.vgamem", 16, 32, /vgamem='32768'/, "qxl", qxl),
  vm("video.heads", 1, 2, /heads='2'/, "heads", { video: { model: "virtio" } }),
  vm("video.resolution", "800x600", "1280x800", /<resolution x='1280' y='800'/, "heads"),
  vm("video.acceleration3d", false, true, /accel3d='yes'/, "gl", {
    graphics: { type: "spice", socket: "/run/fates-gl.sock", spice: { gl: true } },
  }),
  vm("graphics.spice.gl", false, true, /<gl enable='yes'/, "drawn", drawn),
  vm(
    "graphics.spice.renderNode",
    "/dev/dri/renderD128",
    "/dev/dri/renderD129",
    /rendernode='\S+D129'/,
    "node",
    {
      graphics: { ...drawn.graphics, spice: { gl: true } },
    },
  ),
  vm("video.iommu", false, true, /<video>[\s\S]*iommu='on'[\s\S]*<\/video>/, "virtio-card"),
  vm("video.ats", false, true, /<video>[\s\S]*ats='on'[\s\S]*<\/video>/, "virtio-card"),
  vm("video.packed", false, true, /<video>[\s\S]*packed='on'[\s\S]*<\/video>/, "virtio-card"),
  ...ways("rng", "running"),
  ...ways("vsock", "vsock"),
  ...ways("balloon", "running", "memballoon"),
  vm("sound.model", "ich9", "ac97", /<sound model='ac97'/, "sound"),
  withoutGroup(vm("sound.model", "ac97", "ich9", /<sound model='ich9'/, "running-silence")),
  vm("sound.codecs", ["duplex"], ["micro"], /<codec type='micro'/, "codecs"),
  vm("watchdog.model", "i6300esb", "ib700", /<watchdog model='ib700'/, "watchdog", {
    os: { machine: "pc" },
  }),
  vm("watchdog.action", "reset", "pause", /action='pause'/, "dog-action"),
  vm("rng.backend", "random", "builtin", /<backend model='builtin'/, "rng"),
  vm("rng.device", "/dev/random", "/dev/hwrng", />\/dev\/hwrng</, "rng-device"),
  vm("rng.bytes", 1000, 2000, /bytes='2000'/, "running"),
  vm("rng.period", 1000, 3000, /period='3000'/, "running"),
  vm("panic.model", "isa", "hyperv", /<panic model='hyperv'/, "panic"),
  vm("vsock.cid", 11, 12, /address='12'/, "vsock"),
];
