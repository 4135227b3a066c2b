import { row, type Row } from "../row";

const os = (field: string, a: unknown, b: unknown, shows: RegExp, needs = {}): Row =>
  row("Vm", `os.${field}`, a, b, shows, { on: `os-${field}`, needs: { os: needs } });

/** A kernel that boots nothing is enough for a guest that is off. */
const kernel = "fates/one";

export const rows: readonly Row[] = [
  os("arch", "x86_64", "i686", /<type arch='i686'/),
  os("machine", "pc-q35-7.2", "pc-q35-7.1", /machine='pc-q35-7.1'/),
  os("kernel", "fates/one", "fates/two", /<kernel>\S+two</),
  os("initrd", "fates/one", "fates/two", /<initrd>\S+two</, { kernel }),
  os("root", "vda1", "vdb1", /root=\/dev\/vdb1/, { kernel }),
  os("cmdline", "quiet", "loud", /<cmdline>loud</, { kernel }),
  os("boot", ["hd"], ["network", "hd"], /<boot dev='network'\/>\s*<boot dev='hd'\/>/),
  row(
    "Vm",
    "raw",
    "<devices><watchdog model='i6300esb' action='reset'/></devices>",
    "<devices><watchdog model='i6300esb' action='poweroff'/></devices>",
    /<watchdog model='i6300esb' action='poweroff'/,
  ),
];
