import { describe, expect, test } from "@jest/globals";
import type { HostDriver, VmSummary } from "../../../provider/driver/contract";
import type { Context } from "../../../provider/lifecycle/kind/handler";
import { libvirtNetwork } from "../../../provider/lifecycle/libvirtNetwork";

const outs = { host: "qemu:///system", owner: "hosts/main/LibvirtNetwork/shared", name: "shared" };

/** What is removed from a host that has the network `shared` and these VMs on it. */
async function removed(vm: Partial<VmSummary>): Promise<readonly string[]> {
  const gone: string[] = [];
  const one = { name: "web", state: "running", attachments: [{ name: "eth0", network: "shared" }], ...vm };
  const driver = {
    networks: {
      find: async (id: string) => ({ id, name: "shared", owner: outs.owner, spec: {} }),
      remove: async (id: string) => gone.push(id),
    },
    vms: { list: async () => [one] },
  } as unknown as HostDriver;
  const context = { act: (_host: unknown, step: (driver: HostDriver) => unknown) => step(driver) };
  await libvirtNetwork.delete("uuid", outs, context as unknown as Context);
  return gone;
}

describe("a network that is to be removed", () => {
  test.each([
    ["made by hand", {}, "web"],
    ["of another stack", { owner: "env/prod/Vm/web" }, "web (env/prod/Vm/web)"],
    ["of a stack whose name begins alike", { owner: "hosts/main2/Vm/web" }, "web (hosts/main2/Vm/web)"],
  ])("stays while a VM %s runs on it", async (_what, vm, named) => {
    await expect(removed(vm)).rejects.toThrow(`VMs of others run on it: ${named}`);
  });

  test.each([
    ["of this stack", { owner: "hosts/main/acme:App$Vm/web" }],
    ["that is off", { state: "stopped" as const }],
    ["on another network", { attachments: [{ name: "eth0", network: "lan" }] }],
  ])("goes whatever a VM %s does", async (_what, vm) => {
    expect(await removed(vm)).toEqual(["uuid"]);
  });
});
