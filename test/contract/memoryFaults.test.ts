import { beforeEach, describe, expect, test } from "@jest/globals";
import { DriverError } from "../../provider/driver/errors";
import { createMemoryHost, type MemoryHost } from "../support/memoryDriver";
import { Bench, expectCode } from "./bench";

/** The host in memory breaks on demand, the way real hosts do: so that tests of the layers above may rely on it. */
describe("faults of the host in memory", () => {
  let host: MemoryHost;
  let bench: Bench;

  beforeEach(async () => {
    host = createMemoryHost();
    bench = new Bench(
      {
        ...host,
        witness: undefined as never,
        address: "qemu:///system",
        poolPath: (name) => `/pools/${name}`,
        teardown: () => host.driver.close(),
      },
      {},
    );
    const pool = bench.pool("pool");
    await host.driver.pools.create(pool, { owner: pool.owner });
  });

  const busy = new DriverError("the host is busy", { code: "busy" });

  test("the nth call fails and has done nothing", async () => {
    const spec = bench.network("lan");
    host.faults.fail("networks.create", busy, { at: 2 });
    await host.driver.networks.create(spec, { owner: spec.owner });
    const second = bench.network("second");
    await expectCode(host.driver.networks.create(second, { owner: second.owner }), "busy");
    expect([...host.witness.networks.values()].map(({ name }) => name)).toEqual(["lan"]);
    await host.driver.networks.create(second, { owner: second.owner });
    expect(host.witness.networks.size).toBe(2);
    expect(host.faults.count("networks.create")).toBe(3);
  });

  test("a call is done though its answer is lost, and done again it is done once", async () => {
    const spec = bench.network("lan");
    host.faults.crash("networks.create");
    await expectCode(host.driver.networks.create(spec, { owner: spec.owner }), "connection-lost");
    expect(host.witness.networks.size).toBe(1);
    const [before] = [...host.witness.networks.keys()];
    expect((await host.session().networks.create(spec, { owner: spec.owner })).id).toBe(before);
  });

  test.each(["vms/define", "vms/volume"])(
    "a VM whose creation was cut off after %s is completed by the next run",
    async (step) => {
      const spec = bench.vm("web", {
        disks: [
          { pool: "pool", size: 1 },
          { name: "data", pool: "pool", size: 1 },
        ],
      });
      host.faults.crash(step);
      await expectCode(host.driver.vms.create(spec, { owner: spec.owner }), "connection-lost");
      const [left] = [...host.witness.vms.values()];
      expect(left).toMatchObject({ name: "web", owner: spec.owner });
      expect(host.witness.files.size).toBe(step === "vms/define" ? 0 : 1);
      const made = await host.session().vms.create(spec, { owner: spec.owner });
      expect(made.id).toBe(left?.id);
      expect(host.witness.files.size).toBe(2);
      await host.driver.vms.remove(made.id);
      expect(host.witness.files.size).toBe(0);
    },
  );

  test("a VM whose volume cannot be made leaves nothing", async () => {
    const spec = bench.vm("web", {
      disks: [
        { pool: "pool", size: 1 },
        { name: "data", pool: "pool", size: 1 },
      ],
    });
    host.faults.fail("vms/volume", new DriverError("no space left", { code: "no-space" }), { at: 2 });
    await expectCode(host.driver.vms.create(spec, { owner: spec.owner }), "no-space");
    expect(host.witness.vms.size + host.witness.files.size).toBe(0);
  });

  test("a closed session answers nothing more, and others go on", async () => {
    const other = host.session();
    await host.driver.close();
    await expectCode(host.driver.facts(), "connection-lost");
    expect((await other.facts()).hostname).toBe("memory");
  });

  test("errors are new each time, so that layers above may put their words on them", async () => {
    host.faults.fail("host.facts", busy, { times: 2 });
    const errors = await Promise.all([1, 2].map(() => host.driver.facts().catch((error: unknown) => error)));
    expect(errors[0]).not.toBe(errors[1]);
    expect(await host.driver.facts()).toMatchObject({ total: { cores: 8, memoryMiB: 16384 } });
  });
});
