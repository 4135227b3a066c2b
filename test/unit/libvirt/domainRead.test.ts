import { describe, expect, test } from "@jest/globals";
import { changesBetween, formatPath } from "../../../provider/lifecycle/engine/diff";
import { drifted, type Plain } from "../../../provider/lifecycle/engine/state";
import { readCapabilities } from "../../../provider/libvirt/xml/capabilities";
import {
  deviceChanges,
  diskKind,
  interfaceChange,
  interfaceKind,
} from "../../../provider/libvirt/xml/domain/changes";
import { disksOf } from "../../../provider/libvirt/xml/domain/disks";
import { interfacesOf } from "../../../provider/libvirt/xml/domain/interfaces";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { pendingFields } from "../../../provider/libvirt/xml/domain/pending";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { attribute, find, parseXml, type XmlElement } from "../../../provider/libvirt/xml/tree";
import { vmFields } from "../../../provider/schema/vm";
import { contextOf, fixture, OURS, specOf } from "./domain-bench";

const SIZES = [64, 32].map((mib) => mib * 2 ** 20);

describe("reading back", () => {
  test.each(["domain-ours", "domain-ours-running"])("%s is no drift from what the program says", (name) => {
    const inputs = specOf("gold", OURS) as unknown as Plain;
    const read = readDomain(fixture(name)) as Plain;
    const disks = (read["disks"] as Plain[]).map((disk, index) => ({ ...disk, size: SIZES[index] }));
    // The balloon of a guest that has just been started is still empty.
    const memory = name === "domain-ours" ? read["memory"] : 128;
    const changes = changesBetween(vmFields, inputs, drifted(vmFields, inputs, { ...read, disks, memory }));
    expect(changes.map(({ path, before, after }) => ({ path: formatPath(path), before, after }))).toEqual([]);
  });

  test("tells what somebody else has made", () => {
    expect(readDomain(fixture("domain-hand-made"))).toMatchObject({
      title: "by hand",
      cores: 1,
      memory: 64,
      cpu: { mode: "custom" },
      os: { machine: "pc-i440fx-7.2", boot: ["network"] },
      disks: [{ name: "vda", target: "vda", cache: "writethrough", format: "raw" }],
      interfaces: [{ name: "52:54:00:aa:bb:01", network: "n1", model: "rtl8139" }],
      guestAgent: false,
      console: false,
      raw: [],
      tags: undefined,
    });
    expect(readDomain(fixture("domain-test-driver"))).toMatchObject({
      domainType: "test",
      memory: 2048,
      maxMemory: 8192,
      cores: 2,
    });
  });

  test.each([
    ["<memory unit='KiB'>2097152</memory>", 2048],
    ["<memory>2097152</memory>", 2048],
    ["<memory unit='MiB'>2048</memory>", 2048],
    ["<memory unit='GiB'>2</memory>", 2048],
    ["<memory unit='b'>2147483648</memory>", 2048],
    ["<memory unit='MB'>2147.483648</memory>", 2048],
    ["<memory unit='TiB'>1</memory>", 1048576],
  ])("%s is %d MiB", (xml, mib) => {
    expect(readDomain(parseXml(`<domain>${xml}</domain>`))).toMatchObject({ memory: mib, maxMemory: mib });
  });

  test("takes the default cache and the kernel's own device names for what they are: nothing said", () => {
    const domain = parseXml(
      `<domain><devices><disk type='file'><driver name='qemu' type='raw' cache='default'/><target dev='vda'/></disk>` +
        `<interface type='direct'><mac address='52:54:00:AB:00:01'/><source dev='e' mode='passthrough'/><target dev='macvtap3'/></interface></devices></domain>`,
    );
    expect(readDomain(domain)).toMatchObject({
      disks: [{ cache: undefined }],
      interfaces: [{ mac: "52:54:00:ab:00:01", macvlanMode: "passthru", targetDev: undefined }],
    });
  });
});

describe("what a running guest does not have yet", () => {
  const configured = (input: object): XmlElement => {
    const spec = specOf("gold", { ...OURS, ...input });
    return domainXml(spec, contextOf(spec), fixture("domain-ours"));
  };
  const running = fixture("domain-ours-running");

  test("is nothing right after its start, and nothing when it is adopted", () => {
    expect(pendingFields(fixture("domain-ours"), running)).toEqual([]);
    expect(pendingFields(fixture("domain-hand-made"), fixture("domain-hand-made-running"))).toEqual([]);
    const spec = specOf("hand", {
      adopt: true,
      disks: [{}],
      interfaces: [{ network: "n1", mac: "52:54:00:aa:bb:01" }],
    });
    const adopted = domainXml(
      { ...spec, memory: undefined as never },
      contextOf(spec, { sources: new Map(), mark: { owner: "o" } }),
      fixture("domain-hand-made"),
    );
    expect(pendingFields(adopted, fixture("domain-hand-made-running"))).toEqual([]);
  });

  test.each([
    [{ cores: 3 }, ["cores"]],
    [{ cores: 3, maxCores: undefined }, ["cores"]],
    [{ maxCores: 8 }, ["maxCores"]],
    [{ memory: 64 }, []],
    [{ memory: 512, maxMemory: undefined }, ["memory"]],
    [{ maxMemory: 512 }, ["maxMemory"]],
    [{ cpu: { mode: "maximum" } }, ["cpu.mode"]],
    [{ os: { machine: "pc" } }, ["os.machine"]],
    [{ os: { boot: ["network"] } }, ["os.boot"]],
    [{ guestAgent: false, console: false }, ["console", "guestAgent"]],
    [{ raw: [] }, ["raw"]],
    [{ title: "other", description: "other", zone: "other" }, []],
    [{ disks: [OURS.disks[0], { ...OURS.disks[1], cache: "directsync" }, OURS.disks[2]] }, ["disks"]],
    [{ disks: [OURS.disks[0], { ...OURS.disks[1], serial: undefined }, OURS.disks[2]] }, ["disks"]],
    [{ disks: [OURS.disks[0], OURS.disks[2]] }, ["disks"]],
    [{ interfaces: [OURS.interfaces[0], { ...OURS.interfaces[1], bridge: "br0" }] }, ["interfaces"]],
  ])("after %j is %j", (input, fields) => {
    expect(pendingFields(configured(input), running)).toEqual(fields);
  });

  test("is not the model that host-model stands for", () => {
    const mark = "<metadata><vmhost:owner resource='o' given='cpu.mode'/></metadata>";
    const host = parseXml(`<domain>${mark}<cpu mode='host-model'/></domain>`);
    const model = parseXml(
      "<domain><cpu mode='custom' match='exact'><model>Broadwell</model></cpu></domain>",
    );
    expect(pendingFields(host, model)).toEqual([]);
    expect(pendingFields(parseXml(`<domain>${mark}<cpu mode='host-passthrough'/></domain>`), model)).toEqual([
      "cpu.mode",
    ]);
  });
});

