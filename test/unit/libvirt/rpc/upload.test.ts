import { type Chunk, STREAM_PAYLOAD_MAX } from "../../../../provider/libvirt/rpc/streams/stream";
import type { UploadCallOptions } from "../../../../provider/libvirt/rpc/calls";
import {
  CONTINUE,
  ERROR,
  HOLE,
  OK,
  reply,
  replyError,
  STREAM,
  streamConfirmed,
  streamError,
  u32,
  u64,
} from "./daemon-bytes";
import { FakeDaemon, type Received, settle } from "./fake-daemon";

const UPLOAD = 208;
const vol = { pool: "p", name: "v", key: "/p/v" };
const range = { vol, offset: 0n, length: 0n };

const isCall = ({ type }: Received): boolean => type === 0;
const isFinish = ({ type, status }: Received): boolean => type === STREAM && status === OK;
const isAbort = ({ type, status }: Received): boolean => type === STREAM && status === ERROR;
const isData = ({ type, status }: Received): boolean => type === STREAM && status === CONTINUE;

/** A daemon that takes uploads and confirms them. */
async function taking() {
  const [daemon, connection] = await FakeDaemon.connected();
  daemon.answer = (packet) => {
    if (packet.procedure === UPLOAD && isCall(packet)) daemon.send(reply(packet));
    else if (isFinish(packet)) daemon.send(streamConfirmed(packet));
  };
  const upload = (content: Iterable<Chunk> | AsyncIterable<Chunk>, flags = 0, options?: UploadCallOptions) =>
    connection.upload("storage_vol_upload", { ...range, flags }, content, options);
  return { daemon, connection, upload };
}

const written = (daemon: FakeDaemon): Buffer =>
  Buffer.concat(daemon.received.filter(isData).map(({ body }) => body));

