import { z } from "../table/zod";
import { field, type Fields } from "../table/field";
import { configKeys } from "../lxdConfig";
import { deviceName, oneOf } from "../table/types";

/** Keys that are set through a field of their own, or by us; the rest of LXD's keys go as they are. */
const FIELDS: Readonly<Record<string, string>> = {
  "limits.cpu": "cores",
  "limits.memory": "memory",
  "limits.memory.hugepages": "hugepages",
  "boot.autostart": "autostart",
};
const LIVE_KEY = /^(user|boot|cloud-init|snapshots|environment)\./;

export const KEYS_TS = "Record<string, string | number | boolean>";

/** Devices that a list of the table has. */
const LISTS: Readonly<Record<string, string>> = { disk: "disks", nic: "interfaces" };

const devices = (): z.ZodType<Record<string, Record<string, string>>> =>
  z.record(deviceName(), configKeys({})).superRefine((value, context) => {
    for (const [name, { type }] of Object.entries(value)) {
      const own = LISTS[type ?? ""];
      if (type === undefined)
        context.addIssue({ code: "custom", message: "is required", path: [name, "type"] });
      if (own !== undefined)
        context.addIssue({ code: "custom", message: `is for \`${own}\``, path: [name, "type"] });
    }
  }) as unknown as z.ZodType<Record<string, Record<string, string>>>;

/** Which keys differ between two sets of them. */
function changedKeys(before: unknown, after: unknown): string[] {
  const [a, b] = [(before ?? {}) as Record<string, string>, (after ?? {}) as Record<string, string>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
}

/** What only an LXD instance has. */
export const vmLxdFields = {
  instanceType: field(oneOf("virtual-machine", "container").optional(), {
    fate: "replace",
    keep: true,
    doc: "A virtual machine, or on LXD a system container. Default `virtual-machine`.",
    source: "instance type",
  }),
  target: field(
    z
      .string()
      .regex(/^@?[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a member of the cluster, or a group such as @fast")
      .optional(),
    {
      fate: "live",
      keep: true,
      hosts: ["lxd"],
      doc: 'The member of an LXD cluster that the VM is on, or a group of members (`@fast`) of which LXD takes one. Another one moves the VM, with its disks; a guest that runs is off meanwhile, where the program lets it (`restart: "ifNeeded"`), or is prepared by the key `migration.stateful`. A VM that was moved by hand goes back with its next change, as soon as it can. Default: LXD chooses.',
      source: "?target=",
    },
  ),
  profiles: field(z.array(z.string().min(1)).optional(), {
    fate: "restart",
    keep: true,
    hosts: ["lxd"],
    ts: "string[]",
    doc: "LXD profiles, the later ones over the earlier. Default: `default`.",
    source: "profiles",
  }),
  config: field(configKeys(FIELDS).optional(), {
    fate: (before, after) =>
      changedKeys(before, after).every((key) => LIVE_KEY.test(key)) ? "live" : "restart",
    hosts: ["lxd"],
    ts: KEYS_TS,
    doc: "LXD configuration keys for what has no field yet, such as `security.secureboot`. Keys that others have set stay.",
    source: "config",
  }),
  devices: field(devices().optional(), {
    fate: "live",
    filled: true,
    hosts: ["lxd"],
    ts: `Record<string, ${KEYS_TS}>`,
    doc: 'LXD devices of types that have no field, such as `{ web: { type: "proxy", listen: "tcp:0.0.0.0:80", connect: "tcp:127.0.0.1:80" } }`.',
    source: "devices",
  }),
} satisfies Fields;
