import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import * as tls from "node:tls";
import { parseAddress } from "../../../provider/schema/address/address";
import { openTransport, type Credentials } from "../../../provider/libvirt/transport/dial";
import { pkiIn } from "../../support/pki";
import { roundTrip, temporaryFolder } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";

const hello = Buffer.from("hello");
const dir = temporaryFolder("pki");
const { certificate, pem } = pkiIn(dir);
let home: SshHome;

beforeAll(() => {
  home = makeSshHome();
  certificate("ca");
  certificate("otherca");
  certificate("server", "ca", "IP:127.0.0.1");
  certificate("elsewhere", "ca", "DNS:elsewhere.example");
  certificate("client", "ca");
  certificate("stranger", "otherca");
});
afterAll(() => {
  home.remove();
  rmSync(dir, { recursive: true });
});

const material = (client: string, ca = "ca"): Credentials => ({
  tls: { ca: pem(`${ca}cert`), certificate: pem(`${client}cert`), key: pem(`${client}key`) },
});

interface Server {
  readonly certificate?: string;
  /** What libvirtd sends when it has looked at the client's certificate. */
  readonly verdict?: Buffer;
  /** Gets what comes, record by record. */
  readonly records?: string[];
}

/** Plays libvirtd: TLS with client certificates, one byte of confirmation, then an echo. */
async function talk(
  { certificate: name = "server", verdict = Buffer.from([1]), records }: Server,
  credentials: Credentials,
  query = "",
  timeoutMs = 5_000,
): Promise<readonly string[]> {
  const server = tls.createServer(
    { cert: pem(`${name}cert`), key: pem(`${name}key`), ca: pem("cacert"), requestCert: true },
    (socket) => {
      socket.on("error", () => undefined);
      socket.write(verdict);
      socket.on("data", (data: Buffer) => records?.push(data.toString()));
      if (verdict[0] === 1) socket.pipe(socket);
      else if (verdict.length > 0) socket.end();
    },
  );
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const transport = openTransport(parseAddress(`qemu+tls://127.0.0.1:${port}/system${query}`), credentials, {
    timeoutMs,
  });
  try {
    const stream = await transport.dial();
    stream.cork();
    const answer = roundTrip(stream, hello);
    stream.write("!");
    stream.uncork();
    expect((await answer).subarray(0, hello.length)).toEqual(hello);
    await roundTrip(stream, hello);
    return transport.warnings;
  } finally {
    await transport.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("a stream after libvirt's byte of confirmation", () =>
  expect(talk({}, material("client"))).resolves.toEqual([]));

test("what is written in one go comes in a record each, or libvirtd would not see the second", async () => {
  const records: string[] = [];
  await talk({ records }, material("client"));
  expect(records).toEqual(["hello", "!", "hello"]);
});

test("files of ?pkipath=, and of ~/.pki/libvirt", async () => {
  const pki = join(home.dir, ".pki", "libvirt");
  mkdirSync(pki, { recursive: true });
  for (const name of ["cacert", "clientcert", "clientkey"])
    writeFileSync(join(pki, `${name}.pem`), pem(name));
  await talk({}, {});
  rmSync(pki, { recursive: true });
  await talk({}, {}, `?pkipath=${dir}`);
  await expect(talk({}, {}, "?pkipath=/nowhere")).rejects.toMatchObject({
    code: "certificate-rejected",
    message: expect.stringContaining("/nowhere/cacert.pem"),
  });
});

test("a server of another CA is refused, unless told otherwise, loudly", async () => {
  await expect(talk({}, material("client", "otherca"))).rejects.toMatchObject({
    code: "certificate-rejected",
    message: expect.stringContaining("the server's TLS certificate is refused"),
  });
  await expect(talk({}, material("client", "otherca"), "?no_verify=1")).resolves.toEqual([
    expect.stringContaining("not verified"),
  ]);
});

test("a certificate for another name is refused", () =>
  expect(talk({ certificate: "elsewhere" }, material("client"))).rejects.toMatchObject({
    code: "certificate-rejected",
  }));

test("a client that the server does not trust", () =>
  expect(talk({}, material("stranger"))).rejects.toMatchObject({
    code: "authentication-failed",
    message: "libvirtd refused the client's TLS certificate",
  }));

test("a verdict that is not 1", () =>
  expect(talk({ verdict: Buffer.from([0]) }, material("client"))).rejects.toMatchObject({
    code: "authentication-failed",
  }));

test("no verdict within the deadline", () =>
  expect(talk({ verdict: Buffer.alloc(0) }, material("client"), "", 400)).rejects.toMatchObject({
    code: "timeout",
  }));

test("a client key that is none", () =>
  expect(
    talk({}, { tls: { ca: pem("cacert"), certificate: pem("clientcert"), key: "nonsense" } }),
  ).rejects.toMatchObject({ code: "invalid-argument" }));
