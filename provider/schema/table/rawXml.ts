import { text } from "./types";
import { z } from "./zod";

/** Pieces of XML, one or several: whether they can be read is told in preview, what they mean by the host alone. */
export const rawXml = (): z.ZodType<string[]> =>
  z
    .union([piece(), z.array(piece())])
    .transform((value) => [value].flat())
    .default([]) as unknown as z.ZodType<string[]>;

const piece = (): z.ZodType<string> =>
  text().superRefine((value, context) => {
    const { XMLValidator } = require("fast-xml-parser") as typeof import("fast-xml-parser");
    const verdict = XMLValidator.validate(`<raw>${value}</raw>`);
    if (verdict !== true)
      context.addIssue({
        code: "custom",
        message: `cannot be read as XML: line ${verdict.err.line}: ${verdict.err.msg}`,
      });
  }) as unknown as z.ZodType<string>;
