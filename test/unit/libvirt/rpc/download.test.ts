import { type Chunk, isHole } from "../../../../provider/libvirt/rpc/streams/stream";
import {
  ERROR,
  OK,
  reply,
  STREAM,
  streamConfirmed,
  streamData,
  streamEnd,
  streamError,
  streamHole,
  text,
  type Asked,
} from "./daemon-bytes";
import { FakeDaemon, HOSTNAME, type Received, settle, sure } from "./fake-daemon";

const DOWNLOAD = 209;
const vol = { pool: "p", name: "v", key: "/p/v" };
const range = { vol, offset: 0n, length: 0n };

const isCall = ({ type }: Received): boolean => type === 0;
const isFinish = ({ type, status }: Received): boolean => type === STREAM && status === OK;
const isAbort = ({ type, status }: Received): boolean => type === STREAM && status === ERROR;

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
