import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { readMark } from "../../../provider/libvirt/xml/metadata";
import {
  attribute,
  childrenOf,
  find,
  formatXml,
  parseXml,
  textOf,
  type XmlElement,
} from "../../../provider/libvirt/xml/tree";
import { contextOf, ODD_TEXT, specOf } from "./domain-bench";

const build = (input: object, more = {}): XmlElement => {
  const spec = specOf("web", input as Record<string, unknown>);
  return domainXml(spec, contextOf(spec, more));
};
const devices = (domain: XmlElement, name: string): XmlElement[] => childrenOf(find(domain, "devices"), name);
const controllers = (domain: XmlElement, key: string, value: string): XmlElement[] =>
  devices(domain, "controller").filter((each) => attribute(each, key) === value);

describe("a new domain", () => {
  test("is a q35 with room for devices that are plugged in later", () => {
    const domain = build({ disks: [{ size: 1 }], interfaces: [{ network: "lan" }] });
    expect(domain.attributes).toEqual({ type: "kvm" });
    expect(find(domain, "os", "type")).toMatchObject({ attributes: { arch: "x86_64", machine: "q35" } });
    expect(childrenOf(find(domain, "features")).map(({ name }) => name)).toEqual(["acpi", "apic"]);
    expect(attribute(find(domain, "cpu"), "mode")).toBe("host-passthrough");
    expect(controllers(domain, "model", "pcie-root-port")).toHaveLength(16);
    expect(childrenOf(find(domain, "os"), "boot").map((boot) => boot.attributes)).toEqual([{ dev: "hd" }]);
    expect(find(domain, "uuid")).toBeUndefined();
  });

  test("has a console, an agent channel, a balloon and a random number generator, as far as they are wanted", () => {
    const domain = build({});
    expect(attribute(find(domain, "devices", "channel", "target"), "name")).toBe("org.qemu.guest_agent.0");
    expect(textOf(find(domain, "devices", "rng", "backend"))).toBe("/dev/urandom");
    expect(devices(domain, "serial")).toHaveLength(1);
    const bare = build({ console: false, guestAgent: false });
    expect(["serial", "console", "channel"].flatMap((name) => devices(bare, name))).toEqual([]);
    expect(readDomain(bare)).toMatchObject({ console: false, guestAgent: false });
  });

  test("without hardware virtualisation leaves the CPU to the hypervisor, unless one is named", () => {
    expect(find(build({}, { domainType: "qemu" }), "cpu")).toBeUndefined();
    const named = build({ cpu: { mode: "maximum" } }, { domainType: "qemu" });
    expect(attribute(find(named, "cpu"), "mode")).toBe("maximum");
  });

  test("of another architecture is another machine", () => {
    const arm = build({ os: { arch: "aarch64" } }, { arch: "aarch64", domainType: "qemu" });
    expect(find(arm, "os", "type")).toMatchObject({ attributes: { arch: "aarch64", machine: "virt" } });
    expect(find(arm, "features", "apic")).toBeUndefined();
    const ppc = build({}, { arch: "ppc64le", domainType: "qemu" });
    expect(find(ppc, "os", "type")?.attributes).toEqual({ arch: "ppc64le" });
    expect(devices(ppc, "controller")).toEqual([]);
  });

  test("gives SCSI disks a virtio controller, and others none", () => {
    const scsi = build({ disks: [{ size: 1, bus: "scsi" }] });
    expect(controllers(scsi, "type", "scsi").map((each) => attribute(each, "model"))).toEqual([
      "virtio-scsi",
    ]);
    expect(controllers(build({ disks: [{ size: 1 }] }), "type", "scsi")).toEqual([]);
  });

  test("names devices by aliases of ours, and gives each the next free target", () => {
    const spec = specOf("web", { disks: [{ size: 1 }, { size: 1 }, { name: "s", bus: "scsi", size: 1 }] });
    const bare = { ...spec, disks: spec.disks.map((disk) => ({ ...disk, target: undefined })) };
    const disks = devices(domainXml(bare, contextOf(bare)), "disk");
    expect(disks.map((disk) => attribute(find(disk, "target"), "dev"))).toEqual(["vda", "vdb", "sda"]);
    expect(disks.map((disk) => attribute(find(disk, "alias"), "name"))).toEqual([
      "ua-disk-root",
      "ua-disk-disk1",
      "ua-disk-s",
    ]);
  });

  test("finds letters for more disks than the alphabet has", () => {
    const disks = Array.from({ length: 28 }, (_, index) => ({ name: `d${index}`, size: 1 }));
    const spec = specOf("web", { disks });
    const bare = { ...spec, disks: spec.disks.map((disk) => ({ ...disk, target: undefined })) };
    const targets = devices(domainXml(bare, contextOf(bare)), "disk").map((disk) =>
      attribute(find(disk, "target"), "dev"),
    );
    expect(targets.slice(24)).toEqual(["vdy", "vdz", "vdaa", "vdab"]);
    expect(new Set(targets).size).toBe(28);
  });

  test("boots a kernel with the root device in front of its command line", () => {
    const os = { kernel: "/boot/vmlinuz", initrd: "/boot/initrd", root: "vda1", cmdline: "quiet splash" };
    const domain = build({ os }, { kernel: "/boot/vmlinuz", initrd: "/boot/initrd" });
    expect(textOf(find(domain, "os", "kernel"))).toBe("/boot/vmlinuz");
    expect(textOf(find(domain, "os", "cmdline"))).toBe("root=/dev/vda1 quiet splash");
  });

  test("is booted by kind of device or by device, never by both", () => {
    const byKind = build({ os: { boot: ["network", "hd"] } });
    expect(readDomain(byKind).os?.boot).toEqual(["network", "hd"]);
    const byDevice = build({
      disks: [{ size: 1, bootOrder: 2 }],
      interfaces: [{ network: "lan", bootOrder: 1 }],
    });
    expect(childrenOf(find(byDevice, "os"), "boot")).toEqual([]);
    expect(readDomain(byDevice)).toMatchObject({
      disks: [{ bootOrder: 2 }],
      interfaces: [{ bootOrder: 1 }],
    });
  });

  test("puts macvlan interfaces into the host's mode, unless they name one", () => {
    const domain = build(
      { interfaces: [{ macvlan: "eno1" }, { macvlan: "eno2", macvlanMode: "passthru" }] },
      { defaultMacvlanMode: "vepa" },
    );
    expect(devices(domain, "interface").map((nic) => find(nic, "source")?.attributes)).toEqual([
      { dev: "eno1", mode: "vepa" },
      { dev: "eno2", mode: "passthrough" },
    ]);
    expect(readDomain(domain).interfaces?.map(({ macvlanMode }) => macvlanMode)).toEqual([
      "vepa",
      "passthru",
    ]);
  });

  test("carries its owner, its planned volumes and what is kept with it", () => {
    const domain = build({
      disks: [{ size: 1 }],
      zone: ODD_TEXT,
      tags: [ODD_TEXT],
      raw: ODD_TEXT.slice(0, 4),
    });
    expect(readMark(parseXml(formatXml(domain)))).toEqual({
      owner: "p/s/Vm/web",
      volumes: [{ key: "p1/web-b71bde1-root.qcow2", disk: "root" }],
      zone: ODD_TEXT,
      resourcePool: undefined,
      tags: [ODD_TEXT],
      raw: [ODD_TEXT.slice(0, 4)],
    });
  });

  test("brings every text back as it went", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(texts, texts, (title, zone) => {
        fc.pre(title !== "" && zone !== "");
        const domain = parseXml(formatXml(build({ title, zone, description: `${title}\n${zone}` })));
        expect(readDomain(domain)).toMatchObject({ title, zone, description: `${title}\n${zone}` });
      }),
      { numRuns: 200 },
    );
  });
});
