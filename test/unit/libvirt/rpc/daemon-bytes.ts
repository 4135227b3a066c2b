/**
 * What a daemon sends, byte by byte and without the code under test: each function is named after what it makes, so that a test
 * reads as "given these bytes, expect this".
 */
export const REMOTE = 0x20008086;
export const QEMU = 0x20008087;
export const KEEPALIVE = 0x6b656570;

export const CALL = 0;
export const REPLY = 1;
export const MESSAGE = 2;
export const STREAM = 3;
export const HOLE = 6;

export const OK = 0;
export const ERROR = 1;
export const CONTINUE = 2;

export interface Header {
  program: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
}

export const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, index * 4));
  return bytes;
};

export const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return bytes;
};

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
export const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u32(bytes.length), padded(bytes)]);
};
export const some = (...parts: Buffer[]): Buffer => Buffer.concat([u32(1), ...parts]);
export const none = u32(0);

export const uuidBytes = Buffer.from("6695eb01f6a4830479aa97f2502e193f", "hex");
export const uuidText = "6695eb01-f6a4-8304-79aa-97f2502e193f";
export const domain = (name: string, id: number): Buffer => Buffer.concat([text(name), uuidBytes, u32(id)]);

/** u32 length (counting itself), then program, version, procedure, type, serial, status, then the body. */
export function packet(header: Header, ...body: Buffer[]): Buffer {
  const { program, procedure, type, serial, status } = header;
  const rest = Buffer.concat([u32(program, 1, procedure, type, serial, status), ...body]);
  return Buffer.concat([u32(rest.length + 4), rest]);
}

/** An answer to something the client sent: same program, procedure and serial. */
export type Asked = Pick<Header, "program" | "procedure" | "serial">;

export const reply = (asked: Asked, ...body: Buffer[]): Buffer =>
  packet({ ...asked, type: REPLY, status: OK }, ...body);

export const remoteError = (code: number, message: string): Buffer =>
  Buffer.concat([
    u32(code, 10), // code, domain
    some(text(message)),
    u32(2), // level: error
    none, // dom
    some(text("first")),
    none,
    none, // str1…3
    u32(7, -1), // int1, int2
    none, // net
  ]);

export const replyError = (asked: Asked, code: number, message: string): Buffer =>
  packet({ ...asked, type: REPLY, status: ERROR }, remoteError(code, message));

export const streamData = (asked: Asked, data: Buffer): Buffer =>
  packet({ ...asked, type: STREAM, status: CONTINUE }, data);

/** The daemon's way to say that a download is complete. */
export const streamEnd = (asked: Asked): Buffer => packet({ ...asked, type: STREAM, status: CONTINUE });

/** The daemon agrees that the stream is over. */
export const streamConfirmed = (asked: Asked): Buffer => packet({ ...asked, type: STREAM, status: OK });

export const streamError = (asked: Asked, code: number, message: string): Buffer =>
  packet({ ...asked, type: STREAM, status: ERROR }, remoteError(code, message));

export const streamHole = (asked: Asked, length: bigint): Buffer =>
  packet({ ...asked, type: HOLE, status: CONTINUE }, u64(length), u32(0));

export const event = (procedure: number, ...body: Buffer[]): Buffer =>
  packet({ program: REMOTE, procedure, type: MESSAGE, serial: 0, status: OK }, ...body);

export const LIFECYCLE_EVENT = 318;
export const lifecycle = (name: string, kind: number): Buffer =>
  event(LIFECYCLE_EVENT, u32(3), domain(name, 1), u32(kind, 0));

export const ping = packet({ program: KEEPALIVE, procedure: 1, type: MESSAGE, serial: 0, status: OK });
export const pong = packet({ program: KEEPALIVE, procedure: 2, type: MESSAGE, serial: 0, status: OK });
