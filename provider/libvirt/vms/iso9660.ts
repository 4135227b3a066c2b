/**
 * A minimal ISO 9660 image with Joliet names (ECMA-119, Joliet 1.1): one folder, a few small files. That is all that
 * cloud-init's NoCloud source reads, and made in process it needs no tool on the machine that runs Pulumi.
 */
const SECTOR = 2048;
const [PRIMARY, JOLIET, TERMINATOR] = [16, 17, 18] as const;
const TABLES = [19, 20, 21, 22] as const;
const [PRIMARY_ROOT, JOLIET_ROOT, FIRST_FILE] = [23, 24, 25] as const;

interface Placed {
  readonly name: string;
  readonly data: Buffer;
  readonly sector: number;
}

export function isoImage(label: string, files: Readonly<Record<string, string>>): Buffer {
  let next: number = FIRST_FILE;
  const placed = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]): Placed => {
      const file = { name, data: Buffer.from(text, "utf8"), sector: next };
      next += Math.max(1, Math.ceil(file.data.length / SECTOR));
      return file;
    });
  const image = Buffer.alloc(next * SECTOR);
  const put = (sector: number, data: Buffer): void => void data.copy(image, sector * SECTOR);
  put(PRIMARY, descriptor(1, ascii(label, 32), PRIMARY_ROOT, [TABLES[0], TABLES[1]], next));
  put(JOLIET, descriptor(2, ucs2(label, 32), JOLIET_ROOT, [TABLES[2], TABLES[3]], next));
  put(TERMINATOR, Buffer.from([255, ...Buffer.from("CD001"), 1]));
  for (const [index, root] of [PRIMARY_ROOT, PRIMARY_ROOT, JOLIET_ROOT, JOLIET_ROOT].entries()) {
    put(TABLES[index] ?? 0, pathTable(root, index % 2 === 0));
  }
  put(
    PRIMARY_ROOT,
    folder(PRIMARY_ROOT, placed, (name) => Buffer.from(`${shortName(name)};1`, "ascii")),
  );
  put(
    JOLIET_ROOT,
    folder(JOLIET_ROOT, placed, (name) => Buffer.from(name, "utf16le").swap16()),
  );
  for (const { data, sector } of placed) put(sector, data);
  return image;
}

/** Volume descriptor; type 1 is the primary one, type 2 with its escape sequence Joliet's. */
function descriptor(
  type: 1 | 2,
  label: Buffer,
  root: number,
  [little, big]: readonly [number, number],
  sectors: number,
): Buffer {
  const out = Buffer.alloc(SECTOR);
  out.writeUInt8(type, 0);
  out.write("CD001", 1, "ascii");
  out.writeUInt8(1, 6);
  const blank = type === 1 ? ascii("", 32) : ucs2("", 32);
  blank.copy(out, 8);
  label.copy(out, 40);
  both32(sectors).copy(out, 80);
  if (type === 2) out.write("%/E", 88, "ascii");
  both16(1).copy(out, 120);
  both16(1).copy(out, 124);
  both16(SECTOR).copy(out, 128);
  both32(10).copy(out, 132);
  out.writeUInt32LE(little, 140);
  out.writeUInt32BE(big, 148);
  record(Buffer.from([0]), root, SECTOR, true).copy(out, 156);
  for (const at of [190, 318, 446, 574]) (type === 1 ? ascii("", 128) : ucs2("", 128)).copy(out, at);
  for (const at of [702, 739, 776]) (type === 1 ? ascii("", 37) : ucs2("", 37)).copy(out, at);
  for (const at of [813, 830, 847, 864]) out.write("0".repeat(16), at, "ascii");
  out.writeUInt8(1, 881);
  return out;
}

/** One entry: the root folder. */
function pathTable(root: number, littleEndian: boolean): Buffer {
  const out = Buffer.alloc(10);
  out.writeUInt8(1, 0);
  if (littleEndian) out.writeUInt32LE(root, 2);
  else out.writeUInt32BE(root, 2);
  if (littleEndian) out.writeUInt16LE(1, 6);
  else out.writeUInt16BE(1, 6);
  return out;
}

function folder(self: number, files: readonly Placed[], nameOf: (name: string) => Buffer): Buffer {
  const entries = files.map(({ name, data, sector }) => record(nameOf(name), sector, data.length, false));
  return Buffer.concat([
    record(Buffer.from([0]), self, SECTOR, true),
    record(Buffer.from([1]), self, SECTOR, true),
    ...entries,
  ]);
}

function record(name: Buffer, sector: number, size: number, isFolder: boolean): Buffer {
  const length = 33 + name.length + (name.length % 2 === 0 ? 1 : 0);
  const out = Buffer.alloc(length);
  out.writeUInt8(length, 0);
  both32(sector).copy(out, 2);
  both32(size).copy(out, 10);
  // 2000-01-01: the same content always gives the same image.
  Buffer.from([100, 1, 1, 0, 0, 0, 0]).copy(out, 18);
  out.writeUInt8(isFolder ? 2 : 0, 25);
  both16(1).copy(out, 28);
  out.writeUInt8(name.length, 32);
  name.copy(out, 33);
  return out;
}

function both32(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeUInt32LE(value, 0);
  out.writeUInt32BE(value, 4);
  return out;
}

function both16(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt16LE(value, 0);
  out.writeUInt16BE(value, 2);
  return out;
}

/** Primary names are 8.3 capitals; nobody who reads Joliet sees them. */
function shortName(name: string): string {
  return `${name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .slice(0, 8)}.`;
}

const ascii = (text: string, length: number): Buffer =>
  Buffer.from(text.padEnd(length, " ").slice(0, length), "ascii");

function ucs2(text: string, length: number): Buffer {
  const characters = Math.floor(length / 2);
  const out = Buffer.alloc(length);
  Buffer.from(text.padEnd(characters, " ").slice(0, characters), "utf16le").swap16().copy(out);
  return out;
}
