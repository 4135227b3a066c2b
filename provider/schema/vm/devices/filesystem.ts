import { z } from "../../table/zod";
import { field, type Field, type Fields, type Spec } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { flag, part, parts, word } from "../../table/part";
import { deviceName, hostPath, oneOf, text } from "../../table/types";
import { isUnknown, knownList } from "../../table/unknown";
import { sharesMemory, type SharedInput } from "../memory";
import { virtioFields } from "./virtio";

export const filesystemFields = {
  name: field(deviceName(), {
    fate: "restart",
    doc: "The name by which this program knows the share. Order means nothing.",
  }),
  source: part(hostPath(), { doc: "A folder of the host.", source: "<source dir>" }),
  target: part(text().regex(/^[^\s,]{1,36}$/, "must be a mount tag of up to 36 characters without spaces"), {
    doc: "The tag by which the guest mounts it.",
    source: "<target dir>",
  }),
  type: part(oneOf("virtiofs", "9p").default("9p"), {
    doc: '`virtiofs` is quicker, and needs `memoryBacking.access: "shared"`. Default `9p`.',
    source: "<filesystem><driver type>",
  }),
  accessMode: word(["passthrough", "mapped", "squash"], {
    doc: "Whose rights count, for 9p. Default `passthrough`.",
    source: "<filesystem accessmode>",
  }),
  readOnly: flag(false, { doc: "Default false.", source: "<readonly>" }),
  queue: part(z.int().min(1).max(32_768).optional(), {
    doc: "Length of the queue, for virtiofs.",
    source: "<driver queue>",
  }),
  cache: word(["none", "always"], { doc: "For virtiofs.", source: "<binary><cache mode>" }),
  xattr: part(z.boolean().optional(), {
    doc: "Extended attributes, for virtiofs.",
    source: "<binary xattr>",
  }),
  binary: part(hostPath().optional(), {
    doc: "The virtiofsd to use. Default: the host's.",
    source: "<binary path>",
  }),
  ...virtioFields,
} satisfies Fields;

export const filesystems: Field<Spec<typeof filesystemFields>[] | undefined> = parts(
  filesystemFields,
  "name",
  { doc: "Folders of the host in the guest.", source: "<filesystem>" },
  [
    function* ({ type, accessMode, readOnly, queue, cache, xattr, binary }): Iterable<Complaint> {
      if (isUnknown(type)) return;
      if (type === "virtiofs") {
        if (accessMode !== undefined && accessMode !== "passthrough")
          yield { path: ["accessMode"], message: 'must be "passthrough" for virtiofs (libvirt\'s rule)' };
        if (readOnly === true) yield { path: ["readOnly"], message: 'needs type "9p" (libvirt\'s rule)' };
      }
      for (const [key, value] of Object.entries({ queue, cache, xattr, binary })) {
        if (type === "9p" && value !== undefined) yield { path: [key], message: 'needs type "virtiofs"' };
      }
    },
  ],
);

interface FilesystemInput extends SharedInput {
  readonly filesystems?: readonly { readonly type?: string }[];
}

/** The daemon of virtiofs works in the guest's own memory. */
export function* filesystemRules({ filesystems: shares, ...memory }: FilesystemInput): Iterable<Complaint> {
  if (sharesMemory(memory) !== false) return;
  for (const [index, { type }] of knownList(shares).entries()) {
    if (type === "virtiofs")
      yield {
        path: ["filesystems", index, "type"],
        message: 'virtiofs needs `memoryBacking: { source: "memfd", access: "shared" }` (libvirt\'s rule)',
      };
  }
}
