import { DriverError } from "../../driver/errors";
import { VIR_NET_CALL, VIR_NET_OK, VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM } from "./constants.gen";
import { encodePacket, PROTOCOL_VERSION } from "./wire/message";
import type { CallOptions } from "./pending";
import type { Procedure, Procedures } from "./procedures.gen";
import type { Chunk } from "./streams/stream";
import { XdrError } from "./wire/xdr";

export type ProcedureName = keyof Procedures;
export type Args<N extends ProcedureName> = Procedures[N]["args"];
export type Ret<N extends ProcedureName> = Procedures[N]["ret"];

/** A call as internal helpers make it: no options, arguments always given. */
export type BareCall = <N extends ProcedureName>(name: N, args: Args<N>) => Promise<Ret<N>>;

/** `call("connect_get_hostname")` needs no arguments, `call("domain_get_state", { dom, flags })` does. */
export type CallParameters<N extends ProcedureName, Options> =
  undefined extends Args<N> ? [args?: undefined, options?: Options] : [args: Args<N>, options?: Options];

export interface UploadCallOptions extends CallOptions {
  /** Send holes as holes; default: what the flags of `storage_vol_upload` ask for. Without it holes travel as zeroes. */
  readonly sparse?: boolean;
}

export interface DownloadCallOptions extends CallOptions {
  /** Called once, when the stream is over or was left. */
  readonly onDone?: () => void;
}

export interface DownloadResult<N extends ProcedureName> {
  readonly ret: Ret<N>;
  /** Read it with one `for await`; leaving the loop aborts the stream on the host. */
  readonly content: AsyncIterableIterator<Chunk>;
}

/** The packet of a call. Arguments that the wire cannot hold are the caller's mistake, found before anything is sent. */
export function encodeCall<A, R>(procedure: Procedure<A, R>, serial: number, args: A): Buffer {
  const { program, number, name } = procedure;
  const header = {
    program,
    version: PROTOCOL_VERSION,
    procedure: number,
    type: VIR_NET_CALL,
    serial,
    status: VIR_NET_OK,
  };
  try {
    return encodePacket(header, (writer) => procedure.args.write(writer, args));
  } catch (cause) {
    if (!(cause instanceof XdrError)) throw cause;
    throw new DriverError(`${name} cannot be sent: ${cause.message}`, { code: "invalid-argument", cause });
  }
}

export const asksForHoles = (name: ProcedureName, args: unknown): boolean =>
  name === "storage_vol_upload" &&
  typeof args === "object" &&
  args !== null &&
  "flags" in args &&
  (Number(args.flags) & VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) !== 0;
