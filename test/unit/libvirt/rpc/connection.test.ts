import {
  domain,
  ERROR,
  none,
  OK,
  packet,
  ping,
  pong,
  QEMU,
  REMOTE,
  reply,
  REPLY,
  replyError,
  STREAM,
  text,
  u32,
  u64,
  uuidText,
} from "./daemon-bytes";
import { CLOSE, FakeDaemon, HOSTNAME, settle, sure } from "./fake-daemon";

const dom = { name: "web", uuid: uuidText, id: -1 };
const asked = (serial: number, procedure = HOSTNAME) => ({ program: REMOTE, procedure, serial });

describe("a call", () => {
  it("sends the protocol's bytes and returns the reply's fields", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const result = connection.call("domain_get_info", { dom });
    const [call] = await daemon.calls(16);
    expect(call).toMatchObject({ program: REMOTE, type: 0, status: OK, body: domain("web", -1) });
    daemon.send(reply(sure(call), u32(1), u64(2n ** 40n), u64(1024n), u32(4), u64(-1n)));
    await expect(result).resolves.toEqual({
      state: 1,
      maxMem: 2n ** 40n,
      memory: 1024n,
      nrVirtCpu: 4,
      cpuTime: 2n ** 64n - 1n,
    });
  });

  it("reaches the program it belongs to", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const result = connection.call("qemu_domain_agent_command", { dom, cmd: "{}", timeout: -2, flags: 0 });
    const [call] = await daemon.calls(3);
    expect(call).toMatchObject({ program: QEMU });
    daemon.send(reply(sure(call), none));
    await expect(result).resolves.toEqual({ result: null });
  });

  it("fails with the daemon's error", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const result = connection.call("domain_lookup_by_name", { name: "gone" });
    const [call] = await daemon.calls(23);
    daemon.send(replyError(sure(call), 42, "Domain not found"));
    await expect(result).rejects.toMatchObject({
      code: "not-found",
      hostCode: 42,
      message: "Domain not found",
    });
    expect(connection.error).toBeUndefined();
  });

  it("that cannot be sent fails alone, before anything is sent", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const before = daemon.received.length;
    await expect(connection.call("domain_lookup_by_name", { name: "a\0b" })).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("domain_lookup_by_name cannot be sent: name:") as string,
    });
    await settle();
    expect(daemon.received.length).toBe(before);
    expect(connection.error).toBeUndefined();
  });

  it("gets its own reply, in whatever order and chunks they come", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const names = Array.from({ length: 50 }, (_, index) => `host-${index}`);
    const results = Promise.all(names.map(() => connection.call("connect_get_hostname")));
    const calls = await daemon.calls(HOSTNAME, 50);
    const replies = calls.map((call, index) => reply(call, text(sure(names[index]))));
    const mixed = Buffer.concat(replies.map((_, index) => sure(replies[(index * 17 + 5) % 50])));
    for (let at = 0; at < mixed.length; at += 7) daemon.send(mixed.subarray(at, at + 7));
    expect((await results).map(({ hostname }) => hostname)).toEqual(names);
  });

  it("survives a reply that is split at any byte", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const size = reply(asked(1), text("host")).length;
    for (let cut = 1; cut < size; cut++) {
      const result = connection.call("connect_get_hostname");
      const bytes = reply(sure((await daemon.calls(HOSTNAME, cut)).at(-1)), text("host"));
      daemon.send(bytes.subarray(0, cut));
      await settle();
      daemon.send(bytes.subarray(cut));
      await expect(result).resolves.toEqual({ hostname: "host" });
    }
  });
});

