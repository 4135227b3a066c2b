import { describe, expect, test } from "@jest/globals";
import { domainXml } from "../../../provider/libvirt/xml/domain";
import { pendingFields } from "../../../provider/libvirt/xml/domain/pending";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { attribute, childrenOf, find, textOf, type XmlElement } from "../../../provider/libvirt/xml/tree";
import { complaints } from "../schema/complaints";
import { contextOf, specOf } from "./domain-bench";

const INPUT = { maxMemory: "2GiB", memoryHotplug: true, maxCores: 2, disks: [], interfaces: [] };

function definition(input: object, current?: XmlElement): XmlElement {
  const spec = specOf("modules", { ...INPUT, ...input });
  return domainXml(spec, contextOf(spec), current);
}

/** MiB: what it was made with, and its modules in the order in which they were plugged. */
function sizes(domain: XmlElement): (number | undefined)[] {
  const mib = (kib: string | undefined): number => Number(kib) / 1024;
  const modules = childrenOf(find(domain, "devices"), "memory");
  return [
    mib(attribute(find(domain, "cpu", "numa", "cell"), "memory")),
    ...modules.map((module) => mib(textOf(find(module, "target", "size")))),
  ];
}

describe("a VM whose memory grows by modules", () => {
  const first = definition({ memory: 512 });
  const grown = definition({ memory: 768 }, first);
  const more = definition({ memory: 1024 }, grown);

  test("is told what it has, and what it may have", () => {
    expect(readDomain(first)).toMatchObject({ memory: 512, maxMemory: 2048, memoryHotplug: { slots: 16 } });
    expect(readDomain(more)).toMatchObject({ memory: 1024, maxMemory: 2048 });
    expect(readDomain(more).numa?.cells).toBeUndefined();
    expect(attribute(find(more, "cpu", "numa", "cell"), "cpus")).toBe("0-1");
  });

  test("gets one for each growth, and gives the last ones back first", () => {
    expect([first, grown, more].map(sizes)).toEqual([[512], [512, 256], [512, 256, 256]]);
    expect(sizes(definition({ memory: 768 }, more))).toEqual([512, 256]);
    expect(sizes(definition({ memory: 640 }, more))).toEqual([512, 128]);
    expect(sizes(definition({ memory: 256 }, more))).toEqual([256]);
    const aliases = childrenOf(find(more, "devices"), "memory").map((each) =>
      attribute(find(each, "alias"), "name"),
    );
    expect(new Set(aliases).size).toBe(2);
  });

  test("waits for the next start with what a running guest has not", () => {
    expect(pendingFields(grown, grown)).toEqual([]);
    expect(pendingFields(grown, first)).toEqual(["memory"]);
    expect(pendingFields(definition({ memory: 256 }, first), first)).toEqual(["memory"]);
  });

  test("becomes one with a balloon again", () => {
    const balloon = definition({ memory: 768, memoryHotplug: undefined }, grown);
    expect(find(balloon, "maxMemory")).toBeUndefined();
    expect(find(balloon, "cpu", "numa")).toBeUndefined();
    expect(childrenOf(find(balloon, "devices"), "memory")).toEqual([]);
    expect([textOf(find(balloon, "memory")), textOf(find(balloon, "currentMemory"))]).toEqual([
      "2097152",
      "786432",
    ]);
  });
});

test.each([
  [{ memoryHotplug: true }, ["maxMemory: is required with `memoryHotplug`"]],
  [
    { memoryHotplug: true, memory: 513, maxMemory: 1024 },
    ["memory: must be a multiple of 2 MiB with `memoryHotplug`"],
  ],
  [
    {
      ...{ memoryHotplug: { slots: 4 }, memory: 512, maxMemory: 512 },
      numa: { cells: [{ id: 0, cores: [0], memory: 512 }] },
    },
    ["numa.cells: cannot stand beside `memoryHotplug`, which has one of its own"],
  ],
  [{ memoryHotplug: { slots: 4 }, maxMemory: 4096 }, []],
])("%j is refused at its place", (input, expected) => {
  expect(complaints("Vm", input)).toEqual(expected);
});
