import { z } from "./table/zod";
import { addressRule } from "./address/addressRule";
import { accessFields, settingFields } from "./address/connection";
import { lxdTrustFields, pairRule, trustRule } from "./address/lxdAccess";
import { field, type Fields, type Spec } from "./table/field";
import { text } from "./table/types";
import { vmDefaultsRule } from "./vm/defaults";

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
