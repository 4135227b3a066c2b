import { z } from "./zod";

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

export const MiB = 2 ** 20;
export const GiB = 2 ** 30;

const SIZE = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i;

/** Bytes of a text such as `2GiB`, `512 MiB`, `1.5G`, `10GB`; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = SIZE.exec(text) ?? [];
  const factor = BYTES[unit?.toUpperCase() ?? ""];
  return amount === undefined || factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

function sizeType(
  bare: { unit: "bytes" | "MiB" | "GiB"; bytes: number },
  example: string,
): z.ZodType<number> {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const bytes = typeof value === "number" ? value * bare.bytes : parseSize(value);
    const complain = (message: string): never => {
      context.issues.push({ code: "custom", message, input: value });
      return z.NEVER;
    };
    if (bytes === undefined) {
      return complain(
        `"${value}" is no size; write it as "${example}" (KiB, MiB, GiB, TiB or KB, MB, GB, TB), or a bare number of ${bare.unit}`,
      );
    }
    if (!(bytes > 0)) return complain(`must be more than 0, got ${value}`);
    if (!Number.isSafeInteger(Math.round(bytes)) || bytes > 2 ** 52)
      return complain(`${value} is too large for a size (a bare number is in ${bare.unit})`);
    return bytes;
  }) as unknown as z.ZodType<number>;
}

/** Memory: a bare number is MiB; kept in state as whole MiB, rounded up. */
export const memorySize = (): z.ZodType<number> =>
  sizeType({ unit: "MiB", bytes: MiB }, "2GiB").transform((bytes) => Math.ceil(bytes / MiB));

/** Disks and volumes: a bare number is GiB; kept in state as whole bytes. */
export const diskSize = (): z.ZodType<number> =>
  sizeType({ unit: "GiB", bytes: GiB }, "20GiB").transform((bytes) => Math.ceil(bytes));

/** Clusters of an image: a bare number is bytes; QEMU's limits. */
export const clusterSize = (): z.ZodType<number> =>
  sizeType({ unit: "bytes", bytes: 1 }, "64KiB").refine(
    (bytes) => bytes >= 512 && bytes <= 2 * MiB && Number.isInteger(Math.log2(bytes)),
    "must be a power of two from 512 bytes to 2 MiB",
  );

const DURATION = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*$/i;
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** A time span such as `90s`, `5m`, `1h`; a bare number is seconds. Kept in state as seconds. */
export const duration = (): z.ZodType<number> =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    // JSON has no negative zero.
    if (typeof value === "number" && value >= 0) return Math.abs(value);
    const [, amount, unit] = DURATION.exec(String(value)) ?? [];
    if (amount === undefined) {
      context.issues.push({
        code: "custom",
        message: `"${value}" is no time span; write it as "90s", "5m" or "1h", or a bare number of seconds`,
        input: value,
      });
      return z.NEVER;
    }
    return Number(amount) * (SECONDS[unit?.toLowerCase() ?? "s"] ?? 1);
  }) as unknown as z.ZodType<number>;

/** Sizes for messages: the largest binary unit that stays exact to one digit. */
export function formatBytes(bytes: number): string {
  for (const [unit, factor] of [
    ["TiB", 2 ** 40],
    ["GiB", GiB],
    ["MiB", MiB],
    ["KiB", 2 ** 10],
  ] as const) {
    if (bytes >= factor) return `${Number((bytes / factor).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}
