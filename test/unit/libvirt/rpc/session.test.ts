import { jest } from "@jest/globals";
import type { Duplex } from "node:stream";
import { DriverError } from "../../../../provider/driver/errors";
import { LibvirtSession } from "../../../../provider/libvirt/session";
import { lifecycle, reply, replyError, text, u32 } from "./daemon-bytes";
import { FakeDaemon, HOSTNAME, settle } from "./fake-daemon";
import { FakeHost } from "./fake-host";

const DEFINE = 350;
const REGISTER = 316;

const unreachable = (): Error => new DriverError("connection refused", { code: "unreachable" });
const define = { xml: "<domain/>", flags: 0 };
const dom = Buffer.concat([text("a"), Buffer.alloc(16), u32(1)]);

describe("a session", () => {
  it("dials when it is first needed, once for all who wait", async () => {
    const host = new FakeHost();
    const session = host.session();
    expect(host.dials).toBe(0);
    const results = await Promise.all([1, 2, 3].map(() => session.call("connect_get_hostname")));
    expect(results).toEqual([{ hostname: "host" }, { hostname: "host" }, { hostname: "host" }]);
    expect(host.dials).toBe(1);
    await session.close();
  });

  it("spreads many calls over several sockets, and no more than it may", async () => {
    const host = new FakeHost();
    host.answer = () => undefined;
    const session = host.session({ maxSockets: 3 });
    const calls = Array.from({ length: 60 }, () => session.call("connect_get_hostname"));
    await host.until(() => host.received(HOSTNAME).length === 60);
    expect(host.daemons).toHaveLength(3);
    for (const daemon of host.daemons) {
      const asked = daemon.received.filter(({ procedure }) => procedure === HOSTNAME);
      expect(asked.length).toBeGreaterThanOrEqual(15);
      for (const packet of asked) daemon.send(reply(packet, text("host")));
    }
    expect(await Promise.all(calls)).toHaveLength(60);
    await session.close();
  });

  it("keeps to one socket while five calls at a time are enough", async () => {
    const host = new FakeHost();
    const session = host.session();
    for (let round = 0; round < 20; round++) {
      await Promise.all([1, 2, 3, 4, 5].map(() => session.call("connect_get_hostname")));
    }
    expect(host.dials).toBe(1);
    await session.close();
  });

  it("does with the sockets it has when the host grants no more", async () => {
    const host = new FakeHost();
    host.refuse = (dial) => (dial > 1 ? unreachable() : undefined);
    host.answer = (daemon, packet) => setImmediate(() => daemon.send(reply(packet, text("host"))));
    const session = host.session();
    expect(
      await Promise.all(Array.from({ length: 40 }, () => session.call("connect_get_hostname"))),
    ).toHaveLength(40);
    expect(host.daemons).toHaveLength(1);
    await session.close();
  });

  it("names the host in every error and keeps the daemon's number", async () => {
    const host = new FakeHost();
    host.answer = (daemon, packet) => daemon.send(replyError(packet, 42, "Domain not found"));
    await expect(host.session().call("connect_get_hostname")).rejects.toMatchObject({
      code: "not-found",
      hostCode: 42,
      host: "test://host",
    });
  });

  it("refuses calls after its end", async () => {
    const host = new FakeHost();
    const session = host.session();
    await session.call("connect_get_hostname");
    await session.close();
    expect(host.daemons[0]?.client.destroyed).toBe(true);
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({ code: "invalid-state" });
    expect(host.dials).toBe(1);
  });
});

describe("connecting", () => {
  it("tells the first failure at once, in the transport's words", async () => {
    const host = new FakeHost();
    host.refuse = unreachable;
    await expect(host.session().call("connect_get_hostname")).rejects.toMatchObject({
      code: "unreachable",
      message: "connection refused",
      host: "test://host",
    });
    expect(host.dials).toBe(1);
  });

  it("works again when the host does", async () => {
    const host = new FakeHost();
    host.refuse = (dial) => (dial === 1 ? unreachable() : undefined);
    const session = host.session();
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({ code: "unreachable" });
    await expect(session.call("connect_get_hostname")).resolves.toEqual({ hostname: "host" });
    await session.close();
  });

  it("fails in one sentence when nothing accepts, and drops what comes too late", async () => {
    let arrive: (socket: Duplex) => void = () => undefined;
    let signal: AbortSignal | undefined;
    const late = new FakeDaemon();
    const session = new LibvirtSession({
      uri: "test:///default",
      label: "test://host",
      connectTimeoutMs: 20,
      dial: (given) => {
        signal = given;
        return new Promise<Duplex>((resolve) => (arrive = resolve));
      },
    });
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({
      code: "timeout",
      message: "The host did not accept a connection within 0 s",
      host: "test://host",
    });
    expect(signal?.aborted).toBe(true);
    arrive(late.client);
    await settle();
    expect(late.client.destroyed).toBe(true);
  });

  it("fails in one sentence when the host accepts and never answers", async () => {
    const silent = new FakeDaemon();
    silent.answer = () => undefined;
    const host = new FakeHost();
    // The time that dialling took is part of the deadline, and the message tells all of it.
    const dial = async (): Promise<Duplex> => (
      await new Promise((resolve) => setTimeout(resolve, 200)),
      silent.client
    );
    const session = host.session({ dial, connectTimeoutMs: 300 });
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({
      code: "timeout",
      operation: "connect",
      message: "The host accepted the connection but did not answer within 0.3 s",
      host: "test://host",
    });
    expect(silent.client.destroyed).toBe(true);
  });
});

