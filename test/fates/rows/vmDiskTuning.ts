import { disk, type Args, type Row } from "../row";

const owned = { pool: "fates", size: "1MiB" };
const onScsi = { ...owned, bus: "scsi" };

/** Limits share disks as far as they allow each other. */
function limit(field: string, a: number, b: number, beside: Args = {}): Row {
  const tag = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const way = field.startsWith("total") || field.startsWith("size") ? "total" : "each";
  const part = field.endsWith("Length") ? "length" : field.endsWith("Max") ? "peak" : "base";
  return disk(`iotune.${field}`, a, b, new RegExp(`<${tag}>${b}<`), {
    name: `limit-${way}-${part}`,
    with: { ...owned, ...(part === "base" ? {} : { iotune: beside }) },
  });
}

const TOTAL = ["totalBytesSec", "totalIopsSec"];
const EACH = ["readBytesSec", "writeBytesSec", "readIopsSec", "writeIopsSec"];
const under = (names: readonly string[], more: Args = {}): Args => ({
  ...Object.fromEntries(names.map((name) => [name, 1000])),
  ...more,
});
const peaks = (names: readonly string[]): Args =>
  Object.fromEntries(names.map((name) => [`${name}Max`, 9000]));

const limits = [TOTAL, EACH].flatMap((names) => [
  ...names.map((name) => limit(name, 2000, 3000)),
  ...names.map((name) => limit(`${name}Max`, 4000, 5000, under(names))),
  ...names.map((name) => limit(`${name}MaxLength`, 2, 3, under(names, peaks(names)))),
]);

export const rows: readonly Row[] = [
  ...limits,
  limit("sizeIopsSec", 4096, 8192),
  disk("detectZeroes", "on", "unmap", /detect_zeroes='unmap'/, { with: { ...owned, discard: "unmap" } }),
  disk("copyOnRead", false, true, /copy_on_read='on'/),
  disk("errorPolicy", "stop", "report", /error_policy='report'/),
  disk("readErrorPolicy", "stop", "ignore", /rerror_policy='ignore'/),
  disk("iothread", 1, 2, /iothread='2'/, {
    on: "running-threads",
    needs: { cpu: { iothreads: 2 } },
  }),
  disk("queues", 1, 2, /queues='2'/),
  disk("iommu", false, true, /iommu='on'/),
  disk("ats", false, true, /ats='on'/),
  disk("packed", false, true, /packed='on'/),
  disk("logicalBlockSize", 512, 1024, /logical_block_size='1024'/, {
    with: { ...owned, physicalBlockSize: 1024 },
  }),
  disk("physicalBlockSize", 1024, 4096, /physical_block_size='4096'/),
  disk("shareable", false, true, /<shareable\/>/, { with: { ...owned, format: "raw" } }),
  disk("wwn", "5000c50015ea71ac", "5000c50015ea71ad", /<wwn>5000c50015ea71ad</, { with: onScsi }),
  disk("vendor", "one", "two", /<vendor>two</, { with: onScsi }),
  disk("product", "one", "two", /<product>two</, { with: onScsi }),
  disk("rotationRate", 7200, 1, /rotation_rate='1'/, { with: onScsi }),
  disk("removable", false, true, /removable='on'/, { with: { ...owned, bus: "usb" } }),
  disk("startupPolicy", "mandatory", "optional", /startupPolicy='optional'/, {
    with: { volume: "fates/one", device: "cdrom", format: "raw" },
  }),
];
