import { describe, expect, test } from "@jest/globals";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { attribute, childrenOf, find, formatXml, textOf } from "../../../provider/libvirt/xml/tree";
import { contextOf, fixture, HALT, OURS, specOf } from "./domain-bench";

const ours = (): ReturnType<typeof fixture> => fixture("domain-ours");
const change = (input: object): ReturnType<typeof fixture> => {
  const spec = specOf("gold", { ...OURS, ...input }, { ...specOf("gold", OURS) });
  return domainXml(spec, contextOf(spec), ours());
};

describe("the definition as libvirt gives it back", () => {
  test("stays as it is, to the letter, when the program asks for the same again", () => {
    expect(formatXml(change({}))).toBe(formatXml(ours()));
  });

  test("changes in what the program has changed alone", () => {
    const changed = change({ description: "new", memory: 192, cores: 3 });
    expect(textOf(find(changed, "description"))).toBe("new");
    expect(find(changed, "vcpu")).toMatchObject({ attributes: { current: "3" }, children: ["4"] });
    expect(textOf(find(changed, "currentMemory"))).toBe(String(192 * 1024));
    for (const name of ["uuid", "os", "devices", "cputune", "qemu:commandline", "clock"])
      expect(find(changed, name)).toEqual(find(ours(), name));
  });

  test("loses texts and maxima that the program takes out", () => {
    const changed = change({
      title: undefined,
      description: undefined,
      maxCores: undefined,
      maxMemory: undefined,
    });
    expect(["title", "description"].map((name) => find(changed, name))).toEqual([undefined, undefined]);
    expect(find(changed, "vcpu")).toEqual({
      name: "vcpu",
      attributes: { placement: "static" },
      children: ["2"],
    });
    expect(textOf(find(changed, "memory"))).toBe(textOf(find(changed, "currentMemory")));
  });

  test("keeps a device's address and alias, whatever the order in the program", () => {
    const reordered = change({
      disks: [OURS.disks[2], OURS.disks[1], { name: "root", size: "64MiB" }],
      interfaces: [OURS.interfaces[1], { name: "eth0", network: "n1" }],
    });
    expect(find(reordered, "devices")).toEqual(find(ours(), "devices"));
  });

  test("loses devices that the program takes out, and no others", () => {
    const changed = change({ disks: [OURS.disks[0]], interfaces: [OURS.interfaces[0]] });
    const kinds = (domain: ReturnType<typeof fixture>): string[] =>
      childrenOf(find(domain, "devices")).map(({ name }) => name);
    const [before, after] = [kinds(ours()), kinds(changed)];
    expect(after).toHaveLength(before.length - 3);
    expect(readDomain(changed)).toMatchObject({ disks: [{ name: "root" }], interfaces: [{ name: "eth0" }] });
    expect(after.filter((name) => name !== "disk" && name !== "interface")).toEqual(
      before.filter((name) => name !== "disk" && name !== "interface"),
    );
  });

  test("goes back to the defaults of a disk's options that are taken out", () => {
    const changed = change({ disks: [OURS.disks[0], { name: "data", size: "32MiB", bus: "scsi" }] });
    const data = childrenOf(find(changed, "devices"), "disk")[1];
    expect(find(data, "driver")?.attributes).toEqual({ name: "qemu", type: "qcow2" });
    expect(find(data, "serial")).toBeUndefined();
  });

  test("takes another machine only when the program means another", () => {
    const machine = (domain: ReturnType<typeof fixture>): unknown =>
      attribute(find(domain, "os", "type"), "machine");
    expect(machine(change({ os: { machine: "q35" } }))).toBe("pc-q35-7.2");
    expect(machine(change({ os: { machine: "pc" } }))).toBe("pc");
  });
});

