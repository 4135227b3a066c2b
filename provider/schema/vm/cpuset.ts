import { z } from "../table/zod";
import { isUnknown } from "../table/unknown";

const MOST = 4095;
const PART = /^(\^)?(\d{1,4})(?:-(\d{1,4}))?$/;

/** CPUs or nodes of the host by number, in libvirt's notation with its exclusions (`0-3,^2`); undefined when it is none. */
export function numbersIn(text: string): number[] | undefined {
  const chosen = new Set<number>();
  for (const part of text.split(",")) {
    const [, not, first, last] = PART.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last ?? first)];
    if (first === undefined || from > to || to > MOST) return undefined;
    for (let each = from; each <= to; each++) {
      if (not === undefined) chosen.add(each);
      else chosen.delete(each);
    }
  }
  return chosen.size === 0 ? undefined : [...chosen].sort((a, b) => a - b);
}

/** As libvirt prints it: `0-3,5`. */
export function formatCpus(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const each of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === each - 1) last[1] = each;
    else ranges.push([each, each]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}

/** A set of numbers, such as `2`, `[2, 3]` or `"0-3,^2"`; kept as libvirt writes it, so that order means nothing. */
export const cpuset = (): z.ZodType<string> =>
  z
    .union([z.string(), z.number(), z.array(z.union([z.number(), z.string()]))])
    .transform((value, context) => {
      const numbers = numbersIn([value].flat().join(","));
      if (numbers !== undefined) return formatCpus(numbers);
      context.issues.push({
        code: "custom",
        message: 'must be a set of numbers from 0 to 4095, such as 2, [2, 3] or "0-3,^2"',
        input: value,
      });
      return z.NEVER;
    }) as unknown as z.ZodType<string>;

/** Sets by number: `{ 0: [2], 1: "3-4" }`. An empty one says nothing. */
export const cpusets = (what: string): z.ZodType<Record<string, string> | undefined> =>
  z.unknown().transform((value, context) => {
    const complain = (path: PropertyKey[], message: string): void => {
      context.issues.push({ code: "custom", path, message, input: value });
    };
    if (value === undefined || isUnknown(value)) return value as undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      complain([], `must be an object of ${what} numbers, such as { 0: [2], 1: [3] }`);
      return z.NEVER;
    }
    const out: Record<string, string> = {};
    for (const [key, set] of Object.entries(value)) {
      if (!/^\d{1,4}$/.test(key)) complain([key], `is no number of a ${what}`);
      if (isUnknown(set)) out[key] = String(set);
      else {
        const result = cpuset().safeParse(set);
        if (result.success) out[String(Number(key))] = result.data;
        else complain([key], result.error.issues[0]?.message ?? "is no set of CPUs");
      }
    }
    return Object.keys(out).length === 0 ? undefined : out;
  }) as unknown as z.ZodType<Record<string, string> | undefined>;

export const CPUSET_TS = "string | number | number[]";

/**
 * The CPUs of the host that a VM is pinned to, where each of its cores is (R115): it can have no others, however many
 * cores it has. A VM that may roam over more CPUs than it has cores counts by its cores.
 */
export function pinnedCoresOf(
  pin: Readonly<Record<string, string>> | undefined,
  cores: number,
): readonly number[] | undefined {
  const cpus = cpusOf(pin, cores);
  return cpus === undefined || cpus.length > cores ? undefined : cpus;
}

/** All CPUs of the host that a VM can run on, where each of its cores is pinned. */
export function cpusOf(
  pin: Readonly<Record<string, string>> | undefined,
  cores: number,
): readonly number[] | undefined {
  if (pin === undefined || isUnknown(pin)) return undefined;
  const sets = Array.from({ length: cores }, (_, core) => numbersIn(pin[String(core)] ?? ""));
  return sets.some((set) => set === undefined) ? undefined : [...new Set(sets.flatMap((set) => set ?? []))];
}

/** The CPUs of a pinning that a plain list can say: one for each core, from 0, each another and in ascending order. */
export function ascendingPins(pin: Readonly<Record<string, string>>): readonly number[] | undefined {
  const sets = Object.keys(pin).map((_key, core) => numbersIn(pin[String(core)] ?? ""));
  const cpus = sets.flatMap((set) => (set?.length === 1 ? set : []));
  const rising = cpus.every((cpu, index) => index === 0 || cpu > (cpus[index - 1] ?? -1));
  return cpus.length === sets.length && rising ? cpus : undefined;
}
