import { describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** A host, and how often its VMs were listed. */
function listed() {
  const memory = createMemoryHost({ cores: 100 });
  const asked = { lists: 0 };
  const open = (): HostDriver => {
    const driver = memory.session();
    const list: HostDriver["vms"]["list"] = (known) => {
      asked.lists++;
      return driver.vms.list(known);
    };
    return { ...driver, vms: { ...driver.vms, list } };
  };
  return { memory, asked, at: () => machineAt(open) };
}

const screen = (host: Plain, port: number, more: Plain = {}): Plain => ({
  ...{ host, memory: 64, graphics: { port } },
  ...more,
});
const words = (port: number, vm: string): RegExp =>
  new RegExp(
    `^graphics\\.port: port ${port} of kvm1 \\(.*\\) is that of VM "${vm}", and libvirt keeps a port for one running guest; give another, or none for one that is free`,
  );

describe("a port of a screen", () => {
  test("is refused to the second VM of a program", async () => {
    const host = listed().at();
    const stack = new Stack("dev");
    expect(await stack.preview("a", screen(host, 5950))).toEqual([]);
    expect(await stack.preview("a", screen(host, 5950))).toEqual([]);
    expect(await stack.preview("b", screen(host, 5950))).toEqual([expect.stringMatching(words(5950, "a"))]);
    expect(await stack.preview("b", screen(host, 5951))).toEqual([]);
    // What the first one has given up is free again.
    expect(await stack.preview("a", screen(host, 5952))).toEqual([]);
    expect(await stack.preview("c", screen(host, 5950))).toEqual([]);
  });

  test("is refused to one when two are previewed at the same time", async () => {
    const host = listed().at();
    const stack = new Stack("dev");
    const said = await Promise.all(["a", "b"].map((name) => stack.preview(name, screen(host, 5950))));
    expect(said.flat()).toHaveLength(1);
  });

  test("may be that of one that stays off, and is refused to one that is started beside it", async () => {
    const host = listed().at();
    const stack = new Stack("dev");
    const off = { running: false, validateStart: false };
    expect(await stack.preview("a", screen(host, 5950, off))).toEqual([]);
    expect(await stack.preview("b", screen(host, 5950))).toEqual([]);
    expect(await stack.preview("c", screen(host, 5950, { running: false }))).toEqual([
      expect.stringMatching(
        /is that of VM "b".*`validateStart: false` makes one that stays off without a start$/,
      ),
    ]);
  });

  test("is that of another stack's VM while that is on, which is looked at anew", async () => {
    const { at, memory, asked } = listed();
    const theirs = new Stack("theirs");
    await theirs.up("old", screen(at(), 5950));
    const host = at();
    asked.lists = 0;
    expect(await new Stack("dev").preview("b", screen(host, 5950))).toEqual([
      expect.stringMatching(words(5950, "old-\\w+")),
    ]);
    expect(asked.lists).toBe(2);
    const [there] = [...memory.witness.vms.values()];
    await memory.session().vms.stop(String(there?.id), { hard: true });
    expect(await new Stack("dev").preview("b", screen(host, 5950))).toEqual([]);
  });

  test("stays that of a VM which had it, and is not judged again", async () => {
    const { at } = listed();
    const stack = new Stack("dev");
    const args = screen(at(), 5950);
    await stack.up("a", args);
    expect(await stack.preview("a", args)).toEqual([]);
    // Another process, to which the program has said nothing of `a` yet: whoever comes second is refused.
    const host = at();
    expect(await stack.preview("b", screen(host, 5950))).toEqual([]);
    expect(await stack.preview("a", screen(host, 5950))).toEqual([expect.stringMatching(words(5950, "b"))]);
  });

  test("costs VMs without one no question", async () => {
    const { at, asked } = listed();
    const host = at();
    const stack = new Stack("dev");
    for (const name of ["a", "b", "c"]) expect(await stack.preview(name, { host, memory: 64 })).toEqual([]);
    expect(asked.lists).toBe(1);
    expect(await stack.preview("d", screen(host, 5950))).toEqual([]);
    expect(asked.lists).toBe(1);
  });
});

describe("huge pages", () => {
  const paged = (host: Plain, memory: number): Plain => ({ host, memory, hugepages: true });

  test("are no more than nobody has taken, asked when the first VM wants some and again before one is refused", async () => {
    const memory = createMemoryHost({ cores: 100, hugepages: [{ pageKiB: 2048, pages: 1024 }] });
    const asked: number[][] = [];
    let free = 256;
    const driver: HostDriver = {
      ...memory.driver,
      freePages: async (sizes) => {
        asked.push([...sizes]);
        return sizes.map((pageKiB) => ({ pageKiB, pages: free }));
      },
    };
    const host = machineAt(() => driver);
    const stack = new Stack("dev");
    expect(await stack.preview("plain", { host, memory: 64 })).toEqual([]);
    expect(asked).toEqual([]);
    expect(await stack.preview("a", paged(host, 256))).toEqual([]);
    expect(await stack.preview("off", { ...paged(host, 512), running: false })).toEqual([]);
    expect(await stack.preview("b", paged(host, 256))).toEqual([]);
    expect(asked).toEqual([[2048]]);
    expect(await stack.preview("c", paged(host, 64))).toEqual([
      expect.stringMatching(/^hugepages: .*\n.*requested 64 MiB in huge pages, 64 MiB missing; free 0 MiB/),
    ]);
    expect(asked).toHaveLength(2);
    free = 288;
    expect(await stack.preview("c", paged(host, 64))).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  test("of which the host cannot be asked are counted by what is set aside", async () => {
    const memory = createMemoryHost({ cores: 100, hugepages: [{ pageKiB: 2048, pages: 64 }] });
    const freePages = (): Promise<never> =>
      Promise.reject(new DriverError("no such call", { code: "unsupported", operation: "free pages" }));
    const host = machineAt(() => ({ ...memory.driver, freePages }));
    expect(await new Stack("dev").preview("a", paged(host, 128))).toEqual([]);
    expect(await new Stack("dev").preview("b", paged(host, 2))).toHaveLength(1);
  });
});

const PCI = ["0000:06:12.5", "0000:07:00.0"];
const USB = [
  { product: "1234:beef", place: "1.4" },
  { product: "046d:c31c", place: "1.5" },
  { product: "046d:c31c", place: "2.3" },
];

/** A host with those devices, of which the second PCI device is in no IOMMU group, and what it was asked. */
function hostWith(there: { pci?: string[]; usb?: typeof USB | undefined } = { pci: [...PCI], usb: USB }) {
  const asked: string[] = [];
  const answer = <T>(question: string, value: T): Promise<T> => {
    asked.push(question);
    return Promise.resolve(value);
  };
  const memory = createMemoryHost();
  const driver: HostDriver = {
    ...memory.driver,
    devices: {
      pci: () => answer("pci", [...(there.pci ?? [])]),
      usb: () => answer("usb", there.usb),
      isolated: (pci) => answer(`isolated ${pci}`, pci !== PCI[1]),
    },
  };
  return { host: machineAt(() => driver), asked, there, driver };
}

const having = (host: Plain, ...devices: Plain[]): Plain => ({
  ...{ host, memory: 64 },
  hostDevices: devices.map((each, index) => ({ name: `d${index}`, ...each })),
});

describe("a device of the host", () => {
  const { host } = hostWith();
  test.each<[Plain, string]>([
    [
      { pci: "0000:06:12.6" },
      "pci: kvm1 (ADDRESS) has no PCI device 0000:06:12.6; `lspci -D` there shows those that it has",
    ],
    [
      { pci: "0000:07:00.0" },
      "pci: kvm1 (ADDRESS) can give its PCI device 0000:07:00.0 to no guest: it is in no IOMMU group; switch on VT-d or AMD-Vi in its firmware, and `intel_iommu=on` for an Intel kernel",
    ],
    [
      { usb: "1234:dead" },
      "usb: kvm1 (ADDRESS) has no USB device 1234:dead; `lsusb` there shows those that it has, and `optional: true` starts the VM without it",
    ],
    [
      { usb: "046d:c31c" },
      "usb: kvm1 (ADDRESS) has 2 USB devices 046d:c31c; name one of them by bus and device: 1.5, 2.3",
    ],
  ])("is refused at its place: %j", async (device, words) => {
    const said = await new Stack("dev").preview("web", having(host, { usb: "1.4" }, device));
    expect(said.map((text) => text.replace(/\(qemu\S+\)/, "(ADDRESS)"))).toEqual([`hostDevices[1].${words}`]);
  });

  test("may be there, or be missing where the VM says so or does not start", async () => {
    const off = { running: false, validateStart: false };
    const on = (device: Plain, more: Plain = {}) =>
      new Stack("dev").preview("web", { ...having(hostWith().host, device), ...more });
    for (const device of [{ pci: PCI[0] }, { usb: "1234:beef" }, { usb: "2.3" }])
      expect(await on(device)).toEqual([]);
    expect(await on({ usb: "1234:dead", optional: true })).toEqual([]);
    expect(await on({ pci: "0000:06:12.6" }, off)).toEqual([]);
    expect(await on({ mdev: "7c1e1b0a-6f1e-4a54-8a52-0b2c2f8a6d10" })).toEqual([]);
  });

  test("is nothing that a host refuses which tells of none, or does not answer", async () => {
    const mute = hostWith({}).host;
    expect(await new Stack("dev").preview("web", having(mute, { pci: "0000:06:12.6" }))).toEqual([]);
    expect(await new Stack("dev").preview("web", having(mute, { usb: "1.9" }))).toEqual([]);
    const { driver } = hostWith();
    const denied = (): Promise<never> =>
      Promise.reject(new DriverError("no rights", { code: "permission-denied", operation: "list" }));
    const shut = machineAt(() => ({ ...driver, devices: { pci: denied, usb: denied, isolated: denied } }));
    expect(await new Stack("dev").preview("web", having(shut, { pci: "0000:06:12.6" }))).toEqual([]);
  });

  test("is asked for once, and again before anything is refused; never for a VM that has none, or had it before", async () => {
    const { host: mine, asked, there } = hostWith();
    const stack = new Stack("dev");
    expect(await stack.preview("plain", { host: mine, memory: 64 })).toEqual([]);
    expect(asked).toEqual([]);
    await stack.up("a", having(mine, { pci: PCI[0] }));
    expect(
      await stack.preview("b", { ...having(mine, { pci: PCI[0] }), running: false, validateStart: false }),
    ).toEqual([]);
    expect(asked).toEqual(["pci", `isolated ${PCI[0]}`]);
    expect(await stack.preview("c", having(mine, { pci: "0000:08:00.0" }))).toHaveLength(1);
    there.pci?.splice(0, 1, "0000:08:00.0");
    expect(await stack.preview("c", having(mine, { pci: "0000:08:00.0" }))).toEqual([]);
    expect(await stack.preview("a", having(mine, { pci: PCI[0] }))).toEqual([]);
  });

  test("is for one guest that is on", async () => {
    const { host: mine } = hostWith();
    const stack = new Stack("dev");
    expect(await stack.preview("a", having(mine, { pci: PCI[0] }, { usb: "1.4" }))).toEqual([]);
    expect(await stack.preview("b", having(mine, { usb: "1.4" }, { pci: PCI[0] }))).toEqual([
      expect.stringMatching(
        /^hostDevices\[0\]\.usb: the device 1\.4 of kvm1 .* is that of VM "a", and only one running guest can have it; give another, or `running: false` to one of them$/,
      ),
      expect.stringMatching(/^hostDevices\[1\]\.pci: the device 0000:06:12\.5 of kvm1 .* is that of VM "a"/),
    ]);
  });
});
