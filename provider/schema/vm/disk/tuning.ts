import { z } from "../../table/zod";
import type { Fields, Spec } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { flag, part, word } from "../../table/part";
import { text } from "../../table/types";
import { parseSize } from "../../table/units";
import { isUnknown } from "../../table/unknown";
import { virtioFields, virtioRules } from "../devices/virtio";

/** Bytes in a second: a bare number, or a size such as `100MiB`. */
const rate = (): z.ZodType<number> =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const bytes = typeof value === "number" ? value : parseSize(value);
    if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes > 0 && bytes <= 1e15) return bytes;
    context.issues.push({
      code: "custom",
      message: 'must be bytes in a second, as a number or as "100MiB"',
      input: value,
    });
    return z.NEVER;
  }) as unknown as z.ZodType<number>;

const bytes = (doc: string, source: string) =>
  part(rate().optional(), { fate: "live", ts: "string | number", doc, source: `<iotune><${source}>` });
const number = (doc: string, source: string) =>
  part(z.int().min(1).max(1e12).optional(), { fate: "live", doc, source: `<iotune><${source}>` });

const SECONDS = "For how many seconds the peak may last. Default 1.";

/** OpenNebula's thirteen limits (appendix 3). */
const iotuneFields = {
  totalBytesSec: bytes("Bytes in a second, reading and writing together.", "total_bytes_sec"),
  readBytesSec: bytes("Bytes in a second, reading.", "read_bytes_sec"),
  writeBytesSec: bytes("Bytes in a second, writing.", "write_bytes_sec"),
  totalIopsSec: number("Operations in a second, reading and writing together.", "total_iops_sec"),
  readIopsSec: number("Operations in a second, reading.", "read_iops_sec"),
  writeIopsSec: number("Operations in a second, writing.", "write_iops_sec"),
  totalBytesSecMax: bytes("Peak of `totalBytesSec`.", "total_bytes_sec_max"),
  readBytesSecMax: bytes("Peak of `readBytesSec`.", "read_bytes_sec_max"),
  writeBytesSecMax: bytes("Peak of `writeBytesSec`.", "write_bytes_sec_max"),
  totalIopsSecMax: number("Peak of `totalIopsSec`.", "total_iops_sec_max"),
  readIopsSecMax: number("Peak of `readIopsSec`.", "read_iops_sec_max"),
  writeIopsSecMax: number("Peak of `writeIopsSec`.", "write_iops_sec_max"),
  totalBytesSecMaxLength: number(SECONDS, "total_bytes_sec_max_length"),
  readBytesSecMaxLength: number(SECONDS, "read_bytes_sec_max_length"),
  writeBytesSecMaxLength: number(SECONDS, "write_bytes_sec_max_length"),
  totalIopsSecMaxLength: number(SECONDS, "total_iops_sec_max_length"),
  readIopsSecMaxLength: number(SECONDS, "read_iops_sec_max_length"),
  writeIopsSecMaxLength: number(SECONDS, "write_iops_sec_max_length"),
  sizeIopsSec: number("Bytes that count as one operation.", "size_iops_sec"),
} satisfies Fields;

export type IotuneSpec = Spec<typeof iotuneFields>;

