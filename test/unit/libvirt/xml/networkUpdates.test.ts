import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { updatesFor, type NetworkUpdate } from "../../../../provider/libvirt/networks/updates";
import type { LibvirtNetworkSpec } from "../../../../provider/schema/libvirtNetwork";

type Network = Partial<LibvirtNetworkSpec>;
interface Dhcp {
  readonly ranges: readonly object[];
  readonly hosts: readonly object[];
}

// libvirt's virNetworkUpdateCommand, virNetworkUpdateSection and virNetworkUpdateFlags.
const [DELETE, ADD_FIRST] = [2, 4];
const [HOST, RANGE] = [4, 5];
const [LIVE, CONFIG] = [1, 2];

const host = (last: number, name?: string): object => ({
  mac: `52:54:00:00:00:0${last}`,
  ip: `10.0.0.${last}`,
  name,
});
const range = (start: number, end: number): object => ({
  start: `10.0.0.${start}`,
  end: `10.0.0.${end}`,
});
const network = (dhcp: Dhcp | undefined, more: object = {}): Network =>
  ({
    ips: [
      { cidr: "fd00::1/64", dhcp: undefined },
      { cidr: "10.0.0.1/24", dhcp },
    ],
    ...more,
  }) as unknown as Network;
const calls = (before: Network, after: Network, active = true): NetworkUpdate[] | undefined =>
  updatesFor(before, after)?.map((update) => update(active));

describe("the calls that change DHCP in place", () => {
  test("none when nothing differs, in whatever order it is told", () => {
    const one = network({ ranges: [range(10, 20), range(30, 40)], hosts: [host(5), host(6)] });
    const other = network({ ranges: [range(30, 40), range(10, 20)], hosts: [host(6), host(5)] });
    expect(calls(one, other)).toEqual([]);
  });

  test("take away what goes before they add what comes, in the subnet it belongs to", () => {
    const before = network({ ranges: [range(10, 20)], hosts: [host(5, "five")] });
    const after = network({ ranges: [range(10, 99)], hosts: [host(5, "fünf & <co>")] });
    const common = { parentIndex: 1, flags: LIVE | CONFIG };
    expect(calls(before, after)).toEqual([
      {
        ...common,
        command: DELETE,
        section: HOST,
        xml: `<host mac="52:54:00:00:00:05" name="five" ip="10.0.0.5"/>`,
      },
      {
        ...common,
        command: ADD_FIRST,
        section: HOST,
        xml: `<host mac="52:54:00:00:00:05" name="fünf &amp; &lt;co&gt;" ip="10.0.0.5"/>`,
      },
      { ...common, command: DELETE, section: RANGE, xml: `<range start="10.0.0.10" end="10.0.0.20"/>` },
      { ...common, command: ADD_FIRST, section: RANGE, xml: `<range start="10.0.0.10" end="10.0.0.99"/>` },
    ]);
  });

  test("DNS records and port groups are changed one by one as well", () => {
    const [before, after] = ["one", "two"].map(
      (text): Network =>
        ({
          dns: {
            enabled: true,
            hosts: [{ ip: "10.0.0.5", names: [text] }],
            txt: [{ name: "note", value: text }],
          },
          portGroups: [{ name: text, default: true }],
        }) as unknown as Network,
    );
    const told = calls(before ?? {}, after ?? {})?.map(({ command, section, xml }) => [
      command,
      section,
      xml,
    ]);
    expect(told).toEqual([
      [DELETE, 10, `<host ip="10.0.0.5"><hostname>one</hostname></host>`],
      [ADD_FIRST, 10, `<host ip="10.0.0.5"><hostname>two</hostname></host>`],
      [DELETE, 11, `<txt name="note" value="one"/>`],
      [ADD_FIRST, 11, `<txt name="note" value="two"/>`],
      [DELETE, 9, `<portgroup name="one" default="yes"/>`],
      [ADD_FIRST, 9, `<portgroup name="two" default="yes"/>`],
    ]);
  });

  test("leave the running network out where there is none", () => {
    const [update] =
      calls(network({ ranges: [], hosts: [] }), network({ ranges: [range(2, 3)], hosts: [] }), false) ?? [];
    expect(update?.flags).toBe(CONFIG);
  });

  test.each<[string, object]>([
    ["another mode", network(undefined, { forward: { mode: "nat", dev: undefined, natPorts: undefined } })],
    ["another MTU", network(undefined, { mtu: 1400 })],
    ["DNS off", network(undefined, { dns: { enabled: false } })],
    ["DHCP where there was none", network({ ranges: [range(2, 3)], hosts: [] })],
    ["one subnet less", { ips: network(undefined).ips?.slice(1) }],
    [
      "another prefix",
      {
        ips: [
          { cidr: "fd00::1/64", dhcp: undefined },
          { cidr: "10.0.0.1/16", dhcp: undefined },
        ],
      },
    ],
  ])("are not enough for %s", (_, after) => {
    expect(calls(network(undefined), after as Network)).toBeUndefined();
    expect(calls(after as Network, network(undefined))).toBeUndefined();
  });

  test("lead from any set of hosts and ranges to any other", () => {
    const dhcp = fc.record({
      ranges: fc.uniqueArray(fc.constantFrom(range(10, 19), range(20, 29), range(30, 39), range(10, 39))),
      hosts: fc.uniqueArray(fc.constantFrom(...[2, 3, 4].flatMap((last) => [host(last), host(last, "x")]))),
    });
    fc.assert(
      fc.property(dhcp, dhcp, (from, to) => {
        const state = (each: Dhcp): Set<string> => new Set(texts(each));
        const now = state(from);
        for (const { command, xml } of calls(network(from), network(to)) ?? []) {
          // A host deletes what it has only, and adds what it has not.
          expect(now.has(xml)).toBe(command === DELETE);
          if (command === DELETE) now.delete(xml);
          else now.add(xml);
        }
        expect(now).toEqual(state(to));
      }),
    );
  });
});

/** All of a subnet's DHCP as the calls that would make it. */
function texts(dhcp: Dhcp): string[] {
  return (calls(network({ ranges: [], hosts: [] }), network(dhcp)) ?? []).map(({ xml }) => xml);
}
