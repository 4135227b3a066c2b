import { appendFile, chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { pkiIn } from "../support/pki";
import { openPort, type PortInto } from "../support/portInto";
import { Program } from "../support/pulumi";
import { makeKey, startSshd, type Sshd } from "../support/sshd";

/** The same daemon by every way that leads to it without its socket, as four hosts of one program. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const config = new pulumi.Config();
const hostnames = {};
for (const [way, args] of Object.entries(JSON.parse(config.require("ways")))) {
  const host = new VmHost(way, { ...args, cpuOvercommitRatio: 10 });
  const pool = new StoragePool("pool-" + way, { host, name: way, path: "${poolPath}/" + way });
  const base = new StorageVolume("base-" + way, { host, pool, name: "base.img", source: "base.img", format: "raw" });
  new Vm("vm-" + way, { host, name: way, memory: 24, domainType: "qemu", running: "paused", disks: [{ pool, backing: base }] });
  hostnames[way] = host.hostname;
}
exports.hostnames = hostnames;
`;

const LISTEN = `
listen_tls = 1
listen_tcp = 1
auth_tcp = "none"
key_file = "/etc/libvirt/pki/serverkey.pem"
cert_file = "/etc/libvirt/pki/servercert.pem"
ca_file = "/etc/libvirt/pki/cacert.pem"
tcp_port = "16509"
tls_port = "16514"
`;

const SSH = 2222;

/** A folder for `pkipath` with other certificates under the names that are looked for. */
async function lookalike(
  dir: string,
  name: string,
  { ca, client }: { ca: string; client: string },
): Promise<void> {
  const folder = join(dir, name);
  await mkdir(folder);
  await symlink(`../${ca}cert.pem`, join(folder, "cacert.pem"));
  for (const part of ["cert", "key"])
    await symlink(`../${client}${part}.pem`, join(folder, `client${part}.pem`));
}

describe("ways to a daemon", () => {
  let host: ThrowawayHost;
  let sshd: Sshd;
  let ports: readonly PortInto[];
  let program: Program;
  let ways: Record<string, object>;

  beforeAll(async () => {
    host = await ownHost({ name: "ways" });
    const pki = pkiIn(join(host.dir, "etc", "pki"));
    await mkdir(pki.dir);
    pki.certificate("ca");
    pki.certificate("server", "ca", "IP:127.0.0.1");
    pki.certificate("client", "ca");
    pki.certificate("otherca");
    pki.certificate("stranger", "otherca");
    await lookalike(pki.dir, "server", { ca: "otherca", client: "client" });
    await lookalike(pki.dir, "client", { ca: "ca", client: "stranger" });
    await appendFile(join(host.dir, "etc", "libvirtd.conf"), LISTEN);
    await host.restartDaemon(["--listen"]);
    const key = makeKey(host.dir, "key");
    await chmod(key.file, 0o600);
    sshd = await startSshd({
      authorizedKeys: [key.publicKey],
      config: ["AllowStreamLocalForwarding no"],
      port: SSH,
      inside: (argv) => host.inside(argv),
    });
    ports = await Promise.all([SSH, 16509, 16514].map((port) => openPort(host, port)));
    const [ssh, tcp, tls] = ports.map(({ port }) => port);
    const known = sshd.knownHostsLine.replace(String(SSH), String(ssh));
    const login = { sshKeyFile: key.file, sshKnownHosts: known };
    const far = `qemu+ssh://${userInfo().username}@127.0.0.1:${ssh}/system`;
    ways = {
      helper: { address: far, ...login },
      netcat: { address: `${far}?proxy=netcat`, ...login },
      tcp: { address: `qemu+tcp://127.0.0.1:${tcp}/system` },
      tls: { address: `qemu+tls://127.0.0.1:${tls}/system?pkipath=${pki.dir}` },
    };
    program = new Program({ name: "ways", source: SOURCE, config: { ways: JSON.stringify(ways) } });
    await program.prepare();
    await writeFile(join(program.dir, "base.img"), Buffer.alloc(3 * 2 ** 20, "ways"));
  });

  afterAll(async () => {
    await program.dispose();
    await Promise.all(ports.map((port) => port.close()));
    await sshd.stop();
    await host.stop();
  });

  test("all of them make, upload and start, and the host's own tools see it", async () => {
    const { code, stdout, stderr } = await program.up();
    if (code !== 0) throw new Error(stdout + stderr);
    expect(stdout).toMatch(/warning: qemu\+tcp.*neither authenticated nor encrypted/);
    const names = Object.keys(ways).sort();
    const { hostnames } = await program.outputs();
    expect(hostnames).toEqual(Object.fromEntries(names.map((way) => [way, host.name])));
    expect((await host.virsh(["list", "--state-paused", "--name"])).split("\n").sort()).toEqual(names);
    for (const way of names) {
      const copied = await host.exec(["cmp", join(program.dir, "base.img"), `${poolPath}/${way}/base.img`]);
      expect(copied.code).toBe(0);
    }
    expect(sshd.log()).toMatch(/Starting session: command/);
  });

  test("nothing looks changed afterwards, and all of it is taken away again", async () => {
    expect((await program.refresh({ expectNoChanges: true })).code).toBe(0);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    expect((await program.destroy()).code).toBe(0);
    expect(await host.virsh(["list", "--all", "--name"])).toBe("");
    expect((await host.exec(["find", poolPath, "-type", "f"])).stdout).toBe("");
  });

  test("a server of an authority that nobody trusts, and a client that the server does not, are told apart", async () => {
    const tls = ports[2]?.port;
    const refused = new Program({
      name: "refused",
      source: `
const { VmHost } = require("pulumi-vmhost");
for (const who of ["server", "client"])
  new VmHost(who, { address: \`qemu+tls://127.0.0.1:${tls}/system?pkipath=${host.dir}/etc/pki/\${who}\`, retries: 0 });`,
    });
    try {
      const { code, stdout } = await refused.up({ args: ["--continue-on-error"] });
      expect(code).not.toBe(0);
      expect(stdout).toMatch(
        /cannot connect to qemu\+tls[^\n]*pki\/server: the server's TLS certificate is refused/,
      );
      expect(stdout).toMatch(
        /cannot connect to qemu\+tls[^\n]*pki\/client: libvirtd refused the client's TLS certificate/,
      );
    } finally {
      await refused.dispose();
    }
  });
});
