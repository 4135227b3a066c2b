import { z } from "../table/zod";
import { field, type Field, type Fields, type Spec } from "../table/field";
import { group, type Complaint } from "../table/gate";
import { flag, part, parts, switchable, told, word } from "../table/part";
import { hostPath, oneOf, text } from "../table/types";
import { isUnknown } from "../table/unknown";

/** What boots before the guest's own system, beside `os`. */
export const bootFields = {
  bootMenu: part(z.boolean().optional(), {
    doc: "Offer a menu of what to boot.",
    source: "<bootmenu enable>",
  }),
  bootMenuTimeout: part(z.int().min(0).max(65_535).optional(), {
    doc: "Milliseconds for which the menu is shown.",
    source: "<bootmenu timeout>",
  }),
  biosSerial: flag(false, {
    doc: "Show the BIOS on the serial console (SeaBIOS only).",
    source: "<bios useserial>",
  }),
  rebootTimeout: part(z.int().min(-1).max(65_535).optional(), {
    doc: "Milliseconds after which the firmware tries again to boot; -1 never.",
    source: "<bios rebootTimeout>",
  }),
  dtb: part(hostPath().optional(), { doc: "Device tree for the kernel.", source: "<dtb>" }),
} satisfies Fields;

export const firmwareFields = {
  type: part(oneOf("bios", "uefi").default("uefi"), {
    doc: "Default `uefi`. Without `firmware` the machine boots its usual one (BIOS on x86).",
    source: "<os firmware>; appendix 3",
  }),
  secureBoot: part(z.boolean().optional(), {
    doc: "Boot only what is signed.",
    source: "<firmware><feature name=secure-boot>",
  }),
  enrolledKeys: part(z.boolean().optional(), {
    doc: "With the vendor's keys in it from the start.",
    source: "<firmware><feature name=enrolled-keys>",
  }),
  loader: part(hostPath().optional(), {
    doc: "A firmware image of the host. Default: the host chooses one that fits.",
    source: "<loader>",
  }),
  nvram: part(hostPath().optional(), {
    doc: "Where the firmware's variables are kept. Default: the host's place; they survive every change and leave with the VM.",
    source: "<nvram>",
  }),
  nvramTemplate: part(hostPath().optional(), {
    doc: "What a new store of variables is made from.",
    source: "<nvram template>",
  }),
} satisfies Fields;

/** The names are those of libvirt's schema. */
const entries = (...names: readonly string[]) =>
  part(
    z
      .record(
        z
          .string()
          .refine((name) => names.includes(name), `must be one of ${names.join(", ")} (libvirt's rule)`),
        text().min(1),
      )
      .optional(),
    {
      ts: "Record<string, string>",
      doc: `Any of \`${names.join("`, `")}\`.`,
      source: "<sysinfo type=smbios>",
    },
  );

export const smbiosFields = {
  bios: entries("vendor", "version", "date", "release"),
  system: entries("manufacturer", "product", "version", "serial", "uuid", "sku", "family"),
  baseBoard: entries("manufacturer", "product", "version", "serial", "asset", "location"),
  chassis: entries("manufacturer", "version", "serial", "asset", "sku"),
  oemStrings: part(z.array(text().min(1)).min(1).optional(), {
    ts: "string[]",
    doc: "Free texts of the maker.",
    source: "<oemStrings>",
  }),
} satisfies Fields;

export const tpmFields = {
  type: part(oneOf("emulator", "passthrough").default("emulator"), {
    doc: "Default `emulator`.",
    source: "<tpm><backend type>",
  }),
  version: part(oneOf("1.2", "2.0").optional(), {
    same: (a, b) => (a ?? "2.0") === (b ?? "2.0"),
    doc: "Of an emulator. Default 2.0.",
    source: "<backend version>",
  }),
  model: word(["tpm-tis", "tpm-crb", "tpm-spapr"], {
    keep: true,
    doc: "What the guest sees. Default: the hypervisor's.",
    source: "<tpm model>",
  }),
  device: part(hostPath().optional(), {
    doc: "Device of the host for passthrough. Default /dev/tpm0.",
    source: "<backend><device path>",
  }),
  persistentState: flag(false, {
    doc: "Keep the emulator's state when the definition goes.",
    source: "<backend persistent_state>",
  }),
} satisfies Fields;

