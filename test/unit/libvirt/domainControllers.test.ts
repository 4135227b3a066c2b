import { describe, expect, test } from "@jest/globals";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { pendingFields } from "../../../provider/libvirt/xml/domain/pending";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { childrenOf, find, formatXml, parseXml, type XmlElement } from "../../../provider/libvirt/xml/tree";
import { contextOf, fixture, OURS, specOf } from "./domain-bench";

function defined(input: Plain, current?: XmlElement): XmlElement {
  const spec = specOf("gold", input);
  return domainXml(spec, contextOf(spec), current);
}

/** Controllers of a type, in libvirt's own quotes. */
const controllers = (domain: XmlElement, type: string): string[] =>
  childrenOf(find(domain, "devices"), "controller")
    .map((each) => formatXml(each).replaceAll('"', "'"))
    .filter((text) => text.includes(`type='${type}'`));

const scsi = { name: "fast", type: "scsi", queues: 4, iothread: 1 };
const ours = (list?: Plain[]): Plain => ({
  ...OURS,
  cpu: { iothreads: 1 },
  ...(list === undefined ? {} : { controllers: list }),
});

describe("controllers", () => {
  test("of a new VM: the one of its SCSI disks is the one that is named", () => {
    const domain = defined(ours([scsi]));
    expect(controllers(domain, "scsi")).toEqual([
      "<controller type='scsi' index='0' model='virtio-scsi'><driver queues='4' iothread='1'/><alias name='ua-controllers-fast'/></controller>",
    ]);
    expect(readDomain(domain).controllers).toEqual([
      expect.objectContaining({ name: "fast", type: "scsi", index: 0, queues: 4, iothread: 1 }),
    ]);
  });

  test("that nobody has named are libvirt's, and stay as they are", () => {
    const before = fixture("domain-ours");
    const after = defined(ours(), before);
    for (const type of ["pci", "usb", "sata", "scsi", "virtio-serial"])
      expect(controllers(after, type)).toEqual(controllers(before, type));
    expect(readDomain(after).controllers).toEqual([]);
  });

  test("that are named no more are libvirt's again where a disk hangs on them, and go where none does", () => {
    const before = defined(ours([scsi, { name: "more", type: "scsi", index: 3 }]), fixture("domain-ours"));
    expect(controllers(before, "scsi")).toHaveLength(2);
    const [left, ...others] = controllers(defined(ours([]), before), "scsi");
    expect(others).toEqual([]);
    expect(left).toMatch(/index='0' model='virtio-scsi'/);
    expect(left).not.toMatch(/driver|alias/);
  });

  test("that become another type have nothing of the one before", () => {
    const before = defined(ours([{ name: "a", type: "virtio-serial", index: 5, ports: 8 }]));
    const after = defined(ours([{ name: "a", type: "scsi" }]), before);
    expect(controllers(after, "virtio-serial")).toEqual([]);
    expect(controllers(after, "scsi").join()).toContain(
      "<controller type='scsi' model='virtio-scsi'><alias name='ua-controllers-a'/></controller>",
    );
  });

  test("of PCI without an index are new ones: no port of libvirt's is taken", () => {
    const before = fixture("domain-ours");
    const after = defined(
      ours([{ name: "p", type: "pci", model: "pcie-root-port", hotplug: false }]),
      before,
    );
    expect(controllers(after, "pci")).toHaveLength(controllers(before, "pci").length + 1);
    expect(controllers(after, "pci").at(-1)).toBe(
      "<controller type='pci' model='pcie-root-port'><target hotplug='off'/><alias name='ua-controllers-p'/></controller>",
    );
  });

  test("of USB in ICH9's place leave none of its companions", () => {
    const usb = ["<controller type='usb' index='0' model='ich9-ehci1'/>"].concat(
      [1, 2, 3].map(
        (n) => `<controller type='usb' index='0' model='ich9-uhci${n}'><master startport='0'/></controller>`,
      ),
    );
    const before = parseXml(`<domain><devices>${usb.join("")}</devices></domain>`);
    expect(controllers(defined({}, before), "usb")).toHaveLength(4);
    expect(
      controllers(defined({ controllers: [{ name: "u", type: "usb", model: "qemu-xhci" }] }, before), "usb"),
    ).toEqual([
      "<controller type='usb' index='0' model='qemu-xhci'><alias name='ua-controllers-u'/></controller>",
    ]);
  });

  test("keep their queues when those were `features.virtioScsiQueues` before", () => {
    const before = defined({ ...ours(), features: { virtioScsiQueues: 2 } });
    expect(controllers(defined(ours([scsi]), before), "scsi").join()).toContain("queues='4'");
  });

  test("wait for the next start of a running guest", () => {
    const [configured, live] = [defined(ours([scsi])), defined(ours([{ ...scsi, queues: 2 }]))];
    expect(pendingFields(configured, live)).toEqual(["controllers"]);
    expect(pendingFields(configured, configured)).toEqual([]);
  });
});

describe("an interface on a switch in user space", () => {
  const memoryBacking = { source: "memfd", access: "shared" };
  const on = (vhostUser: Plain, rest: Plain = {}): Plain => ({
    memoryBacking,
    interfaces: [{ vhostUser, mac: "52:54:00:00:00:01", ...rest }],
  });
  const nics = (domain: XmlElement): string =>
    childrenOf(find(domain, "devices"), "interface")
      .map((nic) => formatXml(nic).replaceAll('"', "'"))
      .join();
  const client = { path: "/run/a.sock", mode: "client", reconnect: 5 };

  test("is written, changed and read back", () => {
    const domain = defined(on(client));
    expect(nics(domain)).toContain(
      "<interface type='vhostuser'><mac address='52:54:00:00:00:01'/><source type='unix' path='/run/a.sock' mode='client'><reconnect enabled='yes' timeout='5'/></source><model type='virtio'/>",
    );
    expect(readDomain(domain).interfaces?.[0]?.vhostUser).toEqual(client);
    const again = defined(on({ path: "/run/a.sock", mode: "client" }), domain);
    expect(nics(again)).toContain("<source type='unix' path='/run/a.sock' mode='client'/>");
    expect(readDomain(again).interfaces?.[0]?.vhostUser?.reconnect).toBeUndefined();
    expect(nics(defined({ interfaces: [{ network: "n1" }] }, again))).toContain("<source network='n1'/>");
  });

  test("has no name of the host's that the program would know", () => {
    const live = defined(on(client));
    const nic = childrenOf(find(live, "devices"), "interface")[0];
    nic?.children.push({ name: "target", attributes: { dev: "" }, children: [] });
    expect(pendingFields(defined(on(client)), live)).toEqual([]);
  });
});

test("a UUID that the program gives is that of the new VM, and is left alone in one that is there", () => {
  const uuid = "11111111-2222-4333-8444-555555555501";
  const made = defined({ uuid: uuid });
  expect(formatXml(made)).toContain(`<uuid>${uuid}</uuid>`);
  expect(formatXml(defined({}))).not.toContain("<uuid>");
  const there = fixture("domain-ours");
  expect(find(defined({ ...OURS }, there), "uuid")).toEqual(find(there, "uuid"));
});
