import { z } from "../../table/zod";
import { field, type Fields } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { flag, part, switchable, word } from "../../table/part";
import { hostPath, oneOf, text } from "../../table/types";

const tpmFields = {
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

export const tpm = switchable(
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
);

const iommuFields = {
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

export const iommu = switchable(iommuFields, {
  fate: "restart",
  doc: "An IOMMU in the guest; `true` for Intel's.",
  source: "<iommu>",
});

const launchSecurityFields = {
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

export const launchSecurity = group(
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
);
