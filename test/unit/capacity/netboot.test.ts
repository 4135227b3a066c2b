import { describe, expect, test } from "@jest/globals";
import { bootServiceOf, judgeNetboot, type Link } from "../../../provider/capacity/netboot";
import type { KnownInterface, KnownNetwork, Surroundings } from "../../../provider/capacity/network";

const host = (
  networks: readonly KnownNetwork[],
  interfaces: readonly KnownInterface[] = [],
): Surroundings => ({
  kind: "libvirt",
  networks,
  interfaces,
});
const maas: KnownNetwork = { name: "maas", hasDhcp: false, bridge: "virbr1" };
const own: KnownNetwork = { name: "default", hasDhcp: true, bridge: "virbr0" };
const device = (name: string, dhcp?: boolean): KnownInterface => ({
  name,
  type: "bridge",
  ...(dhcp === undefined ? {} : { dhcp }),
});

describe("who tells a guest what to boot", () => {
  test.each<[string, Surroundings, Omit<Link, "name">, string]>([
    ["libvirt's own DHCP", host([own]), { network: "default" }, "own"],
    ["libvirt's own DHCP on the bridge that is named", host([own]), { bridge: "virbr0" }, "own"],
    ["libvirt's own, with a boot file", host([{ ...own, hasBootp: true }]), { network: "default" }, "served"],
    [
      "DHCP outside, on the network's bridge",
      host([maas], [device("virbr1", true)]),
      { network: "maas" },
      "served",
    ],
    ["a network of whose bridge nothing is known", host([maas]), { network: "maas" }, "unknown"],
    [
      "a network of whose bridge it is said that it has none",
      host([maas], [device("virbr1", false)]),
      { network: "maas" },
      "none",
    ],
    [
      "a bridge that is not named among those with DHCP",
      host([], [device("br0"), device("br1", true)]),
      { bridge: "br0" },
      "none",
    ],
    ["a device below a macvtap", host([], [device("eno2", true)]), { macvlan: "eno2" }, "served"],
    ["QEMU's own network", host([own]), { user: true }, "none"],
    ["a network that nobody knows", host([own]), { network: "later" }, "unknown"],
  ])("%s", (_what, surroundings, link, expected) => {
    expect(bootServiceOf(surroundings, { name: "eth0", ...link })).toBe(expected);
  });
});

describe("a VM that boots from the network", () => {
  const around = host([maas, own], [device("virbr1", true), device("br0", false)]);

  test("is ready where one of its interfaces is served", () => {
    expect(
      judgeNetboot(around, [
        { name: "eth0", bridge: "br0" },
        { name: "eth1", network: "maas" },
      ]),
    ).toEqual({
      ready: true,
    });
  });

  test("is warned of where DHCP names no boot file, or nothing is known of it", () => {
    expect(judgeNetboot(around, [{ name: "eth0", network: "default" }])).toEqual({
      ready: false,
      warning: expect.stringMatching(
        /^DHCP of eth0 \(network "default"\) is the hypervisor's own and names no boot file; give the network `bootp`/,
      ),
    });
    expect(judgeNetboot(host([maas]), [{ name: "eth0", network: "maas" }])).toEqual({
      ready: false,
      warning: expect.stringMatching(
        /^nothing is known of DHCP on eth0 \(network "maas"\); `knownInterfaces`/,
      ),
    });
  });

  test("cannot where none of its interfaces has DHCP, or it has none", () => {
    expect(judgeNetboot(around, [{ name: "eth0", bridge: "br0" }]).refused).toMatch(
      /none of its interfaces has any: eth0 \(br0\); serve one/,
    );
    expect(judgeNetboot(around, []).refused).toMatch(/it has no interface/);
  });
});