describe("a lost connection", () => {
  /** A host whose daemon dies, once, at the first call of this procedure. */
  function dyingAt(procedure: number): FakeHost {
    const host = new FakeHost();
    const usual = host.answer;
    let died = false;
    host.answer = (daemon, packet) => {
      if (packet.procedure === procedure && !died) {
        died = true;
        for (const each of host.daemons) each.die();
      } else if (packet.procedure === DEFINE) daemon.send(reply(packet, dom));
      else usual(daemon, packet);
    };
    return host;
  }

  it("is made again for a read, which is repeated", async () => {
    const host = dyingAt(HOSTNAME);
    const session = host.session();
    await expect(session.call("connect_get_hostname")).resolves.toEqual({ hostname: "host" });
    expect(host.dials).toBe(2);
    await session.close();
  });

  it("fails a call that changes something; the next one connects anew", async () => {
    const host = dyingAt(DEFINE);
    const session = host.session();
    await expect(session.call("domain_define_xml_flags", define)).rejects.toMatchObject({
      code: "connection-lost",
    });
    expect(host.received(DEFINE)).toHaveLength(1);
    await expect(session.call("domain_define_xml_flags", define)).resolves.toMatchObject({
      dom: { name: "a" },
    });
    expect(host.dials).toBe(2);
    await session.close();
  });

  it("repeats a read once only", async () => {
    const host = new FakeHost();
    host.answer = (daemon) => daemon.die();
    const session = host.session();
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({ code: "connection-lost" });
    expect(host.received(HOSTNAME)).toHaveLength(2);
  });

  it("waits for a daemon that restarts", async () => {
    const host = dyingAt(HOSTNAME);
    host.refuse = (dial) => (dial === 2 || dial === 3 ? unreachable() : undefined);
    const session = host.session();
    await expect(session.call("connect_get_hostname")).resolves.toEqual({ hostname: "host" });
    expect(host.dials).toBe(4);
    await session.close();
  });

  it("gives up a daemon that stays away after the time to connect", async () => {
    const host = dyingAt(HOSTNAME);
    host.refuse = (dial) => (dial > 1 ? unreachable() : undefined);
    const session = host.session({ connectTimeoutMs: 300 });
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({ code: "unreachable" });
    expect(host.dials).toBeGreaterThan(2);
  });

  it("does not wait when the new failure is for good", async () => {
    const host = dyingAt(HOSTNAME);
    host.refuse = (dial) => (dial > 1 ? new DriverError("no", { code: "authentication-failed" }) : undefined);
    const session = host.session();
    await expect(session.call("connect_get_hostname")).rejects.toMatchObject({
      code: "authentication-failed",
    });
    expect(host.dials).toBe(2);
  });

  it("subscribes anew and says that something may have been missed", async () => {
    const host = new FakeHost();
    host.answer = (daemon, packet) => {
      if (packet.procedure === REGISTER) daemon.send(reply(packet, u32(3)));
    };
    const session = host.session();
    const seen: string[] = [];
    const off = await session.onDomainEvent("lifecycle", ({ msg }) => seen.push(msg.dom.name), {
      onGap: () => seen.push("gap"),
    });
    host.daemons[0]?.send(lifecycle("before", 2));
    await host.until(() => seen.length === 1);
    host.daemons[0]?.die();
    await host.until(() => seen.length === 2);
    host.daemons[1]?.send(lifecycle("after", 2));
    await host.until(() => seen.length === 3);
    expect(seen).toEqual(["before", "gap", "after"]);
    expect(host.received(REGISTER)).toHaveLength(2);
    void off();
    await session.close();
  });
});

describe("the process", () => {
  it("is kept alive by a waiting call, not by an idle session", async () => {
    const [set, cleared] = (["setTimeout", "clearTimeout"] as const).map((name) =>
      jest.spyOn(globalThis, name),
    );
    const timeoutMs = 54_321;
    /** Deadlines of calls that hold the process: other tests' timers do not count. */
    const held = (): number => {
      const ended = new Set<unknown>(cleared?.mock.calls.map(([timer]) => timer));
      const mine = set?.mock.results.filter((_, index) => set.mock.calls[index]?.[1] === timeoutMs) ?? [];
      return mine.filter(({ value }) => (value as NodeJS.Timeout).hasRef() && !ended.has(value)).length;
    };
    const host = new FakeHost();
    const usual = host.answer;
    const session = host.session();
    await session.call("connect_get_hostname", undefined, { timeoutMs });
    expect(held()).toBe(0);
    host.answer = () => undefined;
    const waiting = session.call("connect_get_hostname", undefined, { timeoutMs });
    await host.until(() => host.received(HOSTNAME).length === 2);
    expect(held()).toBe(1);
    host.answer = usual;
    for (const packet of host.received(HOSTNAME).slice(1)) host.daemons[0]?.send(reply(packet, text("host")));
    await waiting;
    expect(held()).toBe(0);
    jest.restoreAllMocks();
    await session.close();
  });
});
