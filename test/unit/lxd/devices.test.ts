import { expect, test } from "@jest/globals";
import { interfaceDevice, interfacesIn } from "../../../provider/lxd/instances/devices/nic";
import type { InterfaceSpec } from "../../../provider/schema/vm/interface";

/** Both ways: what LXD is told of an interface, and what it tells of it. */
test.each<[Partial<InterfaceSpec>, Record<string, string>]>([
  [{ sriov: "eno3" }, { nictype: "sriov", parent: "eno3" }],
  [
    { sriov: "eno3", vlan: { tags: [42], trunk: undefined } },
    { nictype: "sriov", parent: "eno3", vlan: "42" },
  ],
  [{ bridge: "br0" }, { nictype: "bridged", parent: "br0" }],
  [
    { macvlan: "eno2", macvlanMode: "bridge" },
    { nictype: "macvlan", parent: "eno2" },
  ],
  [{ network: "lxdbr0" }, { network: "lxdbr0" }],
])("%j", (spec, expected) => {
  const device = interfaceDevice({ name: "eth0", mac: "52:54:00:00:00:01", ...spec } as InterfaceSpec);
  expect(device).toEqual({ type: "nic", hwaddr: "52:54:00:00:00:01", ...expected });
  expect(interfacesIn({ eth0: device }, {}, {})).toMatchObject([
    { name: "eth0", mac: "52:54:00:00:00:01", ...spec },
  ]);
});