describe("raw XML", () => {
  test("that is taken out leaves nothing of it behind", () => {
    const changed = change({ raw: [] });
    expect(find(changed, "cputune")).toBeUndefined();
    expect(find(changed, "qemu:commandline")).toBeUndefined();
    expect(find(changed, "os", "loader")).toBeUndefined();
    expect(find(changed, "devices", "watchdog")).toBeUndefined();
    expect(find(changed, "clock")).toEqual({ name: "clock", attributes: { offset: "utc" }, children: [] });
    expect(readDomain(changed).raw).toEqual([]);
  });

  test("is changed element by element", () => {
    const changed = change({
      raw: [HALT, "<cputune><vcpupin vcpu='1' cpuset='1'/></cputune>", "<on_crash>preserve</on_crash>"],
    });
    expect(childrenOf(find(changed, "cputune")).map(({ attributes }) => attributes)).toEqual([
      { vcpu: "1", cpuset: "1" },
    ]);
    expect(textOf(find(changed, "on_crash"))).toBe("preserve");
    expect(childrenOf(changed, "on_crash")).toHaveLength(1);
    expect(textOf(find(changed, "os", "loader"))).toBe("/var/lib/libvirt/boot/halt.rom");
  });

  test("overrides what stands once, and stands beside what there may be more of", () => {
    const changed = change({
      raw: [
        "<vcpu placement='static' cpuset='0-1'>2</vcpu>",
        "<clock><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/></clock>",
        "<features><hyperv><relaxed state='on'/></hyperv></features>",
        "<devices><emulator>/usr/local/bin/qemu</emulator><sound model='ich9'/></devices>",
      ],
    });
    expect(childrenOf(changed, "vcpu")).toHaveLength(1);
    expect(attribute(find(changed, "vcpu"), "cpuset")).toBe("0-1");
    expect(childrenOf(find(changed, "clock"), "timer").map((timer) => attribute(timer, "name"))).toEqual([
      "rtc",
      "pit",
    ]);
    expect(find(changed, "features", "acpi")).toBeDefined();
    expect(attribute(find(changed, "features", "hyperv", "relaxed"), "state")).toBe("on");
    expect(childrenOf(find(changed, "devices"), "emulator").map(textOf)).toEqual(["/usr/local/bin/qemu"]);
    expect(attribute(find(changed, "devices", "sound"), "model")).toBe("ich9");
  });

  test("of a command line keeps arguments that repeat, and its namespace at the domain", () => {
    const args = ["-device", "a", "-device", "b"].map((value) => `<qemu:arg value='${value}'/>`).join("");
    const xmlns = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'";
    const changed = change({ raw: [HALT, `<qemu:commandline ${xmlns}>${args}</qemu:commandline>`] });
    const values = childrenOf(find(changed, "qemu:commandline")).map((arg) => attribute(arg, "value"));
    expect(values).toEqual(["-device", "a", "-device", "b"]);
    expect(attribute(changed, "xmlns:qemu")).toBe("http://libvirt.org/schemas/domain/qemu/1.0");
  });

  test("for the CPU gives way to the default again", () => {
    const custom = "<cpu mode='custom' match='exact'><model fallback='forbid'>Broadwell</model></cpu>";
    const spec = specOf("gold", { ...OURS, raw: [custom] });
    const first = domainXml(spec, contextOf(spec), ours());
    expect(find(first, "cpu")).toMatchObject({ attributes: { mode: "custom" } });
    expect(textOf(find(first, "cpu", "model"))).toBe("Broadwell");
    const plain = specOf("gold", { ...OURS, raw: [] });
    const after = domainXml(plain, contextOf(plain), first);
    expect(find(after, "cpu")).toEqual({
      name: "cpu",
      attributes: { mode: "host-passthrough" },
      children: [],
    });
  });

  test("that is no XML is refused in preview", () => {
    for (const raw of ["<os>", "<devices></device>", "text < 3"])
      expect(() => change({ raw })).toThrow(/raw.*cannot be read as XML/);
  });
});

describe("a VM that was made by hand", () => {
  const adopt = (input: object): ReturnType<typeof fixture> => {
    const spec = specOf("hand", { adopt: true, memory: undefined, ...input });
    const sources = new Map();
    const mark = { owner: "p/s/Vm/hand", volumes: [] };
    return domainXml(spec, contextOf(spec, { sources, mark }), fixture("domain-hand-made"));
  };
  const nic = { network: "n1", mac: "52:54:00:AA:BB:01" };

  test("gets nothing but our mark where the program says nothing", () => {
    const adopted = adopt({});
    expect(
      adopted.children.filter((child) => typeof child !== "string" && child.name !== "metadata"),
    ).toEqual(fixture("domain-hand-made").children);
    expect(find(adopted, "metadata", "vmhost:owner")).toBeDefined();
  });

  test("keeps what we know nothing of in the devices that the program names", () => {
    const adopted = adopt({ disks: [{}], interfaces: [nic], description: "adopted" });
    const disk = find(adopted, "devices", "disk");
    expect(find(disk, "source")?.attributes).toEqual({
      file: "/var/lib/libvirt/boot/hand.img",
      startupPolicy: "optional",
    });
    expect(attribute(find(disk, "driver"), "cache")).toBe("writethrough");
    expect(attribute(find(disk, "alias"), "name")).toBe("ua-disk-root");
    expect(find(adopted, "devices", "interface", "source")?.attributes).toEqual({
      network: "n1",
      portgroup: "x",
    });
    expect(attribute(find(adopted, "devices", "graphics"), "passwd")).toBe("secret");
    expect(textOf(find(adopted, "title"))).toBe("by hand");
    expect(find(adopted, "os", "boot")?.attributes).toEqual({ dev: "network" });
  });

  test("gets the boot order that the program names, and only then", () => {
    const adopted = adopt({ interfaces: [{ ...nic, bootOrder: 1 }] });
    expect(childrenOf(find(adopted, "os"), "boot")).toEqual([]);
    expect(find(adopted, "os", "bootmenu")).toBeDefined();
    const byKind = adopt({ os: { boot: ["hd"] } });
    expect(childrenOf(find(byKind, "os"), "boot").map(({ attributes }) => attributes)).toEqual([
      { dev: "hd" },
    ]);
  });

  test("keeps the disks and interfaces that the program does not name", () => {
    const adopted = adopt({
      disks: [{ name: "more", target: "vdb", size: 1 }],
      interfaces: [{ network: "n2" }],
    });
    expect(readDomain(adopted)).toMatchObject({
      disks: [{ name: "vda" }, { name: "more", target: "vdb" }],
      interfaces: [{ name: "52:54:00:aa:bb:01" }, { name: "eth0", network: "n2" }],
    });
  });

  test("keeps a disk on a network or a volume as it is", () => {
    const current = fixture("domain-hand-made");
    const disk = find(current, "devices", "disk");
    if (disk === undefined) throw new Error("the fixture has a disk");
    disk.attributes["type"] = "volume";
    disk.children = disk.children.map((child) =>
      typeof child !== "string" && child.name === "source"
        ? { ...child, attributes: { pool: "p", volume: "v" } }
        : child,
    );
    const spec = specOf("hand", { adopt: true, disks: [{}] });
    const adopted = domainXml(spec, contextOf(spec, { sources: new Map() }), current);
    expect(attribute(find(adopted, "devices", "disk"), "type")).toBe("volume");
    expect(find(adopted, "devices", "disk", "source")?.attributes).toEqual({ pool: "p", volume: "v" });
  });
});
