import { type Chunk, isHole, STREAM_PAYLOAD_MAX } from "../../../../provider/libvirt/rpc/stream";
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
  streamData,
  streamEnd,
  streamError,
  streamHole,
  text,
  u32,
  u64,
  type Asked,
} from "./daemon-bytes";
import { FakeDaemon, HOSTNAME, type Received, settle, sure } from "./fake-daemon";

const UPLOAD = 208;
const DOWNLOAD = 209;
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

/** A daemon whose downloads are what `feed` sends; it agrees to every end. */
async function giving(feed: (daemon: FakeDaemon, asked: Asked) => void) {
  const [daemon, connection] = await FakeDaemon.connected();
  daemon.answer = (packet) => {
    if (packet.procedure === DOWNLOAD && isCall(packet)) {
      daemon.send(reply(packet));
      feed(daemon, packet);
    } else if (isFinish(packet)) daemon.send(streamConfirmed(packet));
    else daemon.handshake(packet);
  };
  const download = (options = {}) =>
    connection.download("storage_vol_download", { ...range, flags: 1 }, options);
  return { daemon, connection, download };
}

const show = (chunk: Chunk): string => (isHole(chunk) ? `hole ${chunk.hole}` : chunk.toString());

async function readAll(content: AsyncIterable<Chunk>): Promise<string[]> {
  const seen: string[] = [];
  for await (const chunk of content) seen.push(show(chunk));
  return seen;
}

describe("a download", () => {
  it("yields data and holes, and tells the host that it has everything", async () => {
    const { daemon, connection, download } = await giving((host, asked) => {
      host.send(streamData(asked, Buffer.from("head")));
      host.send(streamHole(asked, 5_000_000_000n));
      host.send(streamData(asked, Buffer.from("tail")));
      host.send(streamEnd(asked));
    });
    const { content } = await download();
    expect(await readAll(content)).toEqual(["head", "hole 5000000000", "tail"]);
    expect(daemon.received.filter(isFinish)).toHaveLength(1);
    expect(connection.error).toBeUndefined();
  });

  it("that comes in one chunk with the call's reply is not lost", async () => {
    const { daemon, download } = await giving(() => undefined);
    const usual = daemon.answer;
    daemon.answer = (packet) =>
      isCall(packet)
        ? daemon.send(
            Buffer.concat([reply(packet), streamData(packet, Buffer.from("all")), streamEnd(packet)]),
          )
        : usual(packet);
    expect(await readAll((await download()).content)).toEqual(["all"]);
  });

  it("ends by the daemon's confirmation alone, too", async () => {
    const { daemon, download } = await giving((host, asked) => {
      host.send(Buffer.concat([streamData(asked, Buffer.from("all")), streamConfirmed(asked)]));
    });
    expect(await readAll((await download()).content)).toEqual(["all"]);
    expect(daemon.received.filter(isFinish)).toEqual([]);
  });

  it("gives what came before an error, then the error", async () => {
    const { connection, download } = await giving((host, asked) => {
      host.send(streamData(asked, Buffer.from("head")));
      host.send(streamError(asked, 38, "Input/output error"));
    });
    const { content } = await download();
    expect(await content.next()).toEqual({ done: false, value: Buffer.from("head") });
    await expect(content.next()).rejects.toMatchObject({ message: "Input/output error", hostCode: 38 });
    expect(connection.error).toBeUndefined();
  });

  it("does not hold more than its limit when its reader is slow, and still delivers everything", async () => {
    const piece = Buffer.alloc(256 * 1024, 1);
    const total = 200;
    const { daemon, download } = await giving((host, asked) => {
      for (let index = 0; index < total; index++) host.send(streamData(asked, piece));
      host.send(streamEnd(asked));
    });
    const { content } = await download();
    for (let turn = 0; turn < 500; turn++) await settle();
    expect(daemon.client.isPaused()).toBe(true);
    let bytes = 0;
    for await (const chunk of content) bytes += isHole(chunk) ? 0 : chunk.length;
    expect(bytes).toBe(total * piece.length);
    expect(daemon.client.isPaused()).toBe(false);
  });

  it("that is left early is aborted on the host; what still comes is dropped", async () => {
    let asked: Asked | undefined;
    const { daemon, connection, download } = await giving((host, call) => {
      asked = call;
      host.send(streamData(call, Buffer.from("one")));
    });
    let done = 0;
    const { content } = await download({ onDone: () => done++ });
    for await (const chunk of content) {
      expect(show(chunk)).toBe("one");
      break;
    }
    expect(await daemon.until(isAbort)).toHaveLength(1);
    expect(done).toBe(1);
    daemon.send(streamData(sure(asked), Buffer.from("two")));
    const next = connection.call("connect_get_hostname");
    daemon.send(reply(sure((await daemon.calls(HOSTNAME))[0]), text("host")));
    await expect(next).resolves.toEqual({ hostname: "host" });
  });

  it("fails when nothing comes any more", async () => {
    const { daemon, download } = await giving(() => undefined);
    const { content } = await download({ timeoutMs: 20 });
    await expect(content.next()).rejects.toMatchObject({ code: "timeout" });
    expect(await daemon.until(isAbort)).toHaveLength(1);
  });

  it("fails with the connection", async () => {
    const { daemon, download } = await giving((host, asked) =>
      host.send(streamData(asked, Buffer.from("one"))),
    );
    const { content } = await download();
    await content.next();
    const rest = expect(content.next()).rejects.toMatchObject({ code: "connection-lost" });
    daemon.die();
    await rest;
  });

  it("refuses a hole of negative length", async () => {
    const { connection, download } = await giving((host, asked) => host.send(streamHole(asked, -1n)));
    const { content } = await download();
    await expect(content.next()).rejects.toMatchObject({ code: "failed" });
    expect(connection.error).toMatchObject({ code: "failed" });
  });
});