describe("a deadline", () => {
  it("ends the call by name, and the late reply is dropped", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const slow = connection.call("connect_get_hostname", undefined, { timeoutMs: 10 });
    await expect(slow).rejects.toMatchObject({
      code: "timeout",
      message: "The host did not answer connect_get_hostname within 0 s",
    });
    const next = connection.call("connect_get_hostname");
    const [late, call] = await daemon.calls(HOSTNAME, 2);
    daemon.send(reply(sure(late), text("late")));
    daemon.send(reply(sure(call), text("right")));
    await expect(next).resolves.toEqual({ hostname: "right" });
  });

  it("may be a signal", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const abort = new AbortController();
    const given = connection.call("connect_get_hostname", undefined, { signal: abort.signal });
    await daemon.calls(HOSTNAME);
    abort.abort(new Error("Ctrl-C"));
    await expect(given).rejects.toMatchObject({ message: "connect_get_hostname was given up" });
    await expect(
      connection.call("connect_get_hostname", undefined, { signal: abort.signal }),
    ).rejects.toMatchObject({ message: "connect_get_hostname was given up" });
    expect(await daemon.calls(HOSTNAME)).toHaveLength(1);
  });
});

describe("the end of the connection", () => {
  it.each([
    ["dies", (daemon: FakeDaemon) => daemon.die()],
    ["hangs up", (daemon: FakeDaemon) => daemon.hangUp()],
    ["resets", (daemon: FakeDaemon) => daemon.client.destroy(new Error("read ECONNRESET"))],
  ])("fails every waiting call when the daemon %s", async (_, end) => {
    const [daemon, connection] = await FakeDaemon.connected();
    const ended = new Promise((resolve) => connection.onClose(resolve));
    const calls = Array.from({ length: 20 }, () => connection.call("connect_get_hostname"));
    const outcomes = Promise.allSettled(calls);
    await daemon.calls(HOSTNAME, 20);
    end(daemon);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "connection-lost" } });
    }
    expect(await ended).toBe(connection.error);
    await expect(connection.call("connect_get_hostname")).rejects.toMatchObject({ code: "connection-lost" });
  });

  it("is said to the daemon when it is ours", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    const waiting = expect(connection.call("connect_get_hostname")).rejects.toMatchObject({
      code: "connection-lost",
    });
    await connection.close();
    await waiting;
    expect(await daemon.calls(CLOSE)).toHaveLength(1);
    expect(daemon.client.destroyed).toBe(true);
  });

  it("comes when the daemon loses its hypervisor", async () => {
    const [daemon, connection] = await FakeDaemon.connected();
    daemon.send(packet({ program: REMOTE, procedure: 362, type: 2, serial: 0, status: OK }, u32(0)));
    await settle();
    expect(connection.error).toMatchObject({ code: "connection-lost" });
  });
});

describe("a broken protocol ends the connection for all", () => {
  it.each<[string, (serial: number) => Buffer]>([
    ["a reply that is too short", (serial) => reply(asked(serial))],
    ["a reply that is too long", (serial) => reply(asked(serial), text("host"), u32(0))],
    ["a string longer than the reply", (serial) => reply(asked(serial), u32(1_000_000))],
    ["an error that is cut", (serial) => packet({ ...asked(serial), type: REPLY, status: ERROR }, u32(1))],
    ["a reply to another procedure", (serial) => reply(asked(serial, 60), text("host"))],
    ["a reply to no call", () => reply(asked(99_999), text("host"))],
    ["a stream that nobody opened", () => packet({ ...asked(99_999), type: STREAM, status: OK })],
    ["a call from the daemon", () => packet({ ...asked(1), type: 0, status: OK })],
    ["a length that cannot be", () => u32(5)],
  ])("%s", async (_, bytes) => {
    const [daemon, connection] = await FakeDaemon.connected();
    const outcomes = Promise.allSettled([1, 2].map(() => connection.call("connect_get_hostname")));
    const [call] = await daemon.calls(HOSTNAME, 2);
    daemon.send(bytes(sure(call).serial));
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: {
          code: "failed",
          message: expect.stringMatching(/^The host broke the libvirt protocol: /) as string,
        },
      });
    }
    expect(daemon.client.destroyed).toBe(true);
  });
});

describe("keepalive on the wire", () => {
  it("answers a ping with a pong", async () => {
    const [daemon] = await FakeDaemon.connected();
    daemon.send(ping);
    const [answer] = await daemon.until(({ program }) => program === 0x6b656570);
    expect(answer).toMatchObject({ procedure: 2, type: 2, serial: 0, status: OK });
    expect(pong.readUInt32BE(12)).toBe(2);
  });
});
