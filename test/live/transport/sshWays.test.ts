import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { parseAddress } from "../../../provider/schema/address/address";
import {
  openTransport,
  type Transport,
  type TransportStream,
} from "../../../provider/libvirt/transport/dial";
import {
  makeKey,
  roundTrip,
  startEcho,
  startSshd,
  type EchoSocket,
  type KeyPair,
  type Sshd,
} from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";

const user = userInfo().username;
let home: SshHome;
let key: KeyPair;
let echo: EchoSocket;
let open: Sshd;
let shut: Sshd;
let shutWithHelper: Sshd;
let bare: Sshd;
let helperLog: string;
const transports: Transport[] = [];

/** A PATH for the far side: what a test wants to be there, and nothing else. */
function tools(name: string, ...programs: readonly string[]): string {
  const dir = join(home.dir, name);
  mkdirSync(dir);
  for (const program of programs) symlinkSync(`/bin/${program}`, join(dir, program));
  return dir;
}

beforeAll(async () => {
  home = makeSshHome();
  key = makeKey(home.dir, "key");
  echo = await startEcho(home.dir);
  const authorizedKeys = [key.publicKey];
  const closed = "AllowStreamLocalForwarding no";
  open = await startSshd({ authorizedKeys });
  const netcat = tools("netcat", "sh", "id", "grep", "nc");
  shut = await startSshd({ authorizedKeys, config: [closed, `SetEnv PATH=${netcat}`] });
  const helper = tools("helper", "sh", "id", "grep", "nc");
  helperLog = join(home.dir, "helper.log");
  // Stands in for libvirt's program, which takes the URI and finds the socket itself.
  writeFileSync(
    join(helper, "virt-ssh-helper"),
    `#!/bin/sh\necho "$*" >> ${helperLog}\nexec nc -q 0 -U ${echo.path}\n`,
  );
  chmodSync(join(helper, "virt-ssh-helper"), 0o755);
  shutWithHelper = await startSshd({ authorizedKeys, config: [closed, `SetEnv PATH=${helper}`] });
  bare = await startSshd({
    authorizedKeys,
    config: [closed, `SetEnv PATH=${tools("bare", "sh", "id", "grep")}`],
  });
});
beforeEach(() => home.reset());
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});
afterAll(async () => {
  await Promise.all([open, shut, shutWithHelper, bare].map((server) => server.stop()));
  await echo.stop();
  home.remove();
});

function transportTo(server: Sshd, rest = `/system?socket=${echo.path}`): Transport {
  const transport = openTransport(
    parseAddress(`qemu+ssh://${user}@127.0.0.1:${server.port}${rest}`),
    { sshKeyFile: key.file, sshKnownHosts: server.knownHostsLine },
    { timeoutMs: 10_000 },
  );
  transports.push(transport);
  return transport;
}

const logins = (server: Sshd): number => server.log().split("Accepted publickey").length - 1;
const hello = Buffer.from("hello");

async function closed(stream: TransportStream): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once("close", resolve));
}

test("many streams at once share one ssh connection", async () => {
  const before = logins(open);
  const transport = transportTo(open);
  const streams = await Promise.all(Array.from({ length: 20 }, () => transport.dial()));
  await Promise.all(streams.map((stream) => roundTrip(stream, hello)));
  expect(logins(open) - before).toBe(1);
});

test("a server that forwards and runs no program at all", async () => {
  const server = await startSshd({ authorizedKeys: [key.publicKey], config: ["MaxSessions 0"] });
  const transport = transportTo(server);
  await roundTrip(await transport.dial(), hello);
  await roundTrip(await transport.dial(), hello);
  expect(server.log()).not.toContain("Starting session");
  await transport.close();
  await server.stop();
});

test("a server that does not forward is asked to run no more than what finds the way, and the way itself", async () => {
  const config = [
    "AllowStreamLocalForwarding no",
    "MaxSessions 2",
    `SetEnv PATH=${join(home.dir, "netcat")}`,
  ];
  const server = await startSshd({ authorizedKeys: [key.publicKey], config });
  try {
    for (let run = 0; run < 5; run += 1) {
      const transport = transportTo(server);
      await roundTrip(await transport.dial(), hello);
      await transport.close();
    }
    const programs = server.log().split("Starting session: command").length - 1;
    // The look around and nc, each time.
    expect(programs).toBe(10);
  } finally {
    await server.stop();
  }
});

