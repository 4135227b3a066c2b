import { execFile } from "node:child_process";
import * as net from "node:net";
import { userInfo } from "node:os";
import { parseAddress } from "../../../provider/schema/address/address";
import { openTransport, type Transport } from "../../../provider/libvirt/transport/dial";
import { freePort, makeKey, startEcho, startSshd } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";

let home: SshHome;
const transports: Transport[] = [];
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();

beforeAll(() => {
  home = makeSshHome();
});
beforeEach(() => home.reset());
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});
afterAll(() => home.remove());

async function listen(onConnection: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function transportTo(place: string, timeoutMs = 10_000): Transport {
  const transport = openTransport(parseAddress(`qemu+ssh://${place}/system`), {}, { timeoutMs });
  transports.push(transport);
  return transport;
}

test("a port that nobody listens on", async () => {
  const port = await freePort();
  await expect(transportTo(`127.0.0.1:${port}`).dial()).rejects.toMatchObject({
    code: "unreachable",
    message: `127.0.0.1:${port} (ssh) refused the connection`,
    remedy: expect.stringContaining("port"),
  });
});

test("a name that does not exist", () =>
  expect(transportTo("no-such-host.invalid").dial()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("no-such-host.invalid:22"),
  }));

test("a host that accepts and never sends a banner", async () => {
  const port = await listen(() => undefined);
  const transport = transportTo(`127.0.0.1:${port}`, 300);
  const both = await Promise.allSettled([transport.dial(), transport.dial()]);
  for (const result of both) {
    expect(result).toMatchObject({
      status: "rejected",
      reason: {
        code: "timeout",
        message: `127.0.0.1:${port} accepted the connection, but sent no ssh handshake within 0.3 s`,
      },
    });
  }
});

test("ConnectTimeout of ~/.ssh/config shortens the wait", async () => {
  const port = await listen(() => undefined);
  home.write("config", "Host *\n  ConnectTimeout 1\n");
  await expect(transportTo(`127.0.0.1:${port}`, 100_000).dial()).rejects.toMatchObject({
    code: "timeout",
    message: expect.stringContaining("within 1 s"),
  });
});

test("a host that sends a banner and no more", async () => {
  const port = await listen((socket) => socket.write("SSH-2.0-OpenSSH_9.9\r\n"));
  await expect(transportTo(`127.0.0.1:${port}`, 300).dial()).rejects.toMatchObject({ code: "timeout" });
});

test("a host that closes at once", async () => {
  const port = await listen((socket) => socket.destroy());
  await expect(transportTo(`127.0.0.1:${port}`).dial()).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("not a usable ssh server"),
  });
});

test("a host that speaks something else", async () => {
  const port = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await expect(transportTo(`127.0.0.1:${port}`).dial()).rejects.toMatchObject({ code: "unreachable" });
});

test("a failure is not kept: the next dial tries anew", async () => {
  let connections = 0;
  const port = await listen((socket) => {
    connections += 1;
    socket.destroy();
  });
  const transport = transportTo(`127.0.0.1:${port}`);
  await expect(transport.dial()).rejects.toThrow();
  await expect(transport.dial()).rejects.toThrow();
  expect(connections).toBe(2);
});

test("an ssh configuration that cannot be read is named", async () => {
  const file = home.write("config", 'Host "unfinished\n');
  await expect(transportTo("127.0.0.1").dial()).rejects.toMatchObject({
    code: "invalid-argument",
    target: file,
  });
});

test("a closed transport dials no more", async () => {
  const transport = transportTo("127.0.0.1");
  await transport.close();
  await expect(transport.dial()).rejects.toMatchObject({ code: "invalid-state" });
});

test("a program ends by itself with its streams unref'ed, and with the last one destroyed", async () => {
  const key = makeKey(home.dir, "key");
  const echo = await startEcho(home.dir);
  const sshd = await startSshd({ authorizedKeys: [key.publicKey] });
  const address = `qemu+ssh://${userInfo().username}@127.0.0.1:${sshd.port}/system?socket=${echo.path}`;
  const script = (last: string): string => `
    require("@swc/core");
    const { readFileSync } = require("node:fs");
    require.extensions[".ts"] = (module, file) => module._compile(require("@swc/core").transformSync(readFileSync(file, "utf8"),
      { filename: file, jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "commonjs" } }).code, file);
    const { parseAddress } = require("./provider/schema/address/address.ts");
    const { openTransport } = require("./provider/libvirt/transport/dial.ts");
    const transport = openTransport(parseAddress(${JSON.stringify(address)}),
      { sshKeyFile: ${JSON.stringify(key.file)}, sshKnownHosts: ${JSON.stringify(sshd.knownHostsLine)} }, { timeoutMs: 10000 });
    Promise.all([transport.dial(), transport.dial()]).then((streams) => { ${last}; console.log("done"); });`;
  try {
    for (const last of ["for (const s of streams) s.unref()", "for (const s of streams) s.destroy()"]) {
      // The echo socket lives in this process, so the child must not block it.
      const output = await new Promise<string>((resolve, reject) =>
        execFile(process.execPath, ["-e", script(last)], { timeout: 20_000 }, (error, stdout) =>
          error === null ? resolve(stdout) : reject(error),
        ),
      );
      expect(output.trim()).toBe("done");
    }
  } finally {
    await sshd.stop();
    await echo.stop();
  }
});
