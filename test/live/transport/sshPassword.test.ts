import type { AddressInfo } from "node:net";
import * as ssh2 from "ssh2";
import { parseAddress } from "../../../provider/schema/address/address";
import { openTransport } from "../../../provider/libvirt/transport/dial";
import { makeKey, roundTrip, type KeyPair } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";

// OpenSSH asks PAM for passwords, which a throwaway server cannot have; ssh2's own server plays the host here.
let home: SshHome;
let hostKey: KeyPair;
let userKey: KeyPair;

beforeAll(() => {
  home = makeSshHome();
  hostKey = makeKey(home.dir, "host");
  userKey = makeKey(home.dir, "user");
});
beforeEach(() => home.reset());
afterAll(() => home.remove());

const PASSWORD = "correct horse";

/** Runs `use` against a server that decides about logins by `judge` and sends back what comes over a forwarded socket. */
async function withServer(
  judge: (context: ssh2.AuthContext) => void,
  use: (
    talk: (credentials: { password?: string; sshPrivateKey?: string }) => Promise<string>,
  ) => Promise<void>,
): Promise<void> {
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    client.on("authentication", judge);
    client.on("error", () => undefined);
    client.on("openssh.streamlocal", (accept) => {
      const channel = accept();
      channel.pipe(channel);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await use(async (credentials) => {
      const transport = openTransport(
        parseAddress(`qemu+ssh://ubuntu@127.0.0.1:${port}/system`),
        { sshKnownHosts: `[127.0.0.1]:${port} ${hostKey.publicKey}`, ...credentials },
        { timeoutMs: 10_000 },
      );
      try {
        return (await roundTrip(await transport.dial(), Buffer.from("hello"))).toString();
      } finally {
        await transport.close();
      }
    });
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

const byPassword = (context: ssh2.AuthContext): void =>
  context.method === "password" && context.password === PASSWORD
    ? context.accept()
    : context.reject(["password"]);

const byQuestions = (context: ssh2.AuthContext): void => {
  if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
  context.prompt([{ prompt: "Password: ", echo: false }], (answers) =>
    answers[0] === PASSWORD ? context.accept() : context.reject(["keyboard-interactive"]),
  );
};

test("a password", () =>
  withServer(byPassword, async (talk) => expect(await talk({ password: PASSWORD })).toBe("hello")));

test("a password where the server asks for it", () =>
  withServer(byQuestions, async (talk) => expect(await talk({ password: PASSWORD })).toBe("hello")));

test("a refused password is not in the message", () =>
  withServer(byPassword, async (talk) => {
    const error = await talk({ password: "hunter2" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "authentication-failed",
      message: expect.stringMatching(
        /refused the login of ubuntu: tried the password; the server takes password$/,
      ),
    });
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
  }));

test("a server that takes passwords only, and none is given", () =>
  withServer(byPassword, (talk) =>
    expect(talk({})).rejects.toMatchObject({
      code: "authentication-failed",
      message: expect.stringContaining("there was nothing to offer; the server takes password"),
    }),
  ));

test("a key and then a password, where the server wants both", async () => {
  const seen: string[] = [];
  let keyAccepted = false;
  const judge = (context: ssh2.AuthContext): void => {
    seen.push(context.method);
    if (context.method === "publickey" && context.signature === undefined) return context.accept();
    if (context.method === "publickey") {
      keyAccepted = true;
      return context.reject(["password"], true);
    }
    if (keyAccepted) return byPassword(context);
    context.reject(["publickey"]);
  };
  await withServer(judge, async (talk) =>
    expect(await talk({ sshPrivateKey: userKey.privateKey, password: PASSWORD })).toBe("hello"),
  );
  expect(seen).toEqual(["none", "publickey", "publickey", "password"]);
});
