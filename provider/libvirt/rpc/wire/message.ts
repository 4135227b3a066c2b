import type { Codec } from "./codec";
import {
  VIR_NET_CONTINUE,
  VIR_NET_ERROR,
  VIR_NET_MESSAGE_HEADER_MAX,
  VIR_NET_MESSAGE_LEN_MAX,
  VIR_NET_MESSAGE_MAX,
  VIR_NET_OK,
  VIR_NET_STREAM_HOLE,
} from "../constants.gen";
import { XdrError, XdrReader, XdrWriter } from "./xdr";

/** virNetMessageHeader: six 32-bit words in front of every body. */
export interface MessageHeader {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** VIR_NET_CALL, VIR_NET_REPLY, … */
  readonly type: number;
  /** Chosen by the caller and repeated in the reply and in every packet of the stream; 0 in what the daemon sends by itself. */
  readonly serial: number;
  /** VIR_NET_OK, VIR_NET_ERROR or VIR_NET_CONTINUE. */
  readonly status: number;
}

export interface Message {
  readonly header: MessageHeader;
  readonly body: XdrReader;
}

/** Every program of the protocol is at version 1 and always was. */
export const PROTOCOL_VERSION = 1;

/** The length word and the header: what comes before the body. */
const PREFIX_SIZE = VIR_NET_MESSAGE_LEN_MAX + VIR_NET_MESSAGE_HEADER_MAX;
/** The length word counts itself. */
export const PACKET_MAX = VIR_NET_MESSAGE_MAX + VIR_NET_MESSAGE_LEN_MAX;

/** A whole packet: length, header, and a body written by `write`. */
export function encodePacket(header: MessageHeader, write?: (writer: XdrWriter) => void): Buffer {
  const writer = new XdrWriter(PREFIX_SIZE);
  write?.(writer);
  const packet = writer.finish();
  writePrefix(packet, header, packet.length);
  return packet;
}

/** Length and header of a packet whose payload is sent separately, so that bulk data is never copied. */
export function encodePrefix(header: MessageHeader, payloadSize: number): Buffer {
  const prefix = Buffer.allocUnsafe(PREFIX_SIZE);
  writePrefix(prefix, header, PREFIX_SIZE + payloadSize);
  return prefix;
}

function writePrefix(target: Buffer, header: MessageHeader, size: number): void {
  if (size > PACKET_MAX)
    throw new XdrError(`A message of ${size} bytes is above the protocol's limit of ${PACKET_MAX}`);
  const words = [
    size,
    header.program,
    header.version,
    header.procedure,
    header.type,
    header.serial,
    header.status,
  ];
  words.forEach((word, index) => target.writeUInt32BE(word, index * 4));
}

/** Reads one packet without its length word. */
export function decodeMessage(packet: Buffer): Message {
  const body = new XdrReader(packet);
  const header: MessageHeader = {
    program: body.uint(),
    version: body.uint(),
    procedure: body.int(),
    type: body.uint(),
    serial: body.uint(),
    status: body.uint(),
  };
  if (header.version !== PROTOCOL_VERSION)
    throw new XdrError(`Protocol version ${header.version} is unknown`);
  if (header.type > VIR_NET_STREAM_HOLE) throw new XdrError(`Message type ${header.type} is unknown`);
  if (![VIR_NET_OK, VIR_NET_ERROR, VIR_NET_CONTINUE].includes(header.status)) {
    throw new XdrError(`Message status ${header.status} is unknown`);
  }
  return { header, body };
}

/** A body that holds exactly one value of this type. */
export function decodeBody<T>(codec: Codec<T>, body: XdrReader): T {
  const value = codec.read(body);
  body.finish();
  return value;
}

/**
 * Cuts a byte stream into packets, whatever its chunks are. It keeps only bytes that have arrived: a length word promises, it
 * does not allocate. After an error the position is unknown, so the splitter refuses to go on.
 */
export class PacketSplitter {
  #chunks: Buffer[] = [];
  #held = 0;
  #broken?: XdrError;

  constructor(private readonly onPacket: (packet: Buffer) => void) {}

  push(chunk: Buffer): void {
    if (this.#broken) throw this.#broken;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    for (let size = this.#packetSize(); size !== undefined && this.#held >= size; size = this.#packetSize()) {
      this.onPacket(this.#take(size).subarray(VIR_NET_MESSAGE_LEN_MAX));
    }
  }

  #packetSize(): number | undefined {
    if (this.#held < VIR_NET_MESSAGE_LEN_MAX) return undefined;
    const size = this.#peekLength();
    if (size >= PREFIX_SIZE && size <= PACKET_MAX) return size;
    this.#broken = new XdrError(`A packet cannot be ${size} bytes long; is this really a libvirt daemon?`);
    this.#chunks = [];
    throw this.#broken;
  }

  #peekLength(): number {
    const first = this.#chunks[0];
    if (first && first.length >= VIR_NET_MESSAGE_LEN_MAX) return first.readUInt32BE(0);
    this.#chunks = [Buffer.concat(this.#chunks, this.#held)];
    return this.#chunks[0]?.readUInt32BE(0) ?? 0;
  }

  /** Joins chunks once per packet, and not at all when it lies in one chunk: then that is the only one, as older ones were too short. */
  #take(size: number): Buffer {
    const first = this.#chunks[0];
    const all = first && first.length >= size ? first : Buffer.concat(this.#chunks, this.#held);
    this.#chunks = all.length > size ? [all.subarray(size)] : [];
    this.#held -= size;
    return all.subarray(0, size);
  }
}
