import { device, type Args, type Row } from "../row";

const tcp = { type: "tcp", host: "127.0.0.1", mode: "bind" };
const folder = "/var/lib/libvirt/images/fates";

/** What serial lines, consoles and channels have in common; ports from `port` on are theirs. */
function lines(
  list: "serials" | "consoles" | "channels",
  port: number,
  with_: (field: string) => Args,
  on: (field: string) => string,
): readonly Row[] {
  const line = (field: string, a: unknown, b: unknown, shows: RegExp, has: Args): Row =>
    device(list, field, a, b, shows, { with: { ...with_(field), ...has }, on: on(field) });
  const file = { type: "file", path: `${folder}/${list}` };
  return [
    line("name", "", "", /./, {}),
    line("type", "pty", "null", /type='null'/, {}),
    line("path", `${folder}/${list}-one`, `${folder}/${list}-two`, /-two'/, { type: "file" }),
    line("append", false, true, /append='on'/, file),
    calling(line("mode", "bind", "connect", /mode='connect'/, { ...tcp, ...with_("caller") }), port),
    line("host", "127.0.0.1", "127.0.0.2", /host='127.0.0.2'/, { ...tcp, service: port + 2 }),
    line("service", port + 3, port + 4, new RegExp(`service='${port + 4}'`), tcp),
    line("protocol", "raw", "telnet", /<protocol type='telnet'/, { ...tcp, service: port + 5 }),
    line("logFile", `${folder}/log-a`, `${folder}/log-b`, /file='\S+log-b'/, {}),
  ];
}

/** Listens, and then calls another of the same kind, which listens throughout. */
function calling(given: Row, port: number): Row {
  const list = given.field.slice(0, given.field.indexOf("["));
  const side = (args: Args, service: number): Args => {
    const [item = {}] = args[list] as readonly Args[];
    const listener = { ...item, name: "listener", mode: "bind", service: port };
    return {
      ...args,
      [list]: [
        ...("target" in item ? [{ ...listener, target: "org.example.listener" }] : [listener]),
        { ...item, service },
      ],
    };
  };
  return { ...given, a: side(given.a, port + 1), b: side(given.b, port) };
}

const inRunning = (list: string) => (): string => `running-${list}`;
/** A machine has few serial ports. */
const byInitial =
  (list: string) =>
  (field: string): string =>
    `${list}-${field.slice(0, 1)}`;

const redirection = (field: string, a: unknown, b: unknown, shows: RegExp, has: Args = {}): Row =>
  device("redirections", field, a, b, shows, {
    with: has,
    on: "running-redirections",
    needs: { graphics: { type: "spice" } },
  });

const shared = (field: string, a: unknown, b: unknown, shows: RegExp, has: Args = {}): Row =>
  device("sharedMemory", field, a, b, shows, { with: has });

const share = (field: string, a: unknown, b: unknown, shows: RegExp, has: Args = {}): Row =>
  device("filesystems", field, a, b, shows, {
    with: {
      ...(field === "source" ? {} : { source: folder }),
      ...(field === "target" ? {} : { target: field }),
      ...has,
    },
    needs: { memoryBacking: { source: "memfd", access: "shared" } },
  });
const virtiofs = { type: "virtiofs" };

const pci = { pci: "0000:06:12.5" };
const mdev = "11111111-2222-4333-8444-5555555555";
const given = (field: string, a: unknown, b: unknown, shows: RegExp, has: Args = {}): Row =>
  device("hostDevices", field, a, b, shows, { with: has, off: "device to give away" });

/** What the new value needs and the old one cannot have. */
function besides(given: Row, more: Args): Row {
  const list = given.field.slice(0, given.field.indexOf("["));
  const [item] = given.b[list] as readonly Args[];
  return { ...given, b: { ...given.b, [list]: [{ ...item, ...more }] } };
}

export const rows: readonly Row[] = [
  device("inputs", "name", "", "", /./, { with: { type: "tablet" }, on: "running-inputs" }),
  device("inputs", "type", "mouse", "keyboard", /<input type='keyboard'/, {
    with: { bus: "usb" },
    on: "running-inputs",
  }),
  device("inputs", "bus", "usb", "virtio", /bus='virtio'/, { with: { type: "mouse" }, on: "running-inputs" }),
  ...["iommu", "ats", "packed"].flatMap((way) => [
    device("inputs", way, false, true, new RegExp(`${way}='on'`), {
      with: { type: "tablet", bus: "virtio" },
      on: "running-inputs",
    }),
    share(way, false, true, new RegExp(`${way}='on'`)),
  ]),
  device("inputs", "path", "/dev/input/one", "/dev/input/two", /dev='\/dev\/input\/two'/, {
    with: { type: "evdev" },
    off: "input device",
  }),
  ...lines("serials", 4100, () => ({}), byInitial("serials")),
  device("serials", "device", "isa-serial", "pci-serial", /<target type='pci-serial'/, {
    on: "serial-device",
  }),
  ...lines("consoles", 4200, () => ({}), byInitial("consoles")),
  ...lines("channels", 4300, (field) => ({ target: `org.example.${field}` }), inRunning("channels")),
  device("channels", "target", "org.example.one", "org.example.two", /org.example.two/, {
    on: "running-channels",
  }),
  redirection("name", "", "", /./),
  besides(redirection("type", "spicevmc", "tcp", /type='tcp'/), { ...tcp, service: 4406 }),
  calling(redirection("mode", "bind", "connect", /mode='connect'/, tcp), 4400),
  redirection("host", "127.0.0.1", "127.0.0.2", /host='127.0.0.2'/, { ...tcp, service: 4402 }),
  redirection("service", 4403, 4404, /service='4404'/, tcp),
  shared("name", "", "", /./, { size: "4MiB" }),
  shared("size", "1MiB", "2MiB", /<size unit='M'>2</),
  besides(shared("model", "ivshmem-plain", "ivshmem-doorbell", /ivshmem-doorbell/), { server: "/run/three" }),
  shared("role", "peer", "master", /role='master'/, { size: "1MiB" }),
  shared("server", "/run/one", "/run/two", /path='\/run\/two'/, { model: "ivshmem-doorbell" }),
  share("name", "", "", /./),
  share("source", folder, "/srv", /dir='\/srv'/),
  share("target", "one", "two", /<target dir='two'/),
  share("type", "9p", "virtiofs", /<driver type='virtiofs'/),
  share("accessMode", "mapped", "squash", /accessmode='squash'/),
  share("readOnly", false, true, /<readonly\/>/),
  share("queue", 512, 1024, /queue='1024'/, virtiofs),
  share("cache", "none", "always", /<cache mode='always'/, virtiofs),
  share("xattr", true, false, /xattr='off'/, virtiofs),
  share("binary", "/usr/lib/qemu/one", "/usr/lib/qemu/two", /path='\/usr\/lib\/qemu\/two'/, virtiofs),
  given("name", "", "", /./, { pci: "0000:06:10.1" }),
  given("pci", "0000:06:11.1", "0000:06:11.2", /slot='0x11' function='0x2'/),
  given("usb", "1234:beef", "1234:beee", /id='0xbeee'/),
  given("mdev", `${mdev}01`, `${mdev}02`, /5555555555-?02|55555555502|02'/),
  given("scsi", "host0:0:0:1", "host0:0:0:2", /unit='2'/),
  given("managed", true, false, /managed='no'/, { pci: "0000:06:12.1" }),
  { ...given("model", "vfio-pci", "vfio-ccw", /./, { mdev: `${mdev}03` }), on: "ccw", lacks: "channel I/O" },
  device("hostDevices", "display", false, true, /display='on'/, {
    with: { mdev: `${mdev}04` },
    off: "device to give away",
    needs: { graphics: { type: "vnc" } },
  }),
  given("optional", false, true, /startupPolicy='optional'/, { usb: "1234:0001" }),
  given("romBar", true, false, /<rom bar='off'/, { pci: "0000:06:12.3" }),
  given("romFile", `${folder}/rom-a`, `${folder}/rom-b`, /file='\S+rom-b'/, pci),
];
