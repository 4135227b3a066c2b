import { describe, expect, jest, test } from "@jest/globals";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const OUTPUT = "Calling [toString] on an [Output<T>] is not supported.\n\nTo get the value of an Output<T> …";

function stackOn(): { stack: Stack; host: object } {
  const memory = createMemoryHost();
  return { stack: new Stack("dev"), host: machineAt(() => memory.session()) };
}

describe("what a person sees of a mistake", () => {
  test("the place of a value that the engine cannot print is in the reason", async () => {
    const { stack, host } = stackOn();
    const { failures } = await stack.check("web", { host, memory: "2 Gigs", disks: [{ size: "20GB/s" }] });
    expect(failures).toEqual([
      { property: "memory", reason: expect.stringMatching(/^"2 Gigs" is no size/) as unknown },
      { property: "", reason: expect.stringMatching(/^disks\[0\]\.size: "20GB\/s" is no size/) as unknown },
    ]);
  });

  test("a text that was made of an Output is refused wherever it stands", async () => {
    const { stack, host } = stackOn();
    const { failures } = await stack.check("web", {
      host,
      description: `on ${OUTPUT}`,
      disks: [{ size: 1, serial: OUTPUT }],
    });
    // Not at a property: the engine would print the paragraph.
    expect(failures.map(({ property }) => property)).toEqual(["", ""]);
    expect(failures.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^description: is made of an Output .*pulumi\.interpolate/),
      expect.stringMatching(/^disks\[0\]\.serial: is made of an Output /),
    ]);
  });

  test("one MAC address for two VMs of a host is warned of, once", async () => {
    const { stack, host } = stackOn();
    const written = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    const interfaces = [{ bridge: "br0", mac: "52:54:00:aa:bb:cc" }];
    for (const name of ["one", "one", "two", "two"])
      expect(await stack.preview(name, { host, memory: 64, interfaces })).toEqual([]);
    // Elsewhere, and with an address of its own, there is nothing to say.
    await stack.preview("three", { host: stackOn().host, memory: 64, interfaces });
    await stack.preview("four", { host, memory: 64, interfaces: [{ bridge: "br0" }] });
    const lines = written.mock.calls.map(([line]) => String(line)).filter((line) => line.includes(".mac"));
    written.mockRestore();
    expect(lines).toEqual([
      'warning: VM "two": interfaces[0].mac 52:54:00:aa:bb:cc is that of VM "one" too, on the same host; leave one of them out\n',
    ]);
  });

  test("two VMs of one program that want one name are told so in preview", async () => {
    const { stack, host } = stackOn();
    expect(await stack.preview("one", { host, name: "web", memory: 64 })).toEqual([]);
    expect(await stack.preview("two", { host, name: "web", memory: 64 })).toEqual([
      'name: is that of Vm "one" of this program too, on the same host; give "two" another name',
    ]);
    // The name is free when the first one has another.
    expect(await stack.preview("one", { host, name: "web1", memory: 64 })).toEqual([]);
    expect(await stack.preview("two", { host, name: "web", memory: 64 })).toEqual([]);
    expect(await stack.preview("two", { host: stackOn().host, name: "web1", memory: 64 })).toEqual([]);
  });
});
