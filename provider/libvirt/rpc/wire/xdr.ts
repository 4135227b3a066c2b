import { isUtf8 } from "node:buffer";

/** Bytes or a value that break the wire's rules. The layer that owns the socket turns it into a driver error. */
export class XdrError extends Error {
  override readonly name = "XdrError";
}

const UNIT = 4;
const MAX_INT32 = 0x7fffffff;
const MAX_UINT32 = 0xffffffff;
const MAX_INT64 = 0x7fffffffffffffffn;
const MAX_UINT64 = 0xffffffffffffffffn;

const paddingOf = (length: number): number => (UNIT - (length % UNIT)) % UNIT;

/**
 * Reads XDR (RFC 4506) values one after the other. 32-bit integers are `number`, 64-bit ones `bigint`. Every length is
 * checked against its limit and against the bytes that are really there before anything is allocated.
 */
export class XdrReader {
  #offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get remaining(): number {
    return this.bytes.length - this.#offset;
  }

  int(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  uint(): number {
    return this.bytes.readUInt32BE(this.#take(4));
  }

  hyper(): bigint {
    return this.bytes.readBigInt64BE(this.#take(8));
  }

  uhyper(): bigint {
    return this.bytes.readBigUInt64BE(this.#take(8));
  }

  double(): number {
    return this.bytes.readDoubleBE(this.#take(8));
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1) throw new XdrError(`A boolean cannot be ${value}`);
    return value === 1;
  }

  /** Fixed-length opaque data: a copy, so that a small field does not keep a large packet alive. */
  opaqueFixed(length: number): Buffer {
    const start = this.#take(length + paddingOf(length));
    return Buffer.from(this.bytes.subarray(start, start + length));
  }

  opaque(max: number): Buffer {
    return this.opaqueFixed(this.#length(max, 1));
  }

  /** Guests and host tools put any bytes into names; what is not UTF-8 is read as Latin-1, so nothing is lost silently. */
  string(max: number): string {
    const length = this.#length(max, 1);
    const start = this.#take(length + paddingOf(length));
    const text = this.bytes.subarray(start, start + length);
    return isUtf8(text) ? text.toString("utf8") : text.toString("latin1");
  }

  array<T>(max: number, readItem: () => T): T[] {
    return this.arrayFixed(this.#length(max, UNIT), readItem);
  }

  arrayFixed<T>(length: number, readItem: () => T): T[] {
    const items: T[] = [];
    for (let index = 0; index < length; index++) items.push(readItem());
    return items;
  }

  optional<T>(readValue: () => T): T | null {
    return this.bool() ? readValue() : null;
  }

  /** All that is left, without copying: the payload of a stream packet. */
  rest(): Buffer {
    const start = this.#take(this.remaining);
    return this.bytes.subarray(start);
  }

  /** A message that is longer than its type is as wrong as one that is shorter. */
  finish(): void {
    if (this.remaining > 0) throw new XdrError(`${this.remaining} bytes are left after the message`);
  }

  #length(max: number, itemSize: number): number {
    const length = this.uint();
    if (length > max) throw new XdrError(`A length of ${length} is above the limit of ${max}`);
    if (length * itemSize > this.remaining) {
      throw new XdrError(`A length of ${length} does not fit into the ${this.remaining} bytes that are left`);
    }
    return length;
  }

  #take(count: number): number {
    if (count > this.remaining) {
      throw new XdrError(`The message ends ${count - this.remaining} bytes too early`);
    }
    const start = this.#offset;
    this.#offset += count;
    return start;
  }
}

/** Appends XDR values to a growing buffer. Methods are chainable and refuse what the wire type cannot hold. */
export class XdrWriter {
  #bytes: Buffer;
  #length: number;

  /** @param reserved Bytes kept free at the front, for a packet header that is filled in last. */
  constructor(reserved = 0) {
    this.#bytes = Buffer.allocUnsafe(Math.max(256, reserved));
    this.#bytes.fill(0, 0, reserved);
    this.#length = reserved;
  }

  get length(): number {
    return this.#length;
  }

  int(value: number): this {
    if (!Number.isInteger(value) || value > MAX_INT32 || value < -MAX_INT32 - 1) {
      throw new XdrError(`${value} is not a 32-bit integer`);
    }
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  uint(value: number): this {
    if (!Number.isInteger(value) || value > MAX_UINT32 || value < 0) {
      throw new XdrError(`${value} is not an unsigned 32-bit integer`);
    }
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
    return this;
  }

  hyper(value: bigint): this {
    if (value > MAX_INT64 || value < -MAX_INT64 - 1n) throw new XdrError(`${value} is not a 64-bit integer`);
    const at = this.#grow(8);
    this.#bytes.writeBigInt64BE(value, at);
    return this;
  }

  uhyper(value: bigint): this {
    if (value > MAX_UINT64 || value < 0n) throw new XdrError(`${value} is not an unsigned 64-bit integer`);
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64BE(value, at);
    return this;
  }

  double(value: number): this {
    const at = this.#grow(8);
    this.#bytes.writeDoubleBE(value, at);
    return this;
  }

  bool(value: boolean): this {
    return this.uint(value ? 1 : 0);
  }

  opaqueFixed(value: Uint8Array, length: number): this {
    if (value.length !== length)
      throw new XdrError(`${value.length} bytes given where ${length} are required`);
    const padding = paddingOf(length);
    const start = this.#grow(length + padding);
    this.#bytes.set(value, start);
    this.#bytes.fill(0, start + length, start + length + padding);
    return this;
  }

  opaque(value: Uint8Array, max: number): this {
    if (value.length > max) throw new XdrError(`${value.length} bytes are above the limit of ${max}`);
    return this.uint(value.length).opaqueFixed(value, value.length);
  }

  /** The daemon is written in C: a NUL would silently cut the text there, so it is refused here. */
  string(value: string, max: number): this {
    if (value.includes("\0")) throw new XdrError("Text cannot contain a NUL character");
    return this.opaque(Buffer.from(value, "utf8"), max);
  }

  array<T>(values: readonly T[], max: number, writeItem: (value: T) => void): this {
    if (values.length > max) throw new XdrError(`${values.length} items are above the limit of ${max}`);
    this.uint(values.length);
    for (const value of values) writeItem(value);
    return this;
  }

  optional<T>(value: T | null | undefined, writeValue: (value: T) => void): this {
    this.bool(value !== null && value !== undefined);
    if (value !== null && value !== undefined) writeValue(value);
    return this;
  }

  /** Everything written so far. The writer must not be used afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Room for `count` more bytes. It may put a larger buffer in place, so call it before `#bytes` is read. */
  #grow(count: number): number {
    const start = this.#length;
    const needed = start + count;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#length = needed;
    return start;
  }
}
