import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poll } from "../../scripts/lib/processes";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { example } from "../support/example";
import { ownHost } from "../support/host";
import type { ConfigValue, Outcome, Program } from "../support/pulumi";
import { makeKey, startSshd, temporaryFolder, type KeyPair, type Sshd } from "../support/sshd";

const succeeded = ({ code, stdout, stderr }: Outcome): void => {
  if (code !== 0) throw new Error(stdout + stderr);
};

/** The documentation's machine has four cores; this one has what it has, and keeps or adds the difference. */
const CORES = 4;

describe("the worked examples, with the documentation's own numbers", () => {
  let host: ThrowawayHost;
  let sshd: Sshd;
  let key: KeyPair;
  let dir: string;
  let address: string;
  let reservedCpu: string;
  const programs: Program[] = [];

  const run = async (name: string, config: Record<string, ConfigValue>): Promise<Program> => {
    const program = await example(name, config);
    programs.push(program);
    await program.prepare();
    await mkdir(join(program.home, ".ssh"), { recursive: true, mode: 0o700 });
    await writeFile(join(program.home, ".ssh", "known_hosts"), `${sshd.knownHostsLine}\n`);
    return program;
  };

  beforeAll(async () => {
    host = await ownHost({ name: "examples" });
    dir = temporaryFolder("examples");
    key = makeKey(dir, "id_ed25519");
    sshd = await startSshd({
      authorizedKeys: [key.publicKey],
      account: { name: "ubuntu", password: "example" },
    });
    address = `qemu+ssh://ubuntu@127.0.0.1:${sshd.port}/system?socket=${host.socket}`;
    const cpus = /CPU\(s\):\s+(\d+)/.exec(await host.virsh(["nodeinfo"]))?.[1];
    reservedCpu = String(Number(cpus) - CORES);
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.dispose()));
    await sshd.stop();
    await host.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test("maas-network: the network as documented, chosen for a VM whose network boot reaches the DHCP server outside", async () => {
    const program = await run("maas-network", { address });
    await copyFile(key.file, join(program.home, ".ssh", "id_ed25519"));
    await chmod(join(program.home, ".ssh", "id_ed25519"), 0o600);
    succeeded(await program.up());
    expect(await host.virsh(["net-dumpxml", "--inactive", "maas"])).toMatch(
      /<name>maas<\/name>[^]*<forward mode='nat'>\s*<nat>\s*<port start='1024' end='65535'\/>[^]*<bridge name='virbr1' stp='off' delay='0'\/>[^]*<domain name='testnet'\/>\s*<dns enable='no'\/>\s*<ip address='172\.16\.99\.1' (netmask='255\.255\.255\.0'|prefix='24')>\s*<\/ip>/,
    );
    expect(await host.virsh(["net-info", "maas"])).toMatch(/Active:\s+yes[^]*Autostart:\s+yes/);
    expect(await host.virsh(["dumpxml", "--inactive", "node"])).toMatch(
      /<boot dev='network'\/>\s*<boot dev='hd'\/>[^]*<source network='maas'\/>/,
    );
    const { network, mac, netbootReady } = await program.outputs();
    expect(network).toBe('the network "maas": its bridge virbr1 has DHCP from outside');
    expect(netbootReady).toBe(true);

    const leases = "/run/outside.leases";
    const server = [
      "dnsmasq",
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--port=0",
      "--bind-interfaces",
    ];
    const range = "--dhcp-range=172.16.99.10,172.16.99.200,255.255.255.0,1h";
    const outside = host.exec(
      [
        ...[...server, "--interface=virbr1", range, "--dhcp-boot=pxelinux.0", "--user=root"],
        ...[`--dhcp-leasefile=${leases}`, "--pid-file=/run/outside.pid"],
      ],
      { allowFailure: true },
    );
    await host.virsh(["reset", "node"]);
    const leased = await poll(async () => {
      const { stdout } = await host.exec(["cat", leases], { allowFailure: true });
      return stdout.includes(String(mac)) ? stdout : undefined;
    }, 120_000);
    await host.exec(["sh", "-c", "kill $(cat /run/outside.pid)"]);
    await outside;
    expect(leased).toMatch(/172\.16\.99\.\d+/);

    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    succeeded(await program.destroy());
    expect(await host.virsh(["list", "--all", "--name"])).toBe("");
  });

  test("hosts: one core fits at 0.3 on four cores and two do not, by password over SSH, and pool1 is the default", async () => {
    const program = await run("hosts", { address, sshKeyFile: key.file, reservedCpu, cores: 2 });
    await program.setConfig("password", { secret: "example" });
    const refused = await program.preview();
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(
      /cores do not fit on overcommitted .*\n\s+requested 2 cores, 1 core missing; left 1 core of 1 core \(.*cores × 0\.3; used 0\)/,
    );
    await program.setConfig("cores", 1);
    succeeded(await program.up());
    expect(await program.outputs()).toMatchObject({ limits: { cores: 1 }, pool: "pool1" });
    expect(sshd.log()).toMatch(/Accepted password for ubuntu/);
    expect(sshd.log()).toMatch(/Accepted publickey for ubuntu/);
    expect(await host.virsh(["domblklist", "stored"])).toContain("/var/lib/libvirt/pool1/");
    expect(JSON.stringify(await program.exportState())).not.toContain('"example"');
    succeeded(await program.destroy());
  });

  test("macvlan: another mode is an update of the host, VMs keep theirs, and the next VM gets it", async () => {
    await host.exec(["ip", "link", "add", "eno2", "type", "veth", "peer", "name", "eno2-far"]);
    await host.exec(["ip", "link", "set", "eno2", "up"]);
    const program = await run("macvlan", { address: host.address, device: "eno2" });
    succeeded(await program.up());
    await program.setConfig("mode", "private");
    await program.setConfig("vms", JSON.stringify(["first", "second"]));
    const { steps } = await program.preview();
    const changes = steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
    expect(changes.sort()).toEqual(["create second", "update kvm1"]);
    succeeded(await program.up());
    const modes = (await host.exec(["ip", "-d", "link", "show", "type", "macvtap"])).stdout;
    expect([...modes.matchAll(/macvtap mode (\w+)/g)].map(([, mode]) => mode).sort()).toEqual([
      "bridge",
      "private",
    ]);
    const modeOf = async (name: string): Promise<string | undefined> =>
      /<source dev='eno2' mode='(\w+)'/.exec(await host.virsh(["dumpxml", name]))?.[1];
    expect([await modeOf("first"), await modeOf("second")]).toEqual(["bridge", "private"]);
    await program.setConfig("mode", "passthru");
    await program.setConfig("vms", JSON.stringify(["first", "second", "third"]));
    const alone = await program.preview();
    expect(alone.code).not.toBe(0);
    expect(alone.stdout + alone.stderr).toMatch(/"eno2" in mode passthru is for one guest alone/);

    // A preview in a network that does not reach the host: two cores at a ratio of 2 are four.
    await program.setConfig("mode", "private");
    await program.setConfig("vms", JSON.stringify(["first", "second", "third", "fourth", "fifth"]));
    await host.killDaemon();
    const blind = await program.preview({ diff: true });
    await host.restartDaemon();
    expect(blind.stdout + blind.stderr).toMatch(/could not check whether everything fits on kvm1/);
    expect(blind.stdout + blind.stderr).toMatch(
      /by the last known size of the host, VM "\w+" will be refused/,
    );
    expect(blind.code).toBe(0);
    succeeded(await program.destroy());
  });

  test("opennebula: the driver's defaults and a template with RAW lines are what libvirt has", async () => {
    // The template's bridge: that the VM can start is tried when it is made. SPICE listens only where the host has an address.
    await host.exec(["ip", "link", "add", "br0", "type", "bridge"]);
    await host.exec(["ip", "address", "add", "192.0.2.1/24", "dev", "br0"]);
    await host.exec(["ip", "link", "set", "br0", "up"]);
    const program = await run("opennebula", { address: host.address });
    succeeded(await program.up());
    const xml = await host.virsh(["dumpxml", "--inactive", "one-74"]);
    expect(xml).toMatch(/<shares>512<\/shares>/);
    // libvirt itself chooses the pty; the one serial line is the template's.
    expect(xml.match(/<serial type='pty'>\s*<target type='isa-serial' port='0'>/g)).toHaveLength(1);
    expect(xml).toMatch(/<driver name='qemu' type='raw' cache='none' discard='unmap'\/>/);
    expect(xml).toMatch(/<spinlocks state='on' retries='4096'\/>/);
    expect(xml).toMatch(/<filterref filter='clean-traffic'\/>/);
    expect((await program.preview({ expectNoChanges: true })).code).toBe(0);
    succeeded(await program.destroy());
  });
});
