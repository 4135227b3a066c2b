import { z } from "../table/zod";
import { field, type Field, type FieldOptions, type Fields, type Spec } from "../table/field";
import { group, type Complaint } from "../table/gate";
import { parts } from "../table/part";
import { deviceName, listOf, oneOf, text } from "../table/types";
import { isUnknown, knownList } from "../table/unknown";
import { duration } from "../table/units";

const LXD = ["lxd"] as const;

/** Fields that LXD alone has. */
function onLxd<F extends Fields>(fields: F): F {
  const entries = Object.entries(fields).map(([name, each]) => [name, { ...each, hosts: LXD }]);
  return Object.fromEntries(entries) as unknown as F;
}

/** A file of the guest. */
const guestPath = (): z.ZodType<string> =>
  text()
    .max(4096)
    .refine(
      (value) => /^\/[^/]/.test(value) && !/\/($|\/)|\/\.\.?(\/|$)|\n/.test(value),
      'must be the absolute path of a file in the guest, without "//", "." and ".."',
    );

/** LXD carries the nine permission bits, and drops the others without a word. */
const mode = (): z.ZodType<string> =>
  z
    .string()
    .regex(/^0?[0-7]{3}$/, 'must be permissions in octal, such as "0644"')
    .transform((value) => value.padStart(4, "0")) as unknown as z.ZodType<string>;

const id = (): z.ZodNumber => z.int("must be a whole number").min(0, "must not be negative").max(4294967294);

export const fileFields = onLxd({
  path: field(guestPath(), {
    fate: "live",
    doc: "Where the file is in the guest. A symbolic link that is there is replaced by the file.",
    source: "POST files?path=",
  }),
  content: field(z.string().optional(), {
    fate: "live",
    doc: "What is in it, as text (UTF-8). Where the program makes it a secret (`pulumi.secret`), `files` is encrypted in state.",
  }),
  source: field(text().min(1).optional(), {
    fate: "live",
    doc: "In place of `content`: a file of the machine that runs Pulumi, of any size; relative to the program's folder. What is in it counts, not its date.",
  }),
  /** Of the file that `source` names, so that a change of it is one. */
  sha256: field(z.string().optional(), { fate: "live", internal: true, doc: "SHA-256 of `source`." }),
  mode: field(mode().default("0644"), {
    fate: "live",
    doc: 'Permissions in octal. Default "0644".',
    source: "X-LXD-mode",
  }),
  uid: field(id().default(0), {
    fate: "live",
    doc: "Owner in the guest. Default 0 (root).",
    source: "X-LXD-uid",
  }),
  gid: field(id().default(0), {
    fate: "live",
    doc: "Group in the guest. Default 0 (root).",
    source: "X-LXD-gid",
  }),
  createDirectories: field(z.boolean().default(false), {
    fate: "record",
    doc: "Make the folders above it that are missing, with mode 0755 and the file's owner; they stay when the file goes. Default false: an error.",
    source: "X-LXD-type: directory",
  }),
} satisfies Fields);

export type FileSpec = Spec<typeof fileFields>;

const record = { fate: "record" } as const;

export const commandFields = onLxd({
  name: field(deviceName(), {
    fate: "live",
    doc: "By which the command is known from one `up` to the next.",
  }),
  command: field(listOf(z.string()).pipe(z.array(z.string()).min(1, "must name a program")), {
    fate: "live",
    ts: "string[]",
    doc: 'Program and arguments, as they are; there is no shell unless it is named: `["sh", "-c", "…"]`.',
    source: "POST exec",
  }),
  environment: field(
    z.record(z.string().regex(/^[^=\0]+$/, "must be the name of a variable"), z.string()).optional(),
    {
      fate: "live",
      secret: true,
      eachSecret: true,
      ts: "Record<string, string>",
      doc: "Environment variables. `exec` is encrypted in state then, and so are the results of all commands.",
    },
  ),
  workingDir: field(guestPath().or(z.literal("/")).optional(), {
    fate: "live",
    doc: "Folder that it runs in. Default: the user's home.",
    source: "cwd",
  }),
  uid: field(id().optional(), {
    fate: "live",
    doc: "User that it runs as. Default 0 (root).",
    source: "user",
  }),
  gid: field(id().optional(), {
    fate: "live",
    doc: "Group that it runs as. Default 0 (root).",
    source: "group",
  }),
  trigger: field(oneOf("onChange", "once", "onStart").default("onChange"), {
    ...record,
    doc: "`onChange`: run when it is new, and again when one of its fields up to here changes. `once`: when it is new. `onStart`: also in each `up` that changes the VM and finds that the guest was started since. Default `onChange`.",
  }),
  timeout: field(duration().default(300), {
    ...record,
    ts: "string | number",
    doc: "How long it may run before it is killed. Default 5m.",
  }),
  failOnError: field(z.boolean().default(true), {
    ...record,
    doc: "An exit status other than 0 is an error: what follows is not run, the VM is kept, and the next `up` runs the command again. Default true.",
  }),
  recordOutput: field(z.boolean().default(false), {
    ...record,
    doc: "Keep the exit status and the last 64 KiB of stdout and stderr of its next run in the output `execResults`. A server before LXD 5.14 then does not kill it at its `timeout`. Default false.",
  }),
} satisfies Fields);

