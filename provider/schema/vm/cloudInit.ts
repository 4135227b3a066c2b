import { z } from "../table/zod";
import { field, type Fields, type Spec } from "../table/field";

/** Text as it is, or an object that is written as YAML. */
const document = (): z.ZodType<string | Record<string, unknown> | undefined> =>
  z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional();

export const cloudInitFields = {
  userData: field(document(), {
    fate: "live",
    secret: true,
    ts: "string | Record<string, unknown>",
    doc: "User data: an object is written as `#cloud-config`, a text is taken as it is. Encrypted in state.",
    source: "NoCloud `user-data`",
  }),
  metaData: field(document(), {
    fate: "live",
    ts: "string | Record<string, unknown>",
    doc: "Meta data. Default: an `instance-id` that stays with the VM, and its name as `local-hostname`.",
    source: "NoCloud `meta-data`",
  }),
  networkConfig: field(document(), {
    fate: "live",
    ts: "string | Record<string, unknown>",
    doc: "Network configuration. Default: the addresses that the `constraints` of interfaces ask for (`ip`, `mode`), where any does; else the guest's own (DHCP on the first interface).",
    source: "NoCloud `network-config`",
  }),
} satisfies Fields;

export type CloudInitSpec = Spec<typeof cloudInitFields>;