export const iommuFields = {
  model: part(oneOf("intel", "virtio", "smmuv3").default("intel"), {
    doc: "Default `intel`.",
    source: "<iommu model>",
  }),
  interruptRemapping: flag(false, { doc: 'Needs `features.ioapic: "qemu"`.', source: "<driver intremap>" }),
  cachingMode: flag(false, { doc: "For passthrough inside the guest.", source: "<driver caching_mode>" }),
  eim: flag(false, { doc: "More than 255 cores.", source: "<driver eim>" }),
  iotlb: flag(false, { doc: "Translation caches in devices.", source: "<driver iotlb>" }),
  addressBits: part(z.union([z.literal(39), z.literal(48)]).optional(), {
    doc: "Width of addresses.",
    source: "<driver aw_bits>",
  }),
} satisfies Fields;

export const launchSecurityFields = {
  type: field(oneOf("sev", "s390-pv"), {
    fate: "restart",
    doc: "Kind of confidential computing.",
    source: "<launchSecurity type>",
  }),
  policy: part(z.int().min(0).max(65_535).optional(), {
    doc: "Of sev, which must have one: the guest's policy, such as 3.",
    source: "<policy>",
  }),
  cbitpos: part(z.int().min(0).max(63).optional(), { doc: "Default: the host's.", source: "<cbitpos>" }),
  reducedPhysBits: part(z.int().min(0).max(63).optional(), {
    doc: "Default: the host's.",
    source: "<reducedPhysBits>",
  }),
  dhCert: part(text().optional(), { doc: "The guest owner's public key, base64.", source: "<dhCert>" }),
  session: part(text().optional(), { doc: "The session's blob, base64.", source: "<session>" }),
  kernelHashes: flag(false, {
    doc: "Measure kernel, initrd and command line too.",
    source: "<launchSecurity kernelHashes>",
  }),
} satisfies Fields;

const fwCfgFields = {
  name: field(
    z
      .string()
      .regex(
        /^opt\/[\x21-\x7e]{1,50}$/,
        'must begin with "opt/" (QEMU\'s rule), such as opt/org.example/key',
      ),
    { fate: "restart", doc: "Such as `opt/org.example/key`." },
  ),
  value: part(text().min(1).max(65_536).optional(), { doc: "The text itself.", source: "<entry>" }),
  file: part(hostPath().optional(), { doc: "A file of the host instead.", source: "<entry file>" }),
} satisfies Fields;

/** Where Ignition looks for its configuration. */
export const IGNITION = "opt/com.coreos/config";
/** It travels as one argument of QEMU's command line. */
const MOST_IGNITION = 120_000;

const ignition: Field<string | undefined> = field(
  z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .optional()
    .transform((value) => (typeof value === "object" ? JSON.stringify(value) : value))
    .refine(
      (value) => value === undefined || Buffer.byteLength(value) <= MOST_IGNITION,
      `must not be longer than ${MOST_IGNITION} bytes; fetch the rest from there (\`ignition.config.merge\`)`,
    ),
  {
    fate: "restart",
    secret: true,
    filled: true,
    ts: "string | Record<string, unknown>",
    doc: "Configuration for Ignition (Fedora CoreOS, Flatcar): an object or its JSON. Encrypted in state.",
    source: `fw_cfg ${IGNITION}`,
  },
);

/** The one that QEMU has where nothing is said: hosts need not know it as a firmware to choose. */
function isUsualBios(firmware: unknown): boolean {
  if (typeof firmware !== "object" || firmware === null) return firmware === undefined;
  const { type, loader } = firmware as { readonly type?: string; readonly loader?: string };
  return type === "bios" && loader === undefined;
}

/** A guest that runs also has what the host has chosen where nothing was said. */
function sameFirmware(configured: unknown, running: unknown): boolean {
  if (isUsualBios(configured) && isUsualBios(running)) return true;
  if (typeof configured !== "object" || typeof running !== "object") return false;
  const now = { ...running } as Record<string, unknown>;
  return Object.entries(configured ?? {}).every(([key, value]) => value === undefined || value === now[key]);
}