describe("an upload", () => {
  it("sends its content under the call's serial, finishes, and waits for the host's word", async () => {
    const { daemon, upload } = await taking();
    let confirm: () => void = () => undefined;
    const usual = daemon.answer;
    daemon.answer = (packet) => (isFinish(packet) ? (confirm = () => usual(packet)) : usual(packet));
    let done = false;
    const result = upload([Buffer.from("one"), Buffer.from("two")]).then(() => (done = true));
    const [finish] = await daemon.until(isFinish);
    await settle();
    expect(done).toBe(false);
    confirm();
    await result;
    const [call] = await daemon.until(isCall);
    expect(written(daemon).toString()).toBe("onetwo");
    const stream = daemon.received.filter(({ type }) => type === STREAM);
    expect(new Set(stream.map(({ serial, procedure }) => `${procedure}/${serial}`))).toEqual(
      new Set([`${UPLOAD}/${finish?.serial}`]),
    );
    expect(call?.procedure).not.toBe(STREAM);
  });

  it("of nothing is just finished", async () => {
    const { daemon, upload } = await taking();
    await upload([]);
    expect(daemon.received.filter(isData)).toEqual([]);
  });

  it("joins small pieces and cuts large ones into what a daemon takes", async () => {
    const { daemon, upload } = await taking();
    const large = Buffer.from(Array.from({ length: STREAM_PAYLOAD_MAX * 2 + 5 }, (_, index) => index % 251));
    const small = Array.from({ length: 1000 }, (_, index) => Buffer.of(index % 7));
    await upload([large, Buffer.alloc(0), ...small]);
    const sizes = daemon.received.filter(isData).map(({ body }) => body.length);
    expect(sizes).toEqual([STREAM_PAYLOAD_MAX, STREAM_PAYLOAD_MAX, 1005]);
    expect(written(daemon)).toEqual(Buffer.concat([large, ...small]));
  });

  it("sends holes as holes when the flags ask for it", async () => {
    const { daemon, upload } = await taking();
    await upload([Buffer.from("head"), { hole: 5_000_000_000 }, Buffer.from("tail")], 1);
    const packets = daemon.received.filter(
      ({ type, status }) => type === HOLE || (type === STREAM && status === CONTINUE),
    );
    expect(packets.map(({ type, body }) => [type, body])).toEqual([
      [STREAM, Buffer.from("head")],
      [HOLE, Buffer.concat([u64(5_000_000_000n), u32(0)])],
      [STREAM, Buffer.from("tail")],
    ]);
  });

  it("sends holes as zeroes otherwise", async () => {
    const { daemon, upload } = await taking();
    await upload([Buffer.from("head"), { hole: STREAM_PAYLOAD_MAX + 3 }, Buffer.from("tail")]);
    expect(daemon.received.some(({ type }) => type === HOLE)).toBe(false);
    expect(written(daemon)).toEqual(
      Buffer.concat([Buffer.from("head"), Buffer.alloc(STREAM_PAYLOAD_MAX + 3), Buffer.from("tail")]),
    );
  });

  it("reads no further than the host takes", async () => {
    const { daemon, upload } = await taking();
    let produced = 0;
    const result = upload(
      (function* () {
        for (; produced < 100; produced++) yield Buffer.alloc(STREAM_PAYLOAD_MAX);
      })(),
    );
    await daemon.until(isData);
    daemon.stopReading();
    for (let turn = 0; turn < 50; turn++) await settle();
    expect(produced).toBeLessThan(10);
    daemon.goOnReading();
    await result;
    expect(written(daemon).length).toBe(100 * STREAM_PAYLOAD_MAX);
  });

  it("stops when the host reports an error in the middle, and releases its source", async () => {
    const { daemon, connection, upload } = await taking();
    let released = false;
    const endless = async function* (): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          await settle();
          yield Buffer.alloc(STREAM_PAYLOAD_MAX);
        }
      } finally {
        released = true;
      }
    };
    const usual = daemon.answer;
    let packets = 0;
    daemon.answer = (packet) =>
      isData(packet) && ++packets === 3
        ? daemon.send(streamError(packet, 38, "cannot write to stream: No space left on device"))
        : usual(packet);
    await expect(upload(endless())).rejects.toMatchObject({ code: "no-space", hostCode: 38 });
    for (let turn = 0; turn < 5; turn++) await settle();
    expect(released).toBe(true);
    expect(daemon.received.some(isFinish)).toBe(false);
    expect(connection.error).toBeUndefined();
  });

  it("fails at once when the host reports an error while the source is slow", async () => {
    const { daemon, upload } = await taking();
    const usual = daemon.answer;
    daemon.answer = (packet) => {
      usual(packet);
      if (isCall(packet)) daemon.send(streamError(packet, 1, "gone wrong"));
    };
    const never = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<Chunk>>(() => undefined) }),
    };
    await expect(upload(never)).rejects.toMatchObject({ message: "gone wrong" });
  });

  it("is aborted on the host when its source fails", async () => {
    const { daemon, upload } = await taking();
    const failing = (function* (): Generator<Chunk> {
      yield Buffer.alloc(STREAM_PAYLOAD_MAX);
      throw new Error("unreadable file");
    })();
    await expect(upload(failing)).rejects.toThrow("unreadable file");
    expect(await daemon.until(isAbort)).toHaveLength(1);
    expect(daemon.received.some(isFinish)).toBe(false);
  });

  it("is aborted on the host when its caller gives up", async () => {
    const { daemon, upload } = await taking();
    const abort = new AbortController();
    const slow = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(STREAM_PAYLOAD_MAX);
      await new Promise(() => undefined);
    };
    const result = expect(upload(slow(), 0, { signal: abort.signal })).rejects.toMatchObject({
      message: "storage_vol_upload was given up",
    });
    await daemon.until(isData);
    abort.abort();
    await result;
    expect(await daemon.until(isAbort)).toHaveLength(1);
  });

  it("sends nothing when the call is refused", async () => {
    const { daemon, upload } = await taking();
    daemon.answer = (packet) => daemon.send(replyError(packet, 50, "Storage volume not found"));
    await expect(upload([Buffer.from("x")])).rejects.toMatchObject({ code: "not-found" });
    expect(daemon.received.filter(({ type }) => type === STREAM)).toEqual([]);
  });

  it("fails when the host never confirms", async () => {
    const { daemon, upload } = await taking();
    const usual = daemon.answer;
    daemon.answer = (packet) => (isFinish(packet) ? undefined : usual(packet));
    await expect(upload([Buffer.from("x")], 0, { timeoutMs: 20 })).rejects.toMatchObject({
      code: "timeout",
      message: "The host made no progress with storage_vol_upload for 0 s",
    });
  });

  it("does not take a confirmation that comes before its end for success", async () => {
    const { daemon, upload } = await taking();
    const usual = daemon.answer;
    daemon.answer = (packet) => (isData(packet) ? daemon.send(streamConfirmed(packet)) : usual(packet));
    const content = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(STREAM_PAYLOAD_MAX);
      await settle();
      yield Buffer.alloc(STREAM_PAYLOAD_MAX);
      await new Promise(() => undefined);
    };
    await expect(upload(content())).rejects.toMatchObject({ code: "failed" });
  });

  it("fails with the connection, even while it waits for room", async () => {
    const { daemon, upload } = await taking();
    const result = upload(Array.from({ length: 50 }, () => Buffer.alloc(STREAM_PAYLOAD_MAX)));
    const failed = expect(result).rejects.toMatchObject({ code: "connection-lost" });
    await daemon.until(isData);
    daemon.stopReading();
    for (let turn = 0; turn < 10; turn++) await settle();
    daemon.die();
    await failed;
  });
});
