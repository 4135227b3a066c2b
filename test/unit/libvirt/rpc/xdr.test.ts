import fc from "fast-check";
import {
  array,
  chars,
  optional,
  string,
  struct,
  uint,
  uuid,
} from "../../../../provider/libvirt/rpc/wire/codec";
import { XdrError, XdrReader, XdrWriter } from "../../../../provider/libvirt/rpc/wire/xdr";
import { text, u32, uuidBytes, uuidText } from "./daemon-bytes";

const MAX = 4096;

describe("what is written", () => {
  it("is big-endian and padded with zeroes to four bytes", () => {
    const bytes = new XdrWriter()
      .int(-2)
      .hyper(-2n)
      .string("abcde", MAX)
      .bool(true)
      .opaque(Buffer.of(9), 4)
      .finish();
    expect(bytes.toString("hex")).toBe(
      [
        "fffffffe",
        "fffffffffffffffe",
        "00000005",
        "6162636465000000",
        "00000001",
        "00000001",
        "09000000",
      ].join(""),
    );
  });

  it.each([
    ["an integer beyond 32 bits", (writer: XdrWriter) => writer.int(2 ** 31)],
    ["a fraction", (writer: XdrWriter) => writer.uint(1.5)],
    ["a negative unsigned number", (writer: XdrWriter) => writer.uint(-1)],
    ["an integer beyond 64 bits", (writer: XdrWriter) => writer.uhyper(1n << 64n)],
    ["text beyond its limit, counted in bytes", (writer: XdrWriter) => writer.string("ää", 3)],
    ["text that C would cut at its NUL", (writer: XdrWriter) => writer.string("a\0b", MAX)],
    ["more items than the limit", (writer: XdrWriter) => writer.array([1, 2], 1, () => undefined)],
    ["fixed bytes of another length", (writer: XdrWriter) => writer.opaqueFixed(Buffer.alloc(15), 16)],
  ])("refuses %s", (_, write) => {
    expect(() => write(new XdrWriter())).toThrow(XdrError);
  });

  it("grows over its first buffer and keeps the reserved front", () => {
    const bytes = new XdrWriter(28).string("x".repeat(3000), MAX).finish();
    expect(bytes.length).toBe(28 + 4 + 3000);
    expect(bytes.subarray(0, 28).every((byte) => byte === 0)).toBe(true);
  });
});

describe("growing", () => {
  const writes: [string, (writer: XdrWriter) => XdrWriter, (reader: XdrReader) => unknown, unknown][] = [
    ["an int", (writer) => writer.int(-7), (reader) => reader.int(), -7],
    ["a uint", (writer) => writer.uint(7), (reader) => reader.uint(), 7],
    ["a hyper", (writer) => writer.hyper(-7n), (reader) => reader.hyper(), -7n],
    ["a uhyper", (writer) => writer.uhyper(7n), (reader) => reader.uhyper(), 7n],
    ["a double", (writer) => writer.double(0.5), (reader) => reader.double(), 0.5],
    ["a text", (writer) => writer.string("seven", MAX), (reader) => reader.string(MAX), "seven"],
  ];

  it.each(writes)("in the middle of %s loses nothing", (_, write, read, value) => {
    for (let size = 0; size <= 1024; size += 4) {
      const bytes = write(new XdrWriter().opaqueFixed(Buffer.alloc(size, 1), size))
        .int(1)
        .finish();
      const reader = new XdrReader(bytes);
      expect(reader.opaqueFixed(size).every((byte) => byte === 1)).toBe(true);
      expect(read(reader)).toBe(value);
      expect(reader.int()).toBe(1);
    }
  });
});

