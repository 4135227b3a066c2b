import { XdrError, type XdrReader, type XdrWriter } from "./xdr";

/** How one type of the protocol is read and written. The generated tables are made of these. */
export interface Codec<T> {
  read(reader: XdrReader): T;
  write(writer: XdrWriter, value: T): void;
}

export const int: Codec<number> = {
  read: (reader) => reader.int(),
  write: (writer, value) => void writer.int(value),
};
export const uint: Codec<number> = {
  read: (reader) => reader.uint(),
  write: (writer, value) => void writer.uint(value),
};
export const hyper: Codec<bigint> = {
  read: (reader) => reader.hyper(),
  write: (writer, value) => void writer.hyper(value),
};
export const uhyper: Codec<bigint> = {
  read: (reader) => reader.uhyper(),
  write: (writer, value) => void writer.uhyper(value),
};

/** Calls without arguments or without a result. */
export const nothing: Codec<void> = { read: () => undefined, write: () => undefined };

export const string = (max: number): Codec<string> => ({
  read: (reader) => reader.string(max),
  write: (writer, value) => void writer.string(value, max),
});

export const opaque = (max: number): Codec<Buffer> => ({
  read: (reader) => reader.opaque(max),
  write: (writer, value) => void writer.opaque(value, max),
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Sixteen bytes on the wire, the usual lower-case text with hyphens in TypeScript. */
export const uuid: Codec<string> = {
  read: (reader) => {
    const hex = reader.opaqueFixed(16).toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  },
  write: (writer, value) => {
    if (!UUID.test(value)) throw new XdrError(`"${value}" is not a UUID`);
    writer.opaqueFixed(Buffer.from(value.replaceAll("-", ""), "hex"), 16);
  },
};

/** A C `char[n]`: XDR spends four bytes on each character; the text ends at the first NUL. */
export const chars = (length: number): Codec<string> => ({
  read: (reader) => {
    const bytes = Buffer.from(reader.arrayFixed(length, () => reader.int() & 0xff));
    const end = bytes.indexOf(0);
    return bytes.toString("utf8", 0, end < 0 ? length : end);
  },
  write: (writer, value) => {
    const bytes = Buffer.alloc(length);
    if (bytes.write(value) < Buffer.byteLength(value))
      throw new XdrError(`"${value}" is above ${length} bytes`);
    for (const byte of bytes) writer.int((byte << 24) >> 24);
  },
});

export const array = <T>(item: Codec<T>, max: number): Codec<T[]> => ({
  read: (reader) => reader.array(max, () => item.read(reader)),
  write: (writer, values) => void writer.array(values, max, (value) => item.write(writer, value)),
});

export const optional = <T>(value: Codec<T>): Codec<T | null> => ({
  read: (reader) => reader.optional(() => value.read(reader)),
  write: (writer, given) => void writer.optional(given, (present) => value.write(writer, present)),
});

/** Fields in the order of the protocol. `T` is written out beside it, so both must agree to compile. */
export function struct<T extends object>(fields: { readonly [Name in keyof T]-?: Codec<T[Name]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    read: (reader) => {
      const value: Partial<T> = {};
      for (const name of names) value[name] = fields[name].read(reader);
      return value as T;
    },
    write: (writer, value) => {
      for (const name of names) {
        try {
          fields[name].write(writer, value[name]);
        } catch (cause) {
          throw cause instanceof XdrError ? new XdrError(`${String(name)}: ${cause.message}`) : cause;
        }
      }
    },
  };
}
