import { isDeepStrictEqual } from "node:util";
import { VIR_DOMAIN_AFFECT_LIVE } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import { param, type TypedParam } from "../rpc/wire/typedParams";
import type { LibvirtSession } from "../session";
import { sharesOf } from "../../schema/vm/cpu";
import { readPath } from "../xml/model";
import type { XmlElement } from "../xml/tree";
import { tolerate } from "./tolerate";

const flags = VIR_DOMAIN_AFFECT_LIVE;
/** libvirt's word for "no limit", in KiB. */
const UNLIMITED_KIB = 9007199254740991n;

type Sets = Readonly<Record<string, string>>;

interface Tuning {
  /** Field of the model, by path. */
  readonly path: string;
  readonly calls: (
    session: LibvirtSession,
    dom: Dom,
    after: unknown,
    before: unknown,
  ) => readonly Promise<unknown>[];
}

const scheduler = (path: string, toParam: (value: unknown) => TypedParam | undefined): Tuning => ({
  path,
  calls: (session, dom, after) =>
    [toParam(after)].flatMap((value) =>
      value === undefined
        ? []
        : [session.call("domain_set_scheduler_parameters_flags", { dom, params: [value], flags })],
    ),
});

const memory = (path: string, name: string): Tuning => ({
  path,
  calls: (session, dom, after) => [
    session.call("domain_set_memory_parameters", {
      dom,
      params: [param.ullong(name, after === undefined ? UNLIMITED_KIB : BigInt(Number(after)) * 1024n)],
      flags,
    }),
  ],
});

const pins = (
  path: string,
  pin: (session: LibvirtSession, dom: Dom, id: number, map: Buffer) => Promise<void>,
): Tuning => ({
  path,
  calls: (session, dom, after, before) =>
    Object.entries((after ?? {}) as Sets)
      .filter(([id, set]) => (before as Sets | undefined)?.[id] !== set)
      .map(([id, set]) => pin(session, dom, Number(id), cpumap(set))),
});

/** What a running guest can be given of the host while it runs, and the call that gives it. */
const TUNINGS: readonly Tuning[] = [
  // First, because pins need them.
  {
    path: "cpu.iothreads",
    calls: (session, dom, after, before) => {
      const [from, to] = [Number(before ?? 0), Number(after ?? 0)];
      const ids = Array.from({ length: Math.abs(to - from) }, (_, index) => Math.min(from, to) + index + 1);
      const call = to > from ? "domain_add_iothread" : "domain_del_iothread";
      return ids.map((id) => session.call(call, { dom, iothread_id: id, flags }));
    },
  },
  scheduler("cpu.shares", (value) =>
    value === undefined ? undefined : param.ullong("cpu_shares", BigInt(Number(value))),
  ),
  scheduler("cpu.share", (value) =>
    value === undefined ? undefined : param.ullong("cpu_shares", BigInt(sharesOf(value))),
  ),
  scheduler("cpu.period", (value) => param.ullong("vcpu_period", BigInt(Number(value ?? 100_000)))),
  scheduler("cpu.quota", (value) => param.llong("vcpu_quota", BigInt(Number(value ?? -1)))),
  pins("cpu.pin", (session, dom, vcpu, map) =>
    session.call("domain_pin_vcpu_flags", { dom, vcpu, cpumap: map, flags }),
  ),
  pins("cpu.iothreadPin", (session, dom, id, map) =>
    session.call("domain_pin_iothread", { dom, iothreads_id: id, cpumap: map, flags }),
  ),
  {
    path: "cpu.emulatorPin",
    calls: (session, dom, after) =>
      after === undefined
        ? []
        : [session.call("domain_pin_emulator", { dom, cpumap: cpumap(String(after)), flags })],
  },
  memory("memoryTuning.swapHardLimit", "swap_hard_limit"),
  memory("memoryTuning.hardLimit", "hard_limit"),
  memory("memoryTuning.softLimit", "soft_limit"),
  {
    path: "numa.nodes",
    calls: (session, dom, after) =>
      after === undefined
        ? []
        : [
            session.call("domain_set_numa_parameters", {
              dom,
              params: [param.string("numa_nodeset", String(after))],
              flags,
            }),
          ],
  },
];

/** What the guest cannot be given now it gets at its next start. */
export async function syncTuning(
  session: LibvirtSession,
  dom: Dom,
  live: XmlElement,
  wanted: XmlElement,
): Promise<void> {
  for (const { path, calls } of TUNINGS) {
    const [before, after] = [readPath(live, path), readPath(wanted, path)];
    if (isDeepStrictEqual(before, after)) continue;
    await Promise.all(calls(session, dom, after, before).map((call) => tolerate(wanted, call)));
  }
}

/** One bit for each CPU, the lowest first. */
function cpumap(set: string): Buffer {
  const numbers = set.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  const map = Buffer.alloc(Math.floor(Math.max(...numbers) / 8) + 1);
  for (const each of numbers) {
    const at = Math.floor(each / 8);
    map[at] = (map[at] ?? 0) | (1 << (each % 8));
  }
  return map;
}
