import { field, type Field } from "../../table/field";
import { deviceName } from "../../table/types";

/** The name by which a program knows one of several devices. */
export const name = (what: string): Field<string> =>
  field(deviceName(), {
    fate: "live",
    doc: `The name by which this program knows the ${what}. Order means nothing.`,
  });