describe("what is read", () => {
  it("comes back as it was written, whatever it is", () => {
    const plain = fc.string({ unit: "grapheme", maxLength: 50 }).filter((value) => !value.includes("\0"));
    const values = fc.record({
      int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      uint: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      hyper: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      uhyper: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      double: fc.double(),
      text: plain,
      bytes: fc.uint8Array({ maxLength: 50 }),
      list: fc.array(plain, { maxLength: 5 }),
      maybe: fc.option(plain),
    });
    fc.assert(
      fc.property(values, (value) => {
        const writer = new XdrWriter()
          .int(value.int)
          .uint(value.uint)
          .hyper(value.hyper)
          .uhyper(value.uhyper);
        writer.double(value.double).string(value.text, MAX).opaque(value.bytes, MAX);
        writer.array(value.list, MAX, (item) => writer.string(item, MAX));
        writer.optional(value.maybe, (present) => writer.string(present, MAX));
        expect(writer.length % 4).toBe(0);
        const reader = new XdrReader(writer.finish());
        const read = {
          int: reader.int(),
          uint: reader.uint(),
          hyper: reader.hyper(),
          uhyper: reader.uhyper(),
          double: reader.double(),
          text: reader.string(MAX),
          bytes: new Uint8Array(reader.opaque(MAX)),
          list: reader.array(MAX, () => reader.string(MAX)),
          maybe: reader.optional(() => reader.string(MAX)),
        };
        reader.finish();
        expect(read).toEqual(value);
      }),
    );
  });

  it("is an error, not a crash or a large allocation, for any bytes", () => {
    const codec = struct<{ names: string[]; note: string | null; id: number }>({
      names: array(string(2 ** 32), 2 ** 32),
      note: optional(string(2 ** 32)),
      id: uint,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          const value = codec.read(new XdrReader(Buffer.from(bytes)));
          expect(value.names.length * 4).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
    );
  });

  it.each([
    ["a length beyond the limit", u32(5), (reader: XdrReader) => reader.string(4)],
    ["a length beyond what is there", u32(2 ** 31), (reader: XdrReader) => reader.opaque(2 ** 32)],
    [
      "a count beyond what is there",
      u32(3, 0, 0),
      (reader: XdrReader) => reader.array(100, () => reader.int()),
    ],
    ["missing padding", Buffer.concat([u32(1), Buffer.of(65)]), (reader: XdrReader) => reader.string(4)],
    ["a boolean of 2", u32(2), (reader: XdrReader) => reader.bool()],
    [
      "a count of items that take no bytes",
      u32(2 ** 31),
      (reader: XdrReader) => reader.array(2 ** 32, () => 0),
    ],
    ["half an integer", Buffer.alloc(3), (reader: XdrReader) => reader.int()],
    ["bytes that are left over", u32(1), (reader: XdrReader) => reader.finish()],
  ])("refuses %s", (_, bytes, read) => {
    expect(() => read(new XdrReader(bytes))).toThrow(XdrError);
  });

  it("keeps text that is not UTF-8 readable", () => {
    expect(new XdrReader(Buffer.concat([u32(2), Buffer.of(0x61, 0xff, 0, 0)])).string(MAX)).toBe("aÿ");
  });

  it("does not share memory with the packet it came from", () => {
    const packet = Buffer.concat([u32(4), Buffer.from("abcd")]);
    const bytes = new XdrReader(packet).opaque(MAX);
    packet.fill(0);
    expect(bytes.toString()).toBe("abcd");
  });
});

describe("libvirt's own kinds of fields", () => {
  it("shows a UUID as text", () => {
    expect(uuid.read(new XdrReader(uuidBytes))).toBe(uuidText);
    const writer = new XdrWriter();
    uuid.write(writer, uuidText.toUpperCase());
    expect(writer.finish()).toEqual(uuidBytes);
  });

  it.each(["", "6695eb01", `${uuidText}0`, "6695eb01-f6a4-8304-79aa-97f2502e193g"])(
    "refuses the UUID %p",
    (value) => {
      expect(() => uuid.write(new XdrWriter(), value)).toThrow(XdrError);
    },
  );

  it("reads a C character array, four bytes a character, up to its NUL", () => {
    const model = Buffer.concat(
      [..."i686"].map((letter) => u32(letter.charCodeAt(0))).concat(u32(0, 0, 88, 0)),
    );
    expect(chars(8).read(new XdrReader(model))).toBe("i686");
    const writer = new XdrWriter();
    chars(8).write(writer, "ü");
    expect(chars(8).read(new XdrReader(writer.finish()))).toBe("ü");
    expect(() => chars(2).write(new XdrWriter(), "abc")).toThrow(XdrError);
  });

  it("names the field that cannot be written", () => {
    const codec = struct<{ xml: string }>({ xml: string(3) });
    expect(() => codec.write(new XdrWriter(), { xml: "long" })).toThrow(
      "xml: 4 bytes are above the limit of 3",
    );
    expect(codec.read(new XdrReader(text("abc")))).toEqual({ xml: "abc" });
  });
});
