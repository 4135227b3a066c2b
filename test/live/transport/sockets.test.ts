import { chmodSync, mkdirSync, rmSync } from "node:fs";
import * as net from "node:net";
import { join } from "node:path";
import { parseAddress } from "../../../provider/schema/address/address";
import { openTransport, type Transport } from "../../../provider/libvirt/transport/dial";
import { freePort, roundTrip, startEcho, temporaryFolder } from "../../support/sshd";

const hello = Buffer.from("hello");
const dir = temporaryFolder("sockets");
const transports: Transport[] = [];
const runtime = process.env["XDG_RUNTIME_DIR"];

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
  if (runtime === undefined) delete process.env["XDG_RUNTIME_DIR"];
  else process.env["XDG_RUNTIME_DIR"] = runtime;
});

afterAll(() => rmSync(dir, { recursive: true }));

function transportTo(address: string): Transport {
  const transport = openTransport(parseAddress(address), {}, { timeoutMs: 5_000 });
  transports.push(transport);
  return transport;
}

test("a unix socket that the address names, many streams", async () => {
  const echo = await startEcho(dir, "one");
  const transport = transportTo(`qemu+unix:///system?socket=${echo.path}`);
  const streams = await Promise.all([transport.dial(), transport.dial()]);
  for (const stream of streams) expect(await roundTrip(stream, hello)).toEqual(hello);
  await transport.close();
  expect(streams.every((stream) => stream.destroyed)).toBe(true);
  await expect(transport.dial()).rejects.toMatchObject({ code: "invalid-state" });
  await echo.stop();
});

test("the session daemon's socket is in XDG_RUNTIME_DIR", async () => {
  mkdirSync(join(dir, "libvirt"));
  process.env["XDG_RUNTIME_DIR"] = dir;
  await expect(transportTo("qemu:///session").dial()).rejects.toMatchObject({
    code: "unreachable",
    target: join(dir, "libvirt", "libvirt-sock"),
    remedy: expect.stringContaining("virsh -c qemu:///session list"),
  });
  const echo = await startEcho(join(dir, "libvirt"));
  expect(await roundTrip(await transportTo("qemu:///session").dial(), hello)).toEqual(hello);
  await echo.stop();
});

test("no permission on the socket points at the group", async () => {
  const echo = await startEcho(dir, "secret");
  chmodSync(echo.path, 0o600);
  chmodSync(dir, 0o711);
  // Root may connect anywhere, so it becomes somebody else for a moment; others lose their own right.
  const root = process.getuid?.() === 0;
  if (root) process.seteuid?.(65534);
  else chmodSync(echo.path, 0);
  try {
    await expect(transportTo(`qemu:///system?socket=${echo.path}`).dial()).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringMatching(/^failed to connect to the hypervisor: .*secret$/),
      remedy: expect.stringContaining("group libvirt"),
    });
  } finally {
    if (root) process.seteuid?.(0);
    await echo.stop();
  }
});

test("a socket that is not there", async () => {
  await expect(transportTo(`qemu:///system?socket=${dir}/nowhere`).dial()).rejects.toMatchObject({
    code: "unreachable",
    message: `failed to connect to the hypervisor: ${dir}/nowhere: no such file or directory`,
    remedy: expect.stringContaining("virsh -c qemu:///system list"),
  });
});

test("tcp: works, and warns", async () => {
  const server = net.createServer((socket) => socket.on("error", () => undefined).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const warnings: string[] = [];
  const transport = openTransport(
    parseAddress(`qemu+tcp://127.0.0.1:${port}/system`),
    {},
    {
      timeoutMs: 5_000,
      onWarning: (warning) => warnings.push(warning),
    },
  );
  transports.push(transport);
  for (let i = 0; i < 2; i += 1) expect(await roundTrip(await transport.dial(), hello)).toEqual(hello);
  expect(warnings).toEqual([expect.stringContaining("neither authenticated nor encrypted")]);
  expect(transport.warnings).toEqual(warnings);
  await transport.close();
  await new Promise((resolve) => server.close(resolve));
});

test("tcp: a port that nobody listens on", async () => {
  const port = await freePort();
  await expect(transportTo(`qemu+tcp://127.0.0.1:${port}/system`).dial()).rejects.toMatchObject({
    code: "unreachable",
    message: `127.0.0.1:${port} (libvirt over tcp) refused the connection`,
  });
});
