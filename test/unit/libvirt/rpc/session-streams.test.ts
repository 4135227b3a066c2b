import { reply, replyError, streamConfirmed, streamData, streamEnd } from "./daemon-bytes";
import { HOSTNAME } from "./fake-daemon";
import { FakeHost } from "./fake-host";

describe("streams of a session", () => {
  const vol = { pool: "p", name: "v", key: "/p/v" };
  const range = { vol, offset: 0n, length: 0n, flags: 0 };

  function streaming(): FakeHost {
    const host = new FakeHost();
    const usual = host.answer;
    host.answer = (daemon, packet) => {
      if (packet.type === 3 && packet.status === 0) daemon.send(streamConfirmed(packet));
      else if (packet.type === 0 && packet.procedure === 208) daemon.send(reply(packet));
      else if (packet.type === 0 && packet.procedure === 209) {
        daemon.send(
          Buffer.concat([reply(packet), streamData(packet, Buffer.from("content")), streamEnd(packet)]),
        );
      } else usual(daemon, packet);
    };
    return host;
  }

  it("take a socket of their own, so that calls do not queue behind them", async () => {
    const host = streaming();
    const session = host.session();
    let finish: () => void = () => undefined;
    const content = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from("some");
      await new Promise<void>((resolve) => (finish = resolve));
    };
    const upload = session.upload("storage_vol_upload", range, content());
    await host.until(() => host.received(208).length > 0);
    await session.call("connect_get_hostname");
    expect(host.daemons).toHaveLength(2);
    expect(host.daemons[1]?.received.some(({ procedure }) => procedure === HOSTNAME)).toBe(true);
    finish();
    await upload;
    await session.close();
  });

  it("go down, and give their socket back", async () => {
    const host = streaming();
    const session = host.session({ maxSockets: 1 });
    for (let round = 0; round < 3; round++) {
      const { content } = await session.download("storage_vol_download", range);
      const seen: string[] = [];
      for await (const chunk of content) seen.push(String(chunk));
      expect(seen).toEqual(["content"]);
    }
    expect(host.dials).toBe(1);
    await session.close();
  });

  it("name the host when they fail", async () => {
    const host = streaming();
    const session = host.session();
    await session.call("connect_get_hostname");
    host.answer = (daemon, packet) => daemon.send(replyError(packet, 50, "Storage volume not found"));
    const failure = { code: "not-found", host: "test://host" };
    await expect(session.upload("storage_vol_upload", range, [])).rejects.toMatchObject(failure);
    await expect(session.download("storage_vol_download", range)).rejects.toMatchObject(failure);
    await session.close();
  });
});
