import { describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { changesOf, check } from "../../../provider/lifecycle/engine/check";
import type { Context, Handler } from "../../../provider/lifecycle/kind/handler";
import { vm } from "../../../provider/lifecycle/vm";
import { Ledger } from "../../../provider/lifecycle/host/ledger";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import type { HostConnection } from "../../../provider/schema/address/connection";
import type { VmSpec } from "../../../provider/schema/vm";
import { createMemoryHost } from "../../support/memoryDriver";

const host = (address: string): Plain => ({ address });
const [here, there] = [host("qemu+ssh://a/system"), host("qemu+ssh://b/system")];

function fates(olds: Plain, news: Plain): [string, string][] {
  const changes = changesOf(vm as unknown as Handler<never>, olds, news);
  return changes.filter(({ fate }) => fate !== "record").map(({ path, fate }) => [path.join("."), fate]);
}

describe("a change of host", () => {
  test("makes the VM anew, unless the program lets it move", () => {
    expect(fates({ host: here }, { host: there })).toEqual([["host", "replace"]]);
    expect(fates({ host: here }, { host: there, migrate: {} })).toEqual([["host", "live"]]);
  });

  test("takes along where the disks are, but nothing else that would make it anew", () => {
    const disk = (pool: string, format: string): Plain => ({
      name: "root",
      pool,
      format,
      backing: `${pool}/base`,
    });
    const moving = fates(
      { host: here, name: "a", disks: [disk("p1", "qcow2")] },
      { host: there, name: "b", disks: [disk("p2", "raw")], migrate: {} },
    );
    expect(Object.fromEntries(moving)).toEqual({
      host: "live",
      name: "restart",
      "disks.0.pool": "live",
      "disks.0.backing": "live",
      "disks.0.format": "replace",
    });
  });

  test("to another project of an LXD server is a move, to another server it is none", () => {
    const [one, two] = ["one", "two"].map((project) => ({ address: "https://lxd:8443", project }));
    const disks = (pool: string): Plain[] => [{ name: "root", pool }];
    expect(fates({ host: one }, { host: two })).toEqual([["host", "replace"]]);
    expect(fates({ host: one, disks: disks("a") }, { host: two, disks: disks("b"), migrate: {} })).toEqual([
      ["host", "live"],
      ["disks.0.pool", "replace"],
    ]);
    const other = { ...two, address: "https://other:8443" };
    expect(fates({ host: one }, { host: other, migrate: {} })).toEqual([["host", "replace"]]);
    const given = { owner: "p/s/Vm/web", disks: [{ size: 1 }] };
    const said = [two, other].map((to) =>
      check(vm as unknown as Handler<never>, { ...given, host: one }, { ...given, host: to }).failures.map(
        ({ reason }) => reason.includes("set `migrate: true` to move it"),
      ),
    );
    expect(said).toEqual([[true], [false]]);
  });

  test("cannot be a move between kinds of hosts", () => {
    expect(fates({ host: here }, { host: host("https://lxd:8443"), migrate: {} })).toEqual([
      ["host", "replace"],
    ]);
  });
});

describe("moving", () => {
  /** Two hosts in memory, and a VM with a disk on the first. */
  async function rig(options: { cores?: number } = {}, [first]: readonly HostConnection[] = [A, B]) {
    const hosts = [createMemoryHost(), createMemoryHost({ hostId: "other", ...options })] as const;
    const ledgers = hosts.map(({ driver }) => new Ledger(driver));
    const order: number[] = [];
    const at = ({ address, project }: HostConnection): 0 | 1 =>
      address === first?.address && project === first.project ? 0 : 1;
    const context = {
      observe: (to: HostConnection, step: (driver: HostDriver) => unknown) => step(hosts[at(to)].driver),
      act: async (to: HostConnection, step: (driver: HostDriver) => unknown) => {
        order.push(at(to));
        return step(hosts[at(to)].driver);
      },
      ledger: (to: HostConnection) => ledgers[at(to)],
    } as unknown as Context;
    for (const { driver } of hosts) {
      const pool = { name: "p", path: "/p", type: "dir", active: true, autostart: true, owner: "o" };
      await driver.pools.create(pool as never, { owner: "o" });
    }
    const made = await vm.create(spec({ host: first }), context);
    order.length = 0;
    return { hosts, context, order, made };
  }
  const [A, B] = [here, there] as unknown as [HostConnection, HostConnection];
  const spec = (news: Plain, olds: Plain = {}): VmSpec => {
    const given = { owner: "p/s/Vm/web", cores: 2, migrate: true, disks: [{ pool: "p", size: "1MiB" }] };
    const { inputs, failures } = check(vm as unknown as Handler<never>, olds, { ...given, ...news });
    expect(failures).toEqual([]);
    return inputs as unknown as VmSpec;
  };

  const projects = ["one", "two"].map((project) => ({ address: "https://lxd:8443", project }));
  test.each([
    ["hosts", [A, B]],
    ["projects of a host", projects as unknown as HostConnection[]],
  ])(
    "between %s asks both in one order, so that two of them never wait for each other",
    async (_of, ends) => {
      const [from, to] = ends;
      const { context, order, made } = await rig({}, ends);
      const moved = await vm.update(made.id, spec({ host: to }, made.outs), made.outs, context);
      await vm.update(made.id, spec({ host: from }, moved.outs), moved.outs, context);
      expect(order).toEqual([0, 1, 0, 1]);
    },
  );

  test("takes the VM along, and changes there what else is to change", async () => {
    const { hosts, context, made } = await rig();
    const wanted = spec({ host: B, description: "moved" }, made.outs);
    const moved = await vm.update(made.id, wanted, made.outs, context);
    expect(moved).toMatchObject({
      id: made.id,
      outs: { host: { address: B.address }, description: "moved" },
    });
    expect(hosts.map(({ witness }) => [witness.vms.size, witness.files.size])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test("into a host without room is refused before anything moves", async () => {
    const { hosts, context, made } = await rig({ cores: 1 });
    const updating = vm.update(made.id, spec({ host: B }, made.outs), made.outs, context);
    await expect(updating).rejects.toMatchObject({ code: "no-capacity" });
    expect(hosts.map(({ witness }) => witness.vms.size)).toEqual([1, 0]);
  });

  test("what fails after the arrival is told with the VM where it is now", async () => {
    const { hosts, context, made } = await rig();
    const wanted = spec({ host: B, interfaces: [{ network: "nowhere" }], running: true }, made.outs);
    hosts[1].faults.fail("vms/define", new DriverError("no room", { code: "failed" }));
    const updating = vm.update(made.id, wanted, made.outs, context);
    await expect(updating).rejects.toMatchObject({
      id: made.id,
      properties: { host: { address: B.address } },
    });
    expect(hosts.map(({ witness }) => witness.vms.size)).toEqual([0, 1]);
  });
});
