import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import type { ThrowawayHost } from "../../../scripts/lib/throwaway-host";
import { placeGuest } from "../../support/host";
import { failure, objectsBench, type ObjectsBench } from "./objects-bench";

let bench: ObjectsBench;
let host: ThrowawayHost;
let driver: HostDriver;
let haltRom: string;

beforeAll(async () => {
  bench = await objectsBench();
  ({ host, driver } = bench);
  ({ haltRom } = await placeGuest(host));
});
afterAll(() => bench?.end());

/** A guest on that network whose firmware halts at once; the tap device behind its interface. */
async function startGuest(name: string, on: string): Promise<string> {
  await bench.byHand(
    "create",
    `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory>` +
      `<os><type arch='x86_64' machine='q35'>hvm</type><loader type='rom'>${haltRom}</loader></os>` +
      `<devices><interface type='network'><source network='${on}'/><model type='virtio'/></interface></devices></domain>`,
  );
  return /^ ?(\S+) +network/m.exec(await host.virsh(["domiflist", name]))?.[1] ?? "";
}

const masterOf = async (device: string): Promise<string> =>
  /master (\S+)/.exec((await host.exec(["ip", "link", "show", device])).stdout)?.[1] ?? "none";

/** What dnsmasq has in its own files, which are what its clients get. */
async function dnsmasq(name: string): Promise<string> {
  const files = [`${name}.conf`, `${name}.hostsfile`].map((file) =>
    readFile(join(host.dir, "lib", "dnsmasq", file), "utf8").catch(() => ""),
  );
  return (await Promise.all(files)).join("");
}