/** The names of the limits as libvirt spells them, in its files and on its wire. */
export const IOTUNE_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(iotuneFields).map((name) => [
    name,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);

/** What libvirt says at the start, or not at all. */
function* iotuneRules(given: Partial<IotuneSpec>): Iterable<Complaint> {
  const value = (name: string): number | undefined => {
    const found = (given as Readonly<Record<string, unknown>>)[name];
    return typeof found === "number" ? found : undefined;
  };
  for (const unit of ["BytesSec", "IopsSec"]) {
    for (const peak of ["", "Max"]) {
      for (const way of ["read", "write"]) {
        if (value(`total${unit}${peak}`) !== undefined && value(`${way}${unit}${peak}`) !== undefined)
          yield {
            path: [`${way}${unit}${peak}`],
            message: `cannot stand beside \`total${unit}${peak}\` (libvirt's rule)`,
          };
      }
    }
    for (const name of ["total", "read", "write"].map((way) => way + unit)) {
      const [base, most, length] = [value(name), value(`${name}Max`), value(`${name}MaxLength`)];
      if (most !== undefined && (base === undefined || most <= base))
        yield { path: [`${name}Max`], message: `must be above \`${name}\`` };
      if (length !== undefined && most === undefined)
        yield { path: [`${name}MaxLength`], message: `needs \`${name}Max\`` };
    }
  }
}

const blockSize = (doc: string, source: string) =>
  part(
    z
      .int()
      .min(512)
      .max(2 ** 21)
      .refine((value) => (value & (value - 1)) === 0, "must be a power of two, from 512")
      .optional(),
    { doc, source },
  );

export const diskTuningFields = {
  detectZeroes: word(["off", "on", "unmap"], {
    doc: "Do not write zeros; with `unmap` give their room back.",
    source: "<driver detect_zeroes>",
  }),
  copyOnRead: part(z.boolean().optional(), {
    doc: "Copy what is read of `backing` into the disk.",
    source: "<driver copy_on_read>",
  }),
  errorPolicy: word(["stop", "report", "ignore", "enospace"], {
    doc: "What a failed write does to the guest.",
    source: "<driver error_policy>",
  }),
  readErrorPolicy: word(["stop", "report", "ignore"], {
    doc: "What a failed read does to the guest.",
    source: "<driver rerror_policy>",
  }),
  iothread: part(z.int().min(1).max(64).optional(), {
    doc: "Which of `cpu.iothreads` serves the disk, from 1.",
    source: "<driver iothread>",
  }),
  queues: part(z.int().min(1).max(256).optional(), {
    doc: "Queues of a virtio disk.",
    source: "<driver queues>",
  }),
  ...virtioFields,
  shareable: flag(false, {
    doc: "Other VMs use it at the same time. Default false.",
    source: "<shareable>",
  }),
  wwn: part(
    z
      .string()
      .transform((value) => value.toLowerCase().replace(/^0x/, ""))
      .refine((value) => /^[0-9a-f]{16}$/.test(value), "must be 16 hexadecimal digits")
      .optional(),
    { doc: "World wide name that the guest sees, on bus scsi or ide.", source: "<wwn>" },
  ),
  vendor: part(
    text()
      .regex(/^[\x20-\x7e]{1,8}$/, "must be 1 to 8 characters")
      .optional(),
    { doc: "Vendor that the guest sees, on bus scsi.", source: "<vendor>" },
  ),
  product: part(
    text()
      .regex(/^[\x20-\x7e]{1,16}$/, "must be 1 to 16 characters")
      .optional(),
    { doc: "Product that the guest sees, on bus scsi.", source: "<product>" },
  ),
  removable: part(z.boolean().optional(), {
    doc: "What a USB disk says of itself.",
    source: "<target removable>",
  }),
  rotationRate: part(z.int().min(1).max(65_534).optional(), {
    doc: "Turns in a minute that the guest sees; 1 for a disk without turns. Not on virtio.",
    source: "<target rotation_rate>",
  }),
  logicalBlockSize: blockSize("Smallest block in bytes.", "<blockio logical_block_size>"),
  physicalBlockSize: blockSize("The disk's own block in bytes.", "<blockio physical_block_size>"),
  startupPolicy: word(["mandatory", "requisite", "optional"], {
    doc: "What a missing image of a cdrom or floppy does to the start.",
    source: "<source startupPolicy>",
  }),
  iotune: group(
    iotuneFields,
    { fate: "live", filled: true, doc: "Limits of what the disk may do in a second.", source: "<iotune>" },
    [iotuneRules],
  ),
} satisfies Fields;

type Given = Partial<Spec<typeof diskTuningFields>> & {
  readonly bus?: string;
  readonly device?: string;
  readonly format?: string;
  readonly volume?: string;
  readonly path?: string;
};

export function* diskTuningRules(given: Given): Iterable<Complaint> {
  const { bus, device, format, volume, path, shareable, startupPolicy } = given;
  if (isUnknown(bus) || isUnknown(device)) return;
  const disk = device === undefined || device === "disk";
  const chosen = bus ?? (disk ? "virtio" : "sata");
  const only = (key: keyof Given, buses: readonly string[]): Complaint[] =>
    given[key] === undefined || buses.includes(chosen)
      ? []
      : [{ path: [key], message: `means nothing on bus ${chosen}; it needs ${buses.join(", ")}` }];
  yield* only("queues", ["virtio"]);
  yield* virtioRules(given, chosen, 'bus "virtio"');
  yield* only("wwn", ["scsi", "ide"]);
  yield* only("vendor", ["scsi"]);
  yield* only("product", ["scsi"]);
  yield* only("rotationRate", ["scsi", "sata", "ide"]);
  yield* only("removable", ["usb"]);
  const { logicalBlockSize: logical, physicalBlockSize: physical = 512 } = given;
  if (typeof logical === "number" && (logical & (logical - 1)) === 0 && logical > Number(physical))
    yield {
      path: ["logicalBlockSize"],
      message: `must not be above \`physicalBlockSize\` (${physical}; QEMU's rule)`,
    };
  const own = volume === undefined && path === undefined;
  if (shareable === true && (format === "qcow2" || (own && format === undefined)))
    yield { path: ["shareable"], message: 'needs `format: "raw"`: several writers would ruin a qcow2 image' };
  if (startupPolicy !== undefined && disk)
    yield { path: ["startupPolicy"], message: "needs a cdrom or floppy" };
}
