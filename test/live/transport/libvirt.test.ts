import { userInfo } from "node:os";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import type { ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { ownHost } from "../../support/host";
import { makeKey, startSshd, type KeyPair, type Sshd } from "../../support/sshd";
import { makeSshHome, type SshHome } from "../../support/sshHome";

// The other files of this folder talk to an echo; here it is a real daemon, with the whole driver in front.
let home: SshHome;
let host: ThrowawayHost;
let key: KeyPair;
let open: Sshd;
let shut: Sshd;

beforeAll(async () => {
  home = makeSshHome();
  key = makeKey(home.dir, "key");
  host = await ownHost();
  open = await startSshd({ authorizedKeys: [key.publicKey] });
  shut = await startSshd({ authorizedKeys: [key.publicKey], config: ["AllowStreamLocalForwarding no"] });
});
afterAll(async () => {
  await Promise.all([open.stop(), shut.stop(), host.stop()]);
  home.remove();
});

test.each([
  ["a unix socket", () => host.address],
  ["ssh to the socket", () => remote(open)],
  ["ssh and nc", () => remote(shut)],
])("the host's facts over %s", async (_name, address) => {
  const connection = objectOf(hostFields).parse({
    address: address(),
    sshKeyFile: key.file,
    sshKnownHosts: `${open.knownHostsLine}\n${shut.knownHostsLine}\n`,
  });
  const driver = createLibvirtDriver(connection);
  try {
    const [facts, again] = await Promise.all([driver.facts(), driver.facts()]);
    expect(facts).toMatchObject({ hostname: host.name, total: again.total });
    expect(await driver.networks.list()).toEqual([]);
  } finally {
    await driver.close();
  }
});

function remote(server: Sshd): string {
  return `qemu+ssh://${userInfo().username}@127.0.0.1:${server.port}/system?socket=${host.socket}`;
}
