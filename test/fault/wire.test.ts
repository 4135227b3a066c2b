import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import type { HostDriver } from "../../provider/driver/contract";
import { isDriverError } from "../../provider/driver/errors";
import { createLibvirtDriver } from "../../provider/libvirt";
import { hostFields } from "../../provider/schema/address/connection";
import { objectOf } from "../../provider/schema/table/gate";
import { Bench } from "../contract/bench";
import { contentOf, noise } from "../contract/content";
import { virshWitness } from "../contract/virsh";
import { ownHost } from "../support/host";
import { WireProxy, type Wire } from "../support/wireProxy";

/** A proxy between our client and the real daemon: what is cut off anywhere is completed by the next run, and all of it goes. */
describe("a bad wire", () => {
  let host: ThrowawayHost;
  let bench: Bench;
  let count = 0;

  beforeAll(async () => {
    host = await ownHost({ name: "wire" });
    bench = new Bench(
      {
        driver: driverAt(host.socket),
        session: () => driverAt(host.socket),
        witness: virshWitness(host, { uri: "qemu:///system", domainType: "qemu", files: true }),
        address: host.address,
        poolPath: (name) => `${poolPath}/${name}`,
        vm: { domainType: "qemu" },
        teardown: async () => undefined,
      },
      {},
    );
  });

  afterAll(async () => {
    await bench.driver.close();
    await host.stop();
  });

  function driverAt(socket: string): HostDriver {
    const address = `qemu+unix:///system?socket=${socket}`;
    return createLibvirtDriver(objectOf(hostFields).parse({ address, connectTimeout: 5 }));
  }

  /** A pool with a volume and a network and a paused VM on both: made, and taken away again. */
  async function life({ pools, volumes, networks, vms }: HostDriver): Promise<void> {
    const pool = bench.pool("wire");
    const made = await pools.create(pool, { owner: pool.owner });
    const base = bench.volume("wire", "base.img", { size: "1MiB", format: "raw" });
    const content = contentOf([noise("wire", 2 ** 20)]);
    await volumes.create(base, { owner: base.owner }, content);
    const lan = bench.network("wire", { ips: [{ cidr: "10.199.1.1/24" }] });
    const network = await networks.create(lan, { owner: lan.owner });
    const spec = bench.vm("wire", {
      disks: [{ pool: "wire", backing: "wire/base.img" }],
      interfaces: [{ network: "wire" }],
    });
    const vm = await vms.create(spec, { owner: spec.owner });
    if ((await vms.state(vm.id)) === "stopped") await vms.start(vm.id, { paused: true });
    await vms.remove(vm.id);
    await networks.remove(network.id);
    await volumes.remove("wire", base.name);
    await pools.remove(made.id, { contents: true });
  }

  async function through(wire: Wire): Promise<{ error: unknown; passed: number }> {
    const path = join(host.dir, "run", `wire-${++count}.sock`);
    const proxy = await WireProxy.listen(path, host.socket, wire);
    const driver = driverAt(path);
    const error = await life(driver).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await driver.close();
    await proxy.close();
    return { error, passed: proxy.passed };
  }

  async function nothingIsLeft(): Promise<void> {
    const left = await Promise.all([
      host.virsh(["list", "--all", "--name"]),
      host.virsh(["net-list", "--all", "--name"]),
      host.virsh(["pool-list", "--all", "--name"]),
      host.exec(["ls", "-A", poolPath]).then(({ stdout }) => stdout.trim()),
    ]);
    expect(left).toEqual(["", "", "", ""]);
  }

  test("that carries each byte alone is only slower", async () => {
    expect((await through({ split: true })).error).toBeUndefined();
    await nothingIsLeft();
  });

  test("that is cut at twenty places of a life leaves nothing that the next run does not finish or remove", async () => {
    const { error, passed } = await through({});
    expect(error).toBeUndefined();
    for (let place = 0; place < 20; place++) {
      // Not at the same distance, so that headers, bodies and streams are all met.
      const cutAfter = Math.floor((passed * (place + (place % 7) / 7)) / 20);
      const cut = await through({ cutAfter });
      if (cut.error !== undefined && !isDriverError(cut.error))
        throw new Error(`cut after ${cutAfter} bytes`, { cause: cut.error });
      await life(bench.driver);
      await nothingIsLeft();
    }
  });

  test("that goes silent is given up after the keepalive's time, in words", async () => {
    const { error } = await through({ stallAfter: 6000 });
    if (!isDriverError(error)) throw error;
    expect(error.message).toMatch(/did not answer|no answer|silent|keepalive/i);
    await life(bench.driver);
    await nothingIsLeft();
  });
});