export const firmwareGroups = {
  firmware: told(
    firmwareFields,
    { fate: "restart", same: sameFirmware, doc: "What starts the machine.", source: "<os firmware>" },
    [
      function* ({ type, secureBoot, enrolledKeys, nvram, nvramTemplate, loader }): Iterable<Complaint> {
        if (isUnknown(type)) return;
        const uefiOnly = { secureBoot, enrolledKeys, nvram, nvramTemplate };
        for (const [key, value] of Object.entries(uefiOnly)) {
          if (type === "bios" && value !== undefined && value !== false)
            yield { path: [key], message: 'needs type "uefi"' };
        }
        if (enrolledKeys === true && secureBoot === false)
          yield { path: ["enrolledKeys"], message: "needs `secureBoot`" };
        if (loader === undefined && nvramTemplate !== undefined)
          yield { path: ["nvramTemplate"], message: "needs `loader`: the host chooses both or none" };
        if (loader !== undefined && enrolledKeys !== undefined)
          yield {
            path: ["enrolledKeys"],
            message: "cannot stand beside `loader`, which has its keys or has none",
          };
      },
    ],
  ),
  tpm: switchable(
    tpmFields,
    { fate: "restart", doc: "A trusted platform module; `true` for an emulated TPM 2.0.", source: "<tpm>" },
    [
      function* ({ type, version, device, model }): Iterable<Complaint> {
        if (version === "1.2" && model === "tpm-crb")
          yield { path: ["model"], message: 'needs version "2.0" (libvirt\'s rule)' };
        if (type === "emulator" && device !== undefined)
          yield { path: ["device"], message: 'needs type "passthrough"' };
        if (type === "passthrough" && version !== undefined)
          yield { path: ["version"], message: 'needs type "emulator"' };
      },
    ],
  ),
  iommu: switchable(iommuFields, {
    fate: "restart",
    doc: "An IOMMU in the guest; `true` for Intel's.",
    source: "<iommu>",
  }),
  smbios: group(
    smbiosFields,
    { fate: "restart", doc: "What the machine says of itself.", source: "<sysinfo type=smbios>" },
    [
      function* ({ system, bios }): Iterable<Complaint> {
        const date = isUnknown(bios) ? undefined : bios?.["date"];
        if (date !== undefined && !isUnknown(date) && !/^\d{1,2}\/\d{1,2}\/(\d{2}|\d{4})$/.test(date))
          yield {
            path: ["bios", "date"],
            message: "must be month/day/year, such as 01/31/2030 (libvirt's rule)",
          };
        if (system !== undefined && !isUnknown(system) && "uuid" in system)
          yield { path: ["system", "uuid"], message: "is the VM's own UUID, and cannot be another" };
      },
    ],
  ),
  fwCfg: parts(fwCfgFields, "name", { doc: "Entries of QEMU's fw_cfg.", source: "<sysinfo type=fwcfg>" }, [
    function* ({ name, value, file }): Iterable<Complaint> {
      if ((value === undefined) === (file === undefined))
        yield { path: [], message: "needs one of `value`, `file`" };
      if (name === IGNITION) yield { path: ["name"], message: "is what `ignition` stands for" };
    },
  ]),
  ignition,
  launchSecurity: group(
    launchSecurityFields,
    {
      fate: "restart",
      doc: "Confidential computing. AMD SEV wants `memoryTuning.hardLimit` a little above `memory`.",
      source: "<launchSecurity>",
    },
    [
      function* ({ type, ...sev }): Iterable<Complaint> {
        if (type === "sev" && sev.policy === undefined)
          yield { path: ["policy"], message: 'is required for type "sev" (libvirt\'s rule)' };
        for (const [key, value] of Object.entries(sev))
          if (type === "s390-pv" && value !== undefined) yield { path: [key], message: 'needs type "sev"' };
      },
    ],
  ),
} satisfies Fields;

interface FirmwareInput {
  readonly os?: Partial<Spec<typeof bootFields>>;
}

export function* firmwareRules({ os }: FirmwareInput): Iterable<Complaint> {
  if (os === undefined || isUnknown(os)) return;
  if (os.bootMenuTimeout !== undefined && os.bootMenu !== true && !isUnknown(os.bootMenu))
    yield { path: ["os", "bootMenuTimeout"], message: "needs `bootMenu: true`" };
}
