import { z } from "./zod";
import { addressRule } from "./addressRule";
import { accessFields, settingFields } from "./connection";
import { lxdTrustFields, pairRule, trustRule } from "./lxdAccess";
import { field, type Fields, type Spec } from "./field";
import { text } from "./types";
import { vmDefaultsRule } from "./vmDefaults";

export const vmHostFields = {
  ...accessFields,
  ...settingFields,
  ...lxdTrustFields,
  location: field(text().max(255).optional(), {
    fate: "record",
    doc: "Where the machine stands; free text.",
    source: "R31",
  }),
  allowUnreachable: field(z.boolean().default(false), {
    fate: "record",
    doc: "Let a refresh keep the last known facts, with a warning, when the host does not answer. Default false: an error.",
  }),
} satisfies Fields;

export type VmHostSpec = Spec<typeof vmHostFields>;

export const vmHostRules = [addressRule, vmDefaultsRule, pairRule, trustRule] as const;