describe("a running network", () => {
  test("gets other DHCP ranges and hosts with its bridge and its guests left alone", async () => {
    const input = (end: number, hosts: Plain[]): Plain => ({
      forward: { mode: "nat" },
      ips: [
        { cidr: "fd00:51::1/64" },
        { cidr: "10.51.0.1/24", dhcp: { ranges: [{ start: "10.51.0.10", end: `10.51.0.${end}` }], hosts } },
      ],
    });
    const made = await bench.createNetwork(
      bench.network("dhcp", input(20, [{ mac: "52:54:00:51:00:01", ip: "10.51.0.5" }])),
    );
    const bridge = String(made.spec.bridge?.name);
    const tap = await startGuest("on-dhcp", "dhcp");
    const before = await bench.ifindex(bridge);
    const changed = await bench.changeNetwork(
      bench.network("dhcp", input(90, [{ mac: "52:54:00:51:00:02", ip: "10.51.0.6", name: "six" }])),
    );
    expect(changed.id).toBe(made.id);
    expect(await bench.ifindex(bridge)).toBe(before);
    expect(await masterOf(tap)).toBe(bridge);
    for (const definition of [["--inactive"], []]) {
      const xml = await host.virsh(["net-dumpxml", ...definition, "dhcp"]);
      expect(xml).toContain("<range start='10.51.0.10' end='10.51.0.90'/>");
      expect(xml).toContain("<host mac='52:54:00:51:00:02' name='six' ip='10.51.0.6'/>");
      expect(xml).not.toMatch(/10\.51\.0\.(5|20)'/);
    }
    expect(await dnsmasq("dhcp")).toMatch(
      /dhcp-range=10\.51\.0\.10,10\.51\.0\.90[^]*52:54:00:51:00:02,10\.51\.0\.6/,
    );
    await host.virsh(["destroy", "on-dhcp"]);
    await driver.networks.remove(made.id);
    expect((await host.exec(["ls", "/sys/class/net"])).stdout.split("\n")).not.toContain(bridge);
  });

  test("gets other DNS records and port groups in the same way", async () => {
    const input = (word: string): Plain => ({
      ips: [{ cidr: "10.60.0.1/24" }],
      dns: {
        hosts: [{ ip: "10.60.0.5", names: [`${word}.test`] }],
        txt: [{ name: "note", value: word }],
        srv: [{ service: word, protocol: "tcp", target: "five", port: 389 }],
      },
      portGroups: [{ name: word, default: true, bandwidth: { inbound: { average: 1000 } } }],
    });
    const made = await bench.createNetwork(bench.network("records", { ips: [{ cidr: "10.60.0.1/24" }] }));
    const bridge = String(made.spec.bridge?.name);
    const before = await bench.ifindex(bridge);
    for (const word of ["one", "two"]) {
      const changed = await bench.changeNetwork(bench.network("records", input(word)));
      expect(JSON.parse(JSON.stringify(changed.spec))).toMatchObject({ ...input(word), active: true });
      for (const definition of [["--inactive"], []]) {
        const xml = await host.virsh(["net-dumpxml", ...definition, "records"]);
        expect(xml.match(/<hostname>\w+|<txt [^>]*|service='\w+'|<portgroup [^>]*/g)).toEqual([
          `<txt name='note' value='${word}'/`,
          `service='${word}'`,
          `<hostname>${word}`,
          `<portgroup name='${word}' default='yes'`,
        ]);
      }
    }
    expect(await dnsmasq("records")).toMatch(/txt-record=note,two[^]*srv-host=_two\._tcp/);
    expect(
      (await bench.changeNetwork(bench.network("records", { ips: [{ cidr: "10.60.0.1/24" }] }))).spec
        .portGroups,
    ).toBeUndefined();
    expect(await bench.ifindex(bridge)).toBe(before);
    await driver.networks.remove(made.id);
  });

  test("that has to be started anew takes its running guests along", async () => {
    const made = await bench.createNetwork(bench.network("replug", { ips: [{ cidr: "10.52.0.1/24" }] }));
    const bridge = String(made.spec.bridge?.name);
    const taps = [await startGuest("one", "replug"), await startGuest("two", "replug")];
    const before = await bench.ifindex(bridge);
    const changed = await bench.changeNetwork(
      bench.network("replug", { mtu: 1400, domain: "new.test", ips: [{ cidr: "10.52.1.1/24" }] }),
    );
    expect(changed).toMatchObject({ id: made.id, spec: { mtu: 1400, domain: "new.test", active: true } });
    expect(await bench.ifindex(bridge)).not.toBe(before);
    expect(await Promise.all(taps.map(masterOf))).toEqual([bridge, bridge]);
    expect(await host.virsh(["net-info", "replug"])).toMatch(/Active:\s+yes[^]*Autostart:\s+yes/);
    expect((await host.exec(["ip", "-brief", "address", "show", bridge])).stdout).toContain("10.52.1.1/24");
    for (const name of ["one", "two"]) await host.virsh(["destroy", name]);
    await driver.networks.remove(made.id);
  });

  test("keeps running as it was when the change is refused, and says what is in the way", async () => {
    const other = await bench.createNetwork(bench.network("occupied", { ips: [{ cidr: "10.53.0.1/24" }] }));
    const made = await bench.createNetwork(bench.network("refused", { ips: [{ cidr: "10.53.1.1/24" }] }));
    const before = await host.virsh(["net-dumpxml", "--inactive", "refused"]);
    const tap = await startGuest("held", "refused");
    const error = await failure(
      bench.changeNetwork(bench.network("refused", { ips: [{ cidr: "10.53.0.1/24" }] })),
    );
    expect(error).toMatchObject({
      operation: "change",
      target: 'network "refused"',
      remedy: expect.stringContaining("subnet"),
    });
    expect(await host.virsh(["net-dumpxml", "--inactive", "refused"])).toBe(before);
    expect((await driver.networks.find("refused"))?.spec.active).toBe(true);
    expect(await masterOf(tap)).toBe(String(made.spec.bridge?.name));
    await host.virsh(["destroy", "held"]);
    for (const { id } of [made, other]) await driver.networks.remove(id);
  });

  test("that somebody has stopped is started again, with its running guests on it", async () => {
    const spec = bench.network("stopped", { ips: [{ cidr: "10.59.0.1/24" }] });
    const made = await bench.createNetwork(spec);
    const tap = await startGuest("waiting", "stopped");
    await host.virsh(["net-destroy", "stopped"]);
    expect(await masterOf(tap)).toBe("none");
    await bench.changeNetwork(spec);
    expect(await masterOf(tap)).toBe(String(made.spec.bridge?.name));
    // The port that libvirt counts connections by is there again as well.
    expect(await host.virsh(["net-dumpxml", "stopped"])).toContain("connections='1'");
    const nic = await host.virsh(["dumpxml", "waiting", "--xpath", "//interface"]);
    expect(nic).toMatch(/type="network"[^]*network="stopped" portid="/);
    await host.virsh(["destroy", "waiting"]);
    await driver.networks.remove(made.id);
  });

  test("keeps its guests where they are when they cannot go along", async () => {
    const made = await bench.createNetwork(bench.network("stuck", { ips: [{ cidr: "10.59.1.1/24" }] }));
    const tap = await startGuest("stuck-guest", "stuck");
    await host.exec(["ip", "link", "add", "vh0", "type", "veth", "peer", "name", "vh1"]);
    const direct = bench.network("stuck", { forward: { mode: "private", dev: ["vh0"] } });
    const error = await failure(bench.changeNetwork(direct));
    expect(error).toMatchObject({ code: "invalid-state", remedy: expect.stringContaining("Stop them") });
    expect(error.message).toContain('"stuck-guest"');
    expect(await driver.networks.find("stuck")).toEqual(made);
    expect(await masterOf(tap)).toBe(String(made.spec.bridge?.name));
    await host.exec(["ip", "link", "add", "br-near", "type", "bridge"]);
    await bench.changeNetwork(
      bench.network("stuck", { forward: { mode: "bridge" }, bridge: { name: "br-near" } }),
    );
    expect(await masterOf(tap)).toBe("br-near");
    await host.virsh(["destroy", "stuck-guest"]);
    expect((await bench.changeNetwork(direct)).spec.forward).toMatchObject({ mode: "private", dev: ["vh0"] });
    await driver.networks.remove(made.id);
    for (const device of ["vh0", "br-near"]) await host.exec(["ip", "link", "delete", device]);
  });

  test("is changed between a subnet of its own and the host's devices and back", async () => {
    await host.exec(["ip", "link", "add", "br-host", "type", "bridge"]);
    const own = { forward: { mode: "nat" }, domain: "own.test", ips: [{ cidr: "10.54.0.1/24" }] };
    const made = await bench.createNetwork(bench.network("modes", own));
    const devices = [
      { forward: { mode: "bridge" }, bridge: { name: "br-host" } },
      { forward: { mode: "private", dev: ["br-host"] } },
      { forward: { mode: "vepa", dev: ["br-host"] } },
      { forward: { mode: "bridge", dev: ["br-host"] } },
    ];
    for (const input of [...devices, { forward: { mode: "route" }, ips: own.ips }, { ips: own.ips }, own]) {
      const changed = await bench.changeNetwork(bench.network("modes", input));
      expect(changed).toMatchObject({ id: made.id, spec: { ...input, active: true } });
      const xml = await host.virsh(["net-dumpxml", "modes"]);
      const { forward }: { forward?: { mode: string } } = input;
      expect(/<forward.*mode='(\w+)'/.exec(xml)?.[1]).toBe(forward?.mode);
    }
    await driver.networks.remove(made.id);
    await host.exec(["ip", "link", "delete", "br-host"]);
  });
});
