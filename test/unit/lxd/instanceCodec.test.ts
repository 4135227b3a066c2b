import { describe, expect, test } from "@jest/globals";
import { isDriverError } from "../../../provider/driver/errors";
import type { NamedVmSpec } from "../../../provider/driver/contract";
import { configFor, specOfConfig } from "../../../provider/lxd/instances/config";
import { keysSet, withForeignKeys } from "../../../provider/lxd/instances/devices/keys";
import { interfaceDevice, interfacesIn } from "../../../provider/lxd/instances/devices/nic";
import { bootKeys, firmwareIn, type ServerKeys } from "../../../provider/lxd/instances/config/serverKeys";
import { OWN, type Config } from "../../../provider/lxd/objects";
import type { InterfaceSpec } from "../../../provider/schema/vm/interface";

const OLD: ServerKeys = { cloudInit: true, bootMode: false, bios: false, nodes: false };
const NEW: ServerKeys = { ...OLD, bootMode: true };
const spec = (fields: object): NamedVmSpec =>
  ({ name: "web", host: {}, ...fields }) as unknown as NamedVmSpec;
const configOf = (fields: object, server = OLD, current: Config = {}): Config =>
  configFor(spec(fields), { owner: "p/s/Vm/web" }, current, { volumes: [], devices: {}, server });

describe("an interface becomes LXD's device, and is told again", () => {
  const nic = {
    name: "eth0",
    network: "lxdbr0",
    mac: "00:16:3e:12:34:56",
    bootOrder: 1,
    targetDev: "web0",
    mtu: 1400,
    ipv4Address: "10.214.0.50",
    macFiltering: true,
    isolated: true,
    bandwidth: { inbound: { average: 1000 }, outbound: { average: 2000 } },
    config: { "queue.tx.length": "100" },
  } as unknown as InterfaceSpec;
  const device = interfaceDevice(nic);

  test("with LXD's names and units", () => {
    expect(device).toEqual({
      type: "nic",
      network: "lxdbr0",
      hwaddr: "00:16:3e:12:34:56",
      "boot.priority": "99",
      host_name: "web0",
      mtu: "1400",
      "ipv4.address": "10.214.0.50",
      "security.mac_filtering": "true",
      "security.port_isolation": "true",
      "limits.ingress": "8000Kibit",
      "limits.egress": "16000Kibit",
      "queue.tx.length": "100",
    });
    const keys = JSON.parse(keysSet({ eth0: device }) ?? "{}") as Record<string, string[]>;
    expect(interfacesIn({ eth0: device }, {}, keys)).toEqual([expect.objectContaining({ ...nic })]);
  });

  test("a rate that somebody else has written is understood", () => {
    const [seen] = interfacesIn({ eth0: { type: "nic", "limits.ingress": "8Mbit" } }, {}, {});
    expect(seen?.bandwidth?.inbound?.average).toBe(Math.floor(8e6 / 8192));
  });

  test("keys that the program takes back go, those of others stay", () => {
    const now = { type: "nic", network: "lxdbr0", mtu: "1400", "user.theirs": "kept" };
    const wanted = { type: "nic", network: "lxdbr0" };
    expect(withForeignKeys(wanted, now, ["mtu"])).toEqual({ ...wanted, "user.theirs": "kept" });
    expect(withForeignKeys(wanted, now, [])).toEqual(now);
  });
});

describe("an instance's configuration", () => {
  test.each([
    [{ 0: "2", 1: "3" }, "2-3"],
    [{ 0: "3" }, "3-3"],
    [{ 0: "0", 1: "2" }, "0,2"],
  ])("pins cores to CPUs by a list: %j", (pin, limit) => {
    const config = configOf({ cores: Object.keys(pin).length, cpu: { pin } });
    expect(config["limits.cpu"]).toBe(limit);
    expect(specOfConfig(config)).toMatchObject({ cores: Object.keys(pin).length, cpu: { pin } });
  });

  test("chooses CPUs of certain nodes, where the server can", () => {
    const server = { ...NEW, nodes: true };
    const config = configOf({ cores: 2, numa: { nodes: "0-1,3" } }, server);
    expect(config).toMatchObject({ "limits.cpu": "2", "limits.cpu.nodes": "0-1,3" });
    expect(specOfConfig(config)).toMatchObject({ cores: 2, numa: { nodes: "0-1,3" } });
    expect(configOf({ cores: 2 }, server, config)["limits.cpu.nodes"]).toBeUndefined();
    expect(() => configOf({ numa: { nodes: "0" } })).toThrow(/no numa_cpu_placement/);
    // The program's own key is its own.
    const raw = configOf({ config: { "limits.cpu.nodes": "1" } }, server);
    expect(specOfConfig(raw)).toMatchObject({
      numa: { nodes: undefined },
      config: { "limits.cpu.nodes": "1" },
    });
    expect(specOfConfig({ "limits.cpu.nodes": "balanced" })).toMatchObject({ numa: { nodes: undefined } });
  });

  test("what a field has set goes with the field, what others have set stays", () => {
    const before = configOf({ hugepages: true });
    expect(before["limits.memory.hugepages"]).toBe("true");
    expect(configOf({}, OLD, { ...before, "user.theirs": "kept" })).toEqual(
      expect.not.objectContaining({ "limits.memory.hugepages": "true" }),
    );
    expect(configOf({}, OLD, { "limits.memory.hugepages": "true" })["limits.memory.hugepages"]).toBe("true");
  });
});

describe("what starts the machine is said as the server knows it (R48)", () => {
  const firmware = (type: string, secureBoot?: boolean): object => ({ firmware: { type, secureBoot } });

  test.each([
    [firmware("uefi", false), { "security.secureboot": "false" }, { "boot.mode": "uefi-nosecureboot" }],
    [firmware("uefi", true), { "security.secureboot": "true" }, { "boot.mode": "uefi-secureboot" }],
    [firmware("uefi"), {}, {}],
  ])("%j", (fields, old, modern) => {
    expect(bootKeys(spec(fields), OLD)).toEqual(old);
    expect(bootKeys(spec(fields), NEW)).toEqual(modern);
    expect(firmwareIn(old as Config)).toEqual(firmwareIn(modern as Config));
  });

  test("by BIOS only where the server can", () => {
    expect(bootKeys(spec(firmware("bios")), NEW)).toEqual({ "boot.mode": "bios" });
    expect(bootKeys(spec(firmware("bios")), { ...OLD, bios: true })).toEqual({
      "security.csm": "true",
      "security.secureboot": "false",
    });
    expect(firmwareIn({ "boot.mode": "bios" })).toEqual({ type: "bios", secureBoot: false });
    try {
      bootKeys(spec(firmware("bios")), OLD);
      throw new Error("it was taken");
    } catch (error) {
      expect(isDriverError(error) ? error.code : error).toBe("unsupported");
    }
  });

  test("a program written for an older server means the same on a newer one, and sees no drift", () => {
    const raw = { config: { "security.secureboot": "false", "user.step": "1" } };
    const config = configOf(raw, NEW);
    expect(config).toMatchObject({ "boot.mode": "uefi-nosecureboot", "user.step": "1" });
    expect(config["security.secureboot"]).toBeUndefined();
    expect(specOfConfig(config)).toMatchObject(raw);
    const without = configOf({ config: { "user.step": "1" } }, NEW, config);
    expect([without["boot.mode"], without[OWN.keys]]).toEqual([undefined, '["user.step"]']);
  });
});
