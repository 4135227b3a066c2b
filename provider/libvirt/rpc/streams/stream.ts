import type { DriverError } from "../../../driver/errors";
import {
  VIR_NET_CONTINUE,
  VIR_NET_ERROR,
  VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX,
  VIR_NET_OK,
  VIR_NET_STREAM,
  VIR_NET_STREAM_HOLE,
} from "../constants.gen";
import { toDriverError } from "../errors";
import {
  decodeBody,
  encodePacket,
  encodePrefix,
  type Message,
  type MessageHeader,
  PROTOCOL_VERSION,
} from "../wire/message";
import { remoteError } from "../procedures.gen";
import { XdrError } from "../wire/xdr";
import type { Sender } from "../sender";

/** A run of zeroes that is not stored: `hole` bytes long. */
export interface Hole {
  readonly hole: number;
}

/** What streams carry. The bytes of a buffer that was handed over stay as they are until the next chunk is asked for. */
export type Chunk = Buffer | Hole;

export const isHole = (chunk: Chunk): chunk is Hole => "hole" in chunk;

/** As libvirt's own client sends them, and every daemon takes them. Larger or rounder ones are measured to cost the daemon more. */
export const STREAM_PAYLOAD_MAX = VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX;

/** What a stream packet of the daemon means to us. */
export type StreamPacket =
  | { readonly kind: "data"; readonly chunk: Chunk }
  | { readonly kind: "end" }
  | { readonly kind: "confirmed" }
  | { readonly kind: "failed"; readonly error: DriverError };

export function decodeStreamPacket({ header, body }: Message): StreamPacket {
  if (header.status === VIR_NET_ERROR)
    return { kind: "failed", error: toDriverError(decodeBody(remoteError, body)) };
  if (header.type === VIR_NET_STREAM_HOLE) {
    const length = body.hyper();
    body.uint();
    body.finish();
    if (length < 0n || length > BigInt(Number.MAX_SAFE_INTEGER))
      throw new XdrError(`A hole of ${length} bytes`);
    return { kind: "data", chunk: { hole: Number(length) } };
  }
  if (header.status === VIR_NET_OK) return { kind: "confirmed" };
  // The daemon ends a download by a packet without payload that claims to be continued.
  return body.remaining === 0 ? { kind: "end" } : { kind: "data", chunk: body.rest() };
}

/** The sending side of one stream, bound to the serial of the call that opened it. */
export class StreamWriter {
  readonly #header: Omit<MessageHeader, "type" | "status">;

  constructor(
    private readonly sender: Sender,
    call: { readonly program: number; readonly number: number },
    serial: number,
  ) {
    this.#header = { program: call.program, version: PROTOCOL_VERSION, procedure: call.number, serial };
  }

  data(payload: Buffer): void {
    this.sender.send(this.#prefix(VIR_NET_CONTINUE, payload.length), payload);
  }

  hole(length: number): void {
    const header = { ...this.#header, type: VIR_NET_STREAM_HOLE, status: VIR_NET_CONTINUE };
    this.sender.send(encodePacket(header, (writer) => writer.hyper(BigInt(length)).uint(0)));
  }

  finish(): void {
    this.sender.send(this.#prefix(VIR_NET_OK, 0));
  }

  abort(): void {
    this.sender.send(this.#prefix(VIR_NET_ERROR, 0));
  }

  /** Resolves when the bytes of all packets are out of our hands. */
  taken(): Promise<void> {
    return this.sender.taken();
  }

  #prefix(status: number, size: number): Buffer {
    return encodePrefix({ ...this.#header, type: VIR_NET_STREAM, status }, size);
  }
}
