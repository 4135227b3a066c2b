import type { AddressInfo } from "node:net";
import * as ssh2 from "ssh2";
import { parseAddress } from "../../../provider/schema/address/address";
import { openTransport } from "../../../provider/libvirt/transport/dial";
import { makeKey, roundTrip, type KeyPair } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";

// Which OpenSSH a machine has is a matter of its age; ssh2's own server calls itself whatever a test wants.
let home: SshHome;
let hostKey: KeyPair;

beforeAll(() => {
  home = makeSshHome();
  hostKey = makeKey(home.dir, "host");
});
afterAll(() => home.remove());

/** What a server of that name is asked to run, by the time that two streams of one connection have been used. */
async function programsRunBy(software: string): Promise<readonly string[]> {
  const programs: string[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey], ident: software }, (client) => {
    client.on("authentication", (context) => context.accept());
    client.on("error", () => undefined);
    client.on("openssh.streamlocal", (accept) => {
      const channel = accept();
      channel.pipe(channel);
    });
    client.on("session", (accept) =>
      accept().on("exec", (run, _refuse, { command }) => {
        programs.push(command);
        run().close();
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const transport = openTransport(
    parseAddress(`qemu+ssh://ubuntu@127.0.0.1:${port}/system`),
    { hostKeyPolicy: "ignore", password: "any" },
    { timeoutMs: 10_000 },
  );
  try {
    // The second stream is opened behind what follows the first one, over the same connection.
    for (let stream = 0; stream < 2; stream += 1)
      await roundTrip(await transport.dial(), Buffer.from("hello"));
    return programs;
  } finally {
    await transport.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

test("an OpenSSH that holds small answers back runs one program, which ends that", async () => {
  expect(await programsRunBy("OpenSSH_9.9p1")).toEqual(["true"]);
});

test.each(["OpenSSH_10.0p2", "dropbear_2024.86"])("%s runs none", async (software) => {
  expect(await programsRunBy(software)).toEqual([]);
});
