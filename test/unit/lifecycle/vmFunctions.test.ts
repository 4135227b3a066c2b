import { describe, expect, test } from "@jest/globals";
import type { HostDriver, HostInterface, NetworkSummary, VmSummary } from "../../../provider/driver/contract";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const network = (name: string, parents: string[]): NetworkSummary => ({
  ...{ id: name, name, active: true, forwardMode: "hostdev", hasDhcp: false, parents },
});
const NETWORKS = [network("cards", ["eno3"]), network("again", ["eno3"]), network("listed", [])];
const CARD: HostInterface = {
  ...{ name: "eno3", type: "physical", active: true, ports: [] },
  functions: ["0000:06:10.0", "0000:06:10.2"],
};

/** A host with a card of two functions, and VMs that others have made there. */
function hostWith(...vms: Partial<VmSummary>[]): Plain {
  const memory = createMemoryHost();
  const there = vms.map((vm, index): VmSummary => ({
    ...{ id: `vm${index}`, name: `vm${index}`, state: "running", cores: 1, memoryMiB: 64 },
    ...vm,
  }));
  const driver: HostDriver = {
    ...memory.driver,
    interfaces: async () => [CARD],
    networks: { ...memory.driver.networks, list: async () => NETWORKS },
    vms: { ...memory.driver.vms, list: async () => there },
  };
  return machineAt(() => driver);
}

const on = (host: Plain, ...networks: string[]): Plain => ({
  ...{ host, memory: 64, interfaces: networks.map((name) => ({ network: name })) },
});
const preview = (host: Plain, ...networks: string[]) =>
  new Stack("dev").preview("web", on(host, ...networks));
const none = (index: number, others: number) =>
  expect.stringMatching(
    new RegExp(
      `^interfaces\\[${index}\\]\\.network: the network "\\w+" of kvm1 .* has 2 SR-IOV functions for guests, and none is left for this interface \\(other VMs have ${others}\\)`,
    ),
  );

describe("SR-IOV functions of a network", () => {
  test("are as many as its card has, for all networks of the card", async () => {
    expect(await preview(hostWith(), "cards", "again")).toEqual([]);
    expect(await preview(hostWith(), "cards", "again", "cards")).toEqual([none(2, 0)]);
    expect(await preview(hostWith(), "listed", "listed", "listed")).toEqual([]);
  });

  test("are taken by guests that are on, by network or by address", async () => {
    const guest = { attachments: [{ name: "n", network: "again" }] };
    const named = { attachments: [{ name: "n", device: "0000:06:10.2", sriov: true as const }] };
    const passed = { pciDevices: ["0000:06:10.0", "0000:07:00.0"] };
    expect(await preview(hostWith(guest), "cards")).toEqual([]);
    expect(await preview(hostWith(guest, named), "cards")).toEqual([none(0, 2)]);
    expect(await preview(hostWith(passed, named), "cards")).toEqual([none(0, 2)]);
    expect(await preview(hostWith(guest, { ...named, state: "stopped" }), "cards")).toEqual([]);
  });

  test("are taken by what the program has planned, and free again when it has changed its mind", async () => {
    const host = hostWith();
    const stack = new Stack("dev");
    expect(await stack.preview("a", on(host, "cards", "cards"))).toEqual([]);
    expect(await stack.preview("b", on(host, "again"))).toEqual([none(0, 2)]);
    expect(await stack.preview("a", on(host, "cards"))).toEqual([]);
    expect(await stack.preview("b", on(host, "again"))).toEqual([]);
  });
});
