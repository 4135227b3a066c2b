import { z } from "./table/zod";
import { field, type Fields } from "./table/field";
import { oneOf } from "./table/types";
import { MiB, parseSize } from "./table/units";

const PERCENT = /^-?\d+(\.\d+)?%$/;

/** An amount or a share of the host; one with a minus adds instead (R58). */
const reserved = (
  amount: (text: string) => number | undefined,
  example: string,
): z.ZodType<number | `${number}%`> =>
  z.union([z.number(), z.string()]).transform((value, context) => {
    const text = String(value).trim();
    if (PERCENT.test(text) && Math.abs(parseFloat(text)) <= 100) return text as `${number}%`;
    const units = typeof value === "number" ? value : amount(text);
    if (units !== undefined) return units;
    context.issues.push({ code: "custom", message: `must be ${example}`, input: value });
    return z.NEVER;
  }) as unknown as z.ZodType<number | `${number}%`>;

function cores(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function mebibytes(text: string): number | undefined {
  const bytes = parseSize(text.replace(/^-/, ""));
  return bytes === undefined ? undefined : (text.startsWith("-") ? -1 : 1) * Math.ceil(bytes / MiB);
}

/** How far a host may be filled with VMs, beside its two ratios. */
export const limitFields = {
  reservedCpu: field(reserved(cores, 'a number of cores, or a share such as "10%"').optional(), {
    fate: "record",
    ts: "number | string",
    doc: 'Cores kept away from VMs before the ratio counts: a number, or a share such as "10%"; a negative one adds. Default 0.',
    source: "RESERVED_CPU; R58",
  }),
  reservedMemory: field(reserved(mebibytes, 'a size such as "2GiB", or a share such as "10%"').optional(), {
    fate: "record",
    ts: "number | string",
    doc: 'Memory kept away from VMs before the ratio counts: a size (a bare number is MiB), or a share such as "10%"; a negative one adds. Default 0.',
    source: "RESERVED_MEM; R58",
  }),
  overcommitScope: field(oneOf("allocated", "running").optional(), {
    fate: "record",
    doc: "Which VMs count against the limits: all of them (`allocated`, the default), or only those that are on (`running`), which then may not all be able to start.",
    source: "R53, R56",
  }),
  allowVmLargerThanHost: field(z.boolean().optional(), {
    fate: "record",
    doc: "No warning about a VM that alone has more cores or memory than the machine, which a ratio above 1 allows. Default false.",
    source: "R59",
  }),
} satisfies Fields;
