import type { Kind } from "../../provider/schema/table/field";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import type { StateResource } from "../support/pulumi";
import { merge, type Args, type Look, type Row } from "./row";
import { fieldsOf, staticFate } from "./table";

/** Rows that need no object of their own stand on this one. */
const TOGETHER = "running";

/** Arguments of every object of a kind, so that rows say only what matters to them. */
const COMMON: Partial<Record<Kind, Args>> = {
  Vm: { domainType: "qemu", memory: 24 },
  StorageVolume: { pool: "fates", size: "1MiB" },
};

const OVERRIDABLE = new Set(["running", ...Object.values(COMMON).flatMap((args) => Object.keys(args))]);

/** The logical name of the object that carries a row. */
export function carrierOf(row: Row): string {
  const field = fieldsOf(row.kind, "any").find(({ path }) => path === row.field);
  const alone = field === undefined || (staticFate(field) ?? "replace") === "replace";
  return `${row.kind}-${row.on ?? (alone ? row.field.replace(/\W+/g, "-") : TOGETHER)}`;
}

/** Arguments as they are made (`a`), previewed (`b`) and made (`c`): what the host lacks is left as it was. */
export type Sides = Readonly<Record<"a" | "b" | "c", Args>>;

export type Guest = "off" | "paused" | "booted";

/** VMs of some names have a guest, so that what is live, and what waits for a start, can be seen to be so. */
export function guestOf(row: Row): Guest {
  const name = carrierOf(row);
  return name.startsWith("Vm-running") ? "paused" : name.startsWith("Vm-booted") ? "booted" : "off";
}

const LINUX: Args = {
  running: true,
  memory: 192,
  os: { kernel: "$kernel", initrd: "$initrd", cmdline: "$cmdline" },
};

const POWER: Readonly<Record<Guest, Args>> = {
  off: { running: false },
  paused: { running: "paused" },
  booted: LINUX,
};

/** Of every kind, every object. */
export type Objects = Record<string, Record<string, Sides>>;

export function objectsOf(rows: readonly Row[]): Objects {
  const objects: Objects = {};
  for (const row of rows) {
    const name = carrierOf(row);
    const common = { ...COMMON[row.kind], ...(row.kind === "Vm" ? POWER[guestOf(row)] : {}) };
    const { a, b, lacks } = row;
    const mine: Sides = { a, b, c: lacks === undefined ? b : a };
    const all = (objects[row.kind] ??= {});
    const has: Sides = all[name] ?? { a: common, b: common, c: common };
    all[name] = { a: join(has.a, mine.a), b: join(has.b, mine.b), c: join(has.c, mine.c) };
  }
  return objects;
}

/** A row may say otherwise than what is common to its kind. */
function join(has: Args, mine: Args): Args {
  const said = Object.keys(mine).filter((key) => OVERRIDABLE.has(key));
  return merge(Object.fromEntries(Object.entries(has).filter(([key]) => !said.includes(key))), mine);
}

/** What virsh is asked about an object of each kind: its definition, what else there is to it, and the running guest. */
const QUESTIONS: Readonly<Record<string, (name: string, outs: Args) => readonly [string, string]>> = {
  Vm: (name) => [
    `dumpxml --inactive --security-info ${name}; dominfo ${name}`,
    `dumpxml --security-info ${name}`,
  ],
  LibvirtNetwork: (name) => [`net-dumpxml --inactive ${name}; net-info ${name}`, `net-dumpxml ${name}`],
  StoragePool: (name) => [`pool-dumpxml ${name}; pool-info ${name}`, ""],
  NwFilter: (name) => [`nwfilter-dumpxml ${name}`, ""],
  LibvirtSecret: (_, outs) => [`secret-dumpxml ${String(outs["uuid"])}`, ""],
  StorageVolume: (name, outs) => [`vol-dumpxml --pool ${String(outs["pool"])} ${name}`, ""],
};

const LINE = "==========";

/** Looks at all objects of the rows, in one conversation with each of the two hosts. */
export async function lookAtAll(
  host: ThrowawayHost,
  resources: readonly StateResource[],
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Look>> {
  const looks = new Map<string, Look>();
  const mine = resources.flatMap(({ urn, type, outputs = {} }) => {
    const logical = urn.split("::").at(-1) ?? "";
    const kind = type.split(":").at(-1) ?? "";
    return names.has(logical) ? [{ logical, kind, outs: outputs }] : [];
  });
  for (const address of ["qemu:///system", host.testAddress]) {
    const file = async (path: string): Promise<string> => (await host.exec(["cat", path])).stdout;
    const virsh = async (args: readonly string[]): Promise<string> =>
      (await host.exec(["virsh", "--quiet", "--connect", address, ...args])).stdout;
    const here = mine.filter(({ outs }) => isOn(outs, host.testAddress) === (address === host.testAddress));
    const questions = here.flatMap(({ kind, outs }) => {
      const [xml, live] = QUESTIONS[kind]?.(String(outs["name"]), outs) ?? ["", ""];
      return [`echo ${LINE}`, xml, `echo ${LINE}`, live];
    });
    const asked = questions.filter((question) => question !== "").join("; ");
    const answers = asked === "" ? [] : (await virsh([asked])).split(LINE).slice(1);
    here.forEach(({ logical, outs }, index) => {
      const [xml = "", live = ""] = [answers[2 * index], answers[2 * index + 1]];
      looks.set(logical, { name: String(outs["name"]), xml, live, outs, virsh, file });
    });
  }
  return looks;
}

function isOn(outs: Args, address: string): boolean {
  return (outs["host"] as Args | undefined)?.["address"] === address;
}

/** Where a row's witness looks. */
export async function seen({ where, part }: Row, look: Look): Promise<string> {
  if (where === "xml") return part(look.xml);
  return where === "state" ? JSON.stringify(look.outs) : where(look);
}