export type CommandSpec = Spec<typeof commandFields>;

/** What is written into the guest, and what is run in it. */
export const guestFields = {
  files: parts(
    fileFields,
    "path",
    {
      fate: "live",
      hosts: LXD,
      doc: "Files in the guest: written when the VM is made (after it was started, and has answered), and each again when it changes in the program. One that leaves the program is deleted, unless it was there before. What is done to them in the guest is not looked at. A virtual machine needs lxd-agent, and is waited for as long as `waitFor.timeout`; a container takes them also while it is off.",
      source: "/1.0/instances/{name}/files",
    },
    [onlyOneContent],
  ),
  exec: parts(commandFields, "name", {
    fate: "live",
    hosts: LXD,
    doc: "Commands that are run in the guest, in this order, after `files` are written. A virtual machine needs lxd-agent, and is waited for as long as `waitFor.timeout`.",
    source: "/1.0/instances/{name}/exec",
  }),
} satisfies Fields;

function* onlyOneContent({ content, source }: { content?: unknown; source?: unknown }): Iterable<Complaint> {
  if (content !== undefined && source !== undefined)
    yield { path: ["source"], message: "cannot stand beside `content`" };
  if (content === undefined && source === undefined)
    yield { path: ["content"], message: "is required, or `source`" };
}

type Items = readonly object[];

interface GuestInput {
  readonly files?: Items;
  readonly exec?: Items;
  readonly guestAgent?: boolean;
  readonly waitFor?: { readonly agent?: boolean };
}

/** No two of the same name, and no wait for what the VM has no channel for. */
export function* guestRules({ files, exec, guestAgent, waitFor }: GuestInput): Iterable<Complaint> {
  yield* twice(files, "files", "path");
  yield* twice(exec, "exec", "name");
  if (guestAgent === false && waitFor?.agent === true)
    yield { path: ["waitFor", "agent"], message: "cannot be waited for while `guestAgent` is false" };
}

function* twice(list: Items | undefined, at: "files" | "exec", key: "path" | "name"): Iterable<Complaint> {
  const taken = new Set<unknown>();
  for (const [index, item] of knownList(list).entries()) {
    const value = (item as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || isUnknown(value)) continue;
    if (taken.has(value))
      yield { path: [at, index, key], message: `${JSON.stringify(value)} stands in the list twice` };
    taken.add(value);
  }
}

export const waitFields = {
  address: field(z.union([z.boolean(), oneOf("ipv4", "ipv6")]).default(true), {
    fate: "record",
    doc: "Wait for a usable address (never loopback or link-local), of one family if named. Default true, or false beside `agent` or `cloudInit`.",
  }),
  source: field(oneOf("lease", "agent", "any").default("any"), {
    fate: "record",
    doc: "Where addresses come from: libvirt's DHCP leases, the guest agent, or either. Default `any`.",
    source: "virDomainInterfaceAddresses",
  }),
  agent: field(z.boolean().default(false), {
    fate: "record",
    doc: "Wait until the guest can be talked to: qemu-guest-agent answers, or lxd-agent does; a container runs. Default false.",
    source: "guest-network-get-interfaces; processes in LXD's state",
  }),
  cloudInit: field(z.boolean().default(false), {
    fate: "record",
    hosts: LXD,
    doc: "Wait until cloud-init has done its work (`cloud-init status --wait`). What it reports as an error is one, in its words; what it calls recoverable is a warning. Default false.",
    source: "exec",
  }),
  timeout: field(duration().default(300), {
    fate: "record",
    ts: "string | number",
    doc: "How long each of the waits may take. Default 5m.",
  }),
} satisfies Fields;

/** Whoever waits for something inside of the guest waits for an address only when he says so. */
export function waits(options: FieldOptions): Field<Spec<typeof waitFields> | undefined> {
  const { type, ...rest } = group(waitFields, options);
  const spread = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || isUnknown(value)) return value;
    const { agent, cloudInit, address } = value as Readonly<Record<string, unknown>>;
    const inside = agent === true || cloudInit === true;
    return inside && address === undefined ? { ...value, address: false } : value;
  };
  return { ...rest, switchable: true, type: z.preprocess(spread, type) };
}
