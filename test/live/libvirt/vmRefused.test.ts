import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { closeHosts } from "../../../provider/lifecycle/host/hosts";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { createLibvirtDriver } from "../../../provider/libvirt";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { WireProxy } from "../../support/wireProxy";
import { failure, VmBench } from "./vms-bench";

/** Whatever the host refuses, and whenever: the running guest is there afterwards, and so is its definition. */
let bench: VmBench;

beforeAll(async () => {
  registerDriver("libvirt", createLibvirtDriver);
  bench = await VmBench.open("refused", 85);
});
afterEach(() => bench?.removeAll());
afterAll(async () => {
  await closeHosts();
  await bench.close();
});

const both = (name: string): Promise<string[]> =>
  Promise.all([
    bench.xml(name, "--inactive"),
    bench.disks(name).then(String),
    bench.links(name).then(String),
  ]);

describe("a restart that the program allows", () => {
  const base = (): Plain => ({
    host: { address: bench.host.address, defaultStoragePool: bench.pool },
    ...{ owner: "live/refused/Vm/kept", name: "kept", memory: 32, raw: bench.halting },
    ...{ disks: [{ size: "1MiB" }], restart: "ifNeeded", forceDestroy: true, shutdownTimeout: 1 },
  });

  test("and that fails brings the guest back with its old definition, and says so", async () => {
    const provider = providerFor(vm);
    const checked = async (olds: Plain, more: Plain): Promise<Plain> => {
      const { inputs, failures } = await provider.check(olds, { ...base(), ...more });
      expect(failures).toEqual([]);
      return inputs;
    };
    const { id, outs = {} } = await provider.create(await checked({}, { running: true }));
    const before = await bench.xml("kept", "--inactive");
    const news = await checked(outs, {
      ...{ running: true, description: "new", fwCfg: [{ name: "opt/a", file: "/nowhere" }] },
      disks: [{ size: "1MiB" }, { name: "more", size: "1MiB" }],
    });
    const refused = provider.update(id, outs, news);
    await expect(refused).rejects.toThrow(
      /cannot start VM "kept".*\/nowhere.*\n(.*\n)*.*was started with it/,
    );
    expect(await bench.host.virsh(["domstate", "kept"])).toBe("running");
    // Only what is to leave with the VM has become more: the new disk's volume.
    const marked = /\s*<vmhost:volume key="refused\/kept-[0-9a-f]+-more.qcow2" disk="more"\/>/;
    expect((await bench.xml("kept", "--inactive")).replace(marked, "")).toBe(before);
    await provider.delete(id, outs);
    expect(await bench.volumes()).toEqual([]);
  });
});

describe("of several changes to a running Linux", () => {
  const linux = (): Plain => ({
    ...{ domainType: "qemu", memory: 192, maxCores: 2 },
    os: {
      ...{ kernel: bench.guest.kernel, initrd: bench.guest.initrdWithAgent },
      cmdline: `${bench.guest.commandLine} hostname=linux`,
    },
    disks: [{ size: "1MiB" }, { name: "data", size: "1MiB" }],
    interfaces: [{ network: bench.networks[0] }],
  });

  test("the second of three is refused, and the first is taken back", async () => {
    const spec = bench.spec("linux", linux());
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    const agent = async (): Promise<string> =>
      bench.host.virsh(["qemu-agent-command", "linux", '{"execute":"guest-ping"}'], { allowFailure: true });
    while (!(await agent()).includes("return")) await new Promise((resolve) => setTimeout(resolve, 300));
    const before = await both("linux");
    const next = bench.spec(
      "linux",
      {
        ...linux(),
        ...{ title: "new", cores: 2 },
        disks: [{ size: "1MiB" }, { name: "fresh", size: "1MiB" }],
        interfaces: [
          { network: bench.networks[0], link: "down" },
          { name: "second", network: "nowhere" },
          { name: "third", network: bench.networks[1] },
        ],
      },
      spec,
    );
    const error = await failure(bench.change(made, next));
    expect(error).toMatchObject({ code: "not-found", target: 'VM "linux"' });
    expect(await both("linux")).toEqual(before);
    const live = await bench.xml("linux");
    expect(live).not.toMatch(/<title>|state='down'|ua-disk-fresh/);
    expect(await bench.volumes()).toHaveLength(2);
    expect((await bench.driver.vms.find(made.id))?.restartRequired).toEqual([]);
  });
});

test.each([false, true])(
  "a connection that dies between definition and guest (the daemon has heard it: %s) is made good by the next run",
  async (heard) => {
    const name = `cut-${heard}`;
    const spec = bench.spec(name, { raw: bench.halting, disks: [{ size: "1MiB" }] });
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    const next = bench.spec(
      name,
      { raw: bench.halting, disks: [{ size: "1MiB" }, { name: "fresh", size: "1MiB" }] },
      spec,
    );
    const said = (text: string): boolean => text.includes("<disk ") && !text.includes("<domain");
    const path = join(bench.host.dir, `${name}.sock`);
    const socket = new URL(bench.host.address.replace("+unix", "")).searchParams.get("socket") ?? "";
    const proxy = await WireProxy.listen(path, socket, { cutOn: { said, heard } });
    const address = `qemu+unix:///system?socket=${path}`;
    const driver = createLibvirtDriver(objectOf(hostFields).parse({ address, retries: 0 }));
    const error = await failure(driver.vms.change(made.id, next, { owner: next.owner }));
    expect(error.code).toMatch(/connection-lost|unreachable/);
    await driver.close().catch(() => undefined);
    await proxy.close();
    expect(await bench.host.virsh(["domstate", name])).toBe("running");
    const changed = await bench.change(made, next);
    expect(changed.restartRequired).toEqual([]);
    expect(await bench.disks(name)).toEqual(["vda", "vdb"]);
    expect(await bench.disks(name, "--inactive")).toEqual(["vda", "vdb"]);
    expect(await bench.volumes()).toHaveLength(2);
    await bench.driver.vms.remove(made.id);
    expect(await bench.volumes()).toEqual([]);
  },
);