test("eight megabytes come back whole, written before anything is read", async () => {
  const bytes = Buffer.alloc(8 << 20, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
  const stream = await transportTo(open).dial();
  expect((await roundTrip(stream, bytes)).equals(bytes)).toBe(true);
});

test("a stream that is destroyed closes its socket at the far side, and the connection stays for the next", async () => {
  const before = logins(open);
  const transport = transportTo(open);
  const first = await transport.dial();
  await roundTrip(first, hello);
  const others = echo.open - 1;
  first.destroy();
  await closed(first);
  await roundTrip(await transport.dial(), hello);
  expect(echo.open).toBe(others + 1);
  expect(logins(open) - before).toBe(1);
});

test("the far side closing a stream ends it", async () => {
  const stop = await startEcho(home.dir, "ends");
  const stream = await transportTo(open, `/system?socket=${stop.path}`).dial();
  await roundTrip(stream, hello);
  const ended = closed(stream);
  stream.resume();
  await stop.stop();
  await ended;
  expect(stream.readableEnded).toBe(true);
});

test("without forwarding and without virt-ssh-helper: nc, for many streams at once, beyond what one connection may run", async () => {
  const before = logins(shut);
  const transport = transportTo(shut);
  const streams = await Promise.all(Array.from({ length: 20 }, () => transport.dial()));
  await Promise.all(streams.map((stream) => roundTrip(stream, hello)));
  expect(logins(shut) - before).toBeGreaterThan(1);
  expect(logins(shut) - before).toBeLessThanOrEqual(4);
});

test("nc leaves when its stream is destroyed", async () => {
  const stream = await transportTo(shut).dial();
  await roundTrip(stream, hello);
  const others = echo.open - 1;
  stream.destroy();
  for (let i = 0; i < 200 && echo.open > others; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(echo.open).toBe(others);
});

test("without forwarding: virt-ssh-helper with the daemon's URI, looked for once", async () => {
  // The usual socket is not there, so the session daemon's: the helper would start it.
  const transport = transportTo(shutWithHelper, "/session");
  await roundTrip(await transport.dial(), hello);
  await roundTrip(await transport.dial(), hello);
  expect(readFileSync(helperLog, "utf8")).toBe("qemu:///session\nqemu:///session\n");
});

test("beside a modular virtqemud, nc to virtproxyd's socket: the helper would take the other one", async () => {
  const runtime = join(home.dir, "runtime");
  mkdirSync(join(runtime, "libvirt"), { recursive: true });
  const proxyd = await startEcho(join(runtime, "libvirt"));
  const modular = await startEcho(join(runtime, "libvirt"), "virtqemud-sock");
  const both = await startSshd({
    authorizedKeys: [key.publicKey],
    config: [
      "AllowStreamLocalForwarding no",
      `SetEnv PATH=${join(home.dir, "helper")} XDG_RUNTIME_DIR=${runtime}`,
    ],
  });
  try {
    const transport = transportTo(both, "/session");
    await roundTrip(await transport.dial(), hello);
    expect([proxyd.accepted, modular.accepted]).toEqual([1, 0]);
    await transport.close();
  } finally {
    await both.stop();
    await proxyd.stop();
    await modular.stop();
  }
});

test("proxy= chooses the way", async () => {
  const before = echo.accepted;
  await roundTrip(await transportTo(open, `/system?socket=${echo.path}&proxy=netcat`).dial(), hello);
  expect(echo.accepted).toBe(before + 1);
  await expect(transportTo(shut, `/session?proxy=native`).dial()).rejects.toMatchObject({
    code: "unreachable",
  });
});

test("no way at all", () =>
  expect(transportTo(bare).dial()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("neither virt-ssh-helper nor nc -U"),
    remedy: expect.stringContaining("AllowStreamLocalForwarding"),
  }));

test.each([
  ["forwarding", (): Sshd => open],
  ["no forwarding", (): Sshd => shut],
])("a socket that is not there, with %s", (_name, server) =>
  expect(transportTo(server(), `/system?socket=${home.dir}/nowhere`).dial()).rejects.toMatchObject({
    code: "unreachable",
    message: `failed to connect to the hypervisor: libvirt's socket ${home.dir}/nowhere does not exist on 127.0.0.1`,
  }),
);

// The account `nobody` is on every Debian and cannot log in.
test("an account without a login shell", async () => {
  const transport = openTransport(
    parseAddress(`qemu+ssh://nobody@127.0.0.1:${shut.port}/system?socket=${echo.path}`),
    { sshKeyFile: key.file, sshKnownHosts: shut.knownHostsLine },
    { timeoutMs: 10_000 },
  );
  transports.push(transport);
  await expect(transport.dial()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("not available"),
    remedy: expect.stringContaining("chsh"),
  });
});

test("a socket beside which only the modular daemon listens", async () => {
  const dir = join(home.dir, "modular");
  mkdirSync(dir);
  const modular = await startEcho(dir, "virtqemud-sock");
  await expect(transportTo(open, `/system?socket=${dir}/libvirt-sock`).dial()).rejects.toMatchObject({
    code: "unreachable",
    remedy: expect.stringContaining("virtproxyd"),
  });
  await modular.stop();
});

test("a socket that nobody listens on: the program's own words", async () => {
  const dead = join(home.dir, "dead");
  // Killed with the socket open, a daemon leaves it behind.
  const listen = `require("net").createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(spawnSync(process.execPath, ["-e", listen]).signal).toBe("SIGKILL");
  const stream = await transportTo(shut, `/system?socket=${dead}`).dial();
  stream.resume();
  await expect(new Promise((_, reject) => stream.once("error", reject))).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("Connection refused"),
  });
});

test("a lost connection fails every stream, and the next dial makes a new one", async () => {
  const server = await startSshd({ authorizedKeys: [key.publicKey] });
  const relay = await startRelay(server.port);
  const transport = openTransport(
    parseAddress(`qemu+ssh://${user}@127.0.0.1:${relay.port}/system?socket=${echo.path}`),
    { sshKeyFile: key.file, hostKeyPolicy: "ignore" },
    { timeoutMs: 10_000 },
  );
  transports.push(transport);
  const streams = await Promise.all([transport.dial(), transport.dial()]);
  await Promise.all(streams.map((stream) => roundTrip(stream, hello)));
  const failed = streams.map((stream) => new Promise((resolve) => stream.once("error", resolve)));
  relay.cut();
  for (const error of await Promise.all(failed)) expect(error).toMatchObject({ code: "connection-lost" });
  await roundTrip(await transport.dial(), hello);
  await transport.close();
  await relay.stop();
  await server.stop();
});

/** A TCP relay whose connections can be cut. */
async function startRelay(to: number): Promise<{ port: number; cut(): void; stop(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(to, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
