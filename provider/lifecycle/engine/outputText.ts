import type { Complaint } from "../../schema/table/gate";
import { isOutputText } from "../../schema/table/outputText";

/** Texts that were made of an Output before its value was known: the SDK puts a whole paragraph in the place of the value. */
export function outputTexts(value: unknown, path: Complaint["path"] = []): Complaint[] {
  if (typeof value === "string")
    return isOutputText(value)
      ? [
          {
            path,
            message:
              "is made of an Output as if it were a text; write pulumi.interpolate`on ${pool.name}`, which waits for its value",
          },
        ]
      : [];
  if (Array.isArray(value)) return value.flatMap((each, index) => outputTexts(each, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => outputTexts(inner, [...path, key]));
}
