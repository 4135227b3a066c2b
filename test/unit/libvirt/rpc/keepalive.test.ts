import { Keepalive, type KeepaliveActions } from "../../../../provider/libvirt/rpc/keepalive";

function watched(state: { paused?: boolean; blockedMs?: number } = {}) {
  const log: string[] = [];
  const actions: KeepaliveActions = {
    ping: () => log.push("ping"),
    dead: (silentMs) => log.push(`dead after ${silentMs}`),
    readingPaused: () => state.paused ?? false,
    blockedMs: () => state.blockedMs ?? 0,
  };
  const keepalive = new Keepalive({ intervalMs: 1000, count: 3 }, actions);
  keepalive.start();
  return { keepalive, log, state };
}

describe("keepalive", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it("pings a silent host and declares it dead after the last unanswered ping", () => {
    const { log } = watched();
    jest.advanceTimersByTime(4000);
    expect(log).toEqual(["ping", "ping", "ping", "dead after 4000"]);
  });

  it("leaves a host alone that says anything", () => {
    const { keepalive, log } = watched();
    for (let tick = 0; tick < 10; tick++) {
      keepalive.heard();
      jest.advanceTimersByTime(1000);
    }
    expect(log).toEqual([]);
  });

  it("starts to count anew after a sign of life", () => {
    const { keepalive, log } = watched();
    jest.advanceTimersByTime(3000);
    keepalive.heard();
    jest.advanceTimersByTime(4000);
    expect(log).toEqual(["ping", "ping", "ping", "ping", "ping", "ping"]);
  });

  it("does not blame the host while we do not read, but lets it hear us", () => {
    const { log } = watched({ paused: true });
    jest.advanceTimersByTime(10_000);
    expect(log).toEqual(Array.from({ length: 10 }, () => "ping"));
  });

  it("gives a host that is busy with our bytes more time, but not for ever", () => {
    const { log, state } = watched({ blockedMs: 7000 });
    jest.advanceTimersByTime(10_000);
    expect(log).toEqual([]);
    state.blockedMs = 8001;
    jest.advanceTimersByTime(1000);
    expect(log).toEqual(["dead after 8001"]);
  });

  it("is quiet once stopped, and when it is turned off", () => {
    const { keepalive, log } = watched();
    keepalive.stop();
    jest.advanceTimersByTime(10_000);
    expect(log).toEqual([]);
    new Keepalive(
      { intervalMs: 0 },
      { ping: fail, dead: fail, readingPaused: () => false, blockedMs: () => 0 },
    ).start();
    expect(jest.getTimerCount()).toBe(0);
  });
});

function fail(): never {
  throw new Error("This must not be called");
}