describe("the changes of a running guest's devices", () => {
  const before = fixture("domain-ours");
  const live = fixture("domain-ours-running");
  const names = (devices: readonly XmlElement[]): unknown[] =>
    devices.map((device) => attribute(find(device, "alias"), "name"));
  const wanted = (input: object): XmlElement => {
    const spec = specOf("gold", { ...OURS, ...input });
    return domainXml(spec, contextOf(spec), before);
  };

  test("are none where nothing has changed", () => {
    for (const kind of [diskKind, interfaceKind]) {
      const { gone, fresh, left, kept } = deviceChanges(kind, before, before, live);
      expect([gone, fresh, left]).toEqual([[], [], []]);
      expect(kept).toHaveLength(kind.all(live).length);
    }
  });

  test("tell what goes, what comes and what an earlier change has left", () => {
    const next = wanted({ disks: [OURS.disks[0], { name: "new", size: 1 }, OURS.disks[2]] });
    const first = deviceChanges(diskKind, before, next, live);
    expect(names(first.gone)).toEqual(["ua-disk-data"]);
    expect(names(first.fresh)).toEqual(["ua-disk-new"]);
    expect(first.left).toEqual([]);
    const second = deviceChanges(diskKind, next, next, live);
    expect(names(second.left)).toEqual(["ua-disk-data"]);
    expect(second.gone).toEqual([]);
  });

  test("of a VM made by hand touch what the program has taken over alone", () => {
    const hand = fixture("domain-hand-made");
    const running = fixture("domain-hand-made-running");
    const spec = specOf("hand", { adopt: true, disks: [{}] });
    const adopted = domainXml(spec, contextOf(spec, { sources: new Map() }), hand);
    expect(deviceChanges(diskKind, hand, adopted, running)).toMatchObject({ gone: [], fresh: [], left: [] });
    const without = specOf("hand", { adopt: true, disks: [] });
    const dropped = domainXml(without, contextOf(without, { sources: new Map() }), adopted);
    expect(disksOf(dropped)).toEqual([]);
    expect(deviceChanges(diskKind, adopted, dropped, running).gone).toEqual(disksOf(running));
    expect(deviceChanges(interfaceKind, adopted, dropped, running)).toMatchObject({ gone: [], left: [] });
  });

  test.each([
    [{}, "same"],
    [{ network: "n2" }, "moved"],
    [{ network: undefined, bridge: "br0" }, "moved"],
    [{ mac: "52:54:00:00:00:01" }, "other"],
    [{ model: "e1000e" }, "other"],
    [{ targetDev: "tap7" }, "other"],
    [{ bootOrder: 1 }, "same"],
  ])("an interface with %j is %s", (input, kind) => {
    const next = wanted({ interfaces: [{ name: "eth0", network: "n1", ...input }, OURS.interfaces[1]] });
    const [[a], [b]] = [interfacesOf(live), interfacesOf(next)];
    if (a === undefined || b === undefined) throw new Error("both have an interface");
    expect(interfaceChange(a, b)).toBe(kind);
  });
});

describe("capabilities", () => {
  test("of a QEMU host name its identity and put its own architecture and KVM first", () => {
    const pages = [
      { pageKiB: 2048, pages: 0 },
      { pageKiB: 1048576, pages: 0 },
    ];
    const { machines, ...others } = readCapabilities(fixture("capabilities-qemu"));
    expect(machines["x86_64"]).toMatchObject({ q35: 288, "pc-q35-5.2": 288, pc: 255 });
    expect(others).toEqual({
      hostUuid: "acc1e243-b18f-4a42-afec-5cd8c0511b2b",
      arch: "x86_64",
      cpuModel: "Broadwell",
      guestArchitectures: ["x86_64", "i686"],
      domainTypes: ["kvm", "qemu"],
      hugepages: pages,
      nodes: [{ id: 0, cpus: [0, 1], memoryMiB: 8410, hugepages: pages }],
    });
  });

  test("of libvirt's test driver have no identity", () => {
    const facts = readCapabilities(fixture("capabilities-test"));
    expect(facts.hostUuid).toBeUndefined();
    expect(facts.domainTypes).toEqual(["test"]);
    expect(facts.guestArchitectures.length).toBeGreaterThan(0);
  });
});
