import { networkConfigFor } from "../../../provider/capacity/addresses";

const eth0 = { name: "eth0", mac: "52:54:00:00:00:01" };
const eth1 = { name: "eth1", mac: "52:54:00:00:00:02" };
const devices = [{ subnets: ["10.0.0.0/24", "2001:db8::/64"] }, {}];

test("an interface has the addresses that its constraints name, in their subnet; the others ask DHCP", () => {
  const first = { ...eth0, constraints: { ip: ["10.0.0.7", "2001:db8::7"] } };
  expect(networkConfigFor([first, eth1], devices)).toEqual({
    version: 2,
    ethernets: {
      eth0: { match: { macaddress: eth0.mac }, addresses: ["10.0.0.7/24", "2001:db8::7/64"] },
      eth1: { match: { macaddress: eth1.mac }, dhcp4: true },
    },
  });
});

test("an interface that is to be left alone is not configured", () => {
  const second = { ...eth1, constraints: { mode: ["unconfigured"], space: ["dmz"] } };
  expect(networkConfigFor([eth0, second], devices)?.ethernets).toEqual({
    eth0: { match: { macaddress: eth0.mac }, dhcp4: true },
  });
});

test("an address outside every known subnet stands alone", () => {
  const far = { ...eth0, constraints: { ip: ["192.0.2.9"] } };
  expect(networkConfigFor([far], devices)?.ethernets["eth0"]).toMatchObject({ addresses: ["192.0.2.9/32"] });
});

test("where no interface says anything of addresses, the guest is told nothing", () => {
  expect(networkConfigFor([eth0, { ...eth1, constraints: { space: ["dmz"] } }], devices)).toBeUndefined();
});
