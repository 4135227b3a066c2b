import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createInterface } from "node:readline";
import type { HostDriver, NamedVmSpec } from "../../../provider/driver/contract";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Handler } from "../../../provider/lifecycle/kind/handler";
import { vm } from "../../../provider/lifecycle/vm";
import { waitForAddress } from "../../../provider/lifecycle/vm/guest/address";
import { createLxdDriver } from "../../../provider/lxd";
import { hostFields } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";
import { importVmImage, lxdBridge, lxdPool, startLxd, type ThrowawayLxd } from "../../../scripts/lib/lxd";
import { bootDisk, ownHost } from "../../support/host";

const OWNER = "live/lxd/Vm/linux";

describe("a virtual machine of LXD boots Linux", () => {
  let lxd: ThrowawayLxd;
  let driver: HostDriver;
  let id: string;

  const spec = (input: object = {}): NamedVmSpec => {
    const news = {
      host: { address: lxd.address },
      owner: OWNER,
      name: "linux",
      cores: 1,
      memory: 256,
      // QEMU names its threads, so that they can be counted, and answers questions beside LXD's own.
      config: {
        "security.secureboot": false,
        "raw.qemu": `-name linux,debug-threads=on -qmp unix:${questions()},server=on,wait=off`,
      },
      disks: [{ pool: lxdPool, image: "guest", size: "128MiB" }],
      interfaces: [{ network: lxdBridge }],
      ...input,
    };
    const { inputs, failures } = check(vm as unknown as Handler<never>, {}, news);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return inputs as unknown as NamedVmSpec;
  };
  const change = (input: object) => driver.vms.change(id, spec(input), { owner: OWNER });
  const pid = async (): Promise<string> =>
    (await readFile(join(lxd.dir, "logs", "linux", "qemu.pid"), "utf8")).trim();
  const threads = async (): Promise<number> => {
    const { stdout } = await lxd.host.exec(["sh", "-c", `cat /proc/${await pid()}/task/*/comm`]);
    return stdout.split("\n").filter((name) => /^CPU \d/.test(name)).length;
  };
  const questions = (): string => join(lxd.dir, "logs", "questions");
  /** The number of a disk, as QEMU shows it to the guest. */
  const serial = async (disk: string): Promise<string> => {
    const ask = { path: `/machine/peripheral/dev-lxd_${disk}`, property: "serial" };
    const lines = [{ execute: "qmp_capabilities" }, { execute: "qom-get", arguments: ask }];
    const socket = connect(questions());
    try {
      socket.write(lines.map((line) => JSON.stringify(line)).join("\n"));
      for await (const line of createInterface(socket)) {
        const { return: told } = JSON.parse(line) as { return?: unknown };
        if (typeof told === "string") return told;
      }
      throw new Error("QEMU does not answer");
    } finally {
      socket.destroy();
    }
  };
  const disk = { name: "more-data", pool: lxdPool, size: "4MiB" };

  beforeAll(async () => {
    const host = await ownHost();
    lxd = await startLxd(host);
    await importVmImage(lxd, await bootDisk(), "guest");
    driver = createLxdDriver(objectOf(hostFields).parse({ address: lxd.address }));
    id = (await driver.vms.create(spec(), { owner: OWNER })).id;
    await driver.vms.start(id);
  });

  afterAll(async () => {
    await driver?.close();
    await lxd?.host.stop();
  });

  test("and has an address on the interface that the program named", async () => {
    const [nic] = spec().interfaces ?? [];
    const wait = { family: "ipv4", source: "any", timeoutSeconds: 150 } as const;
    const found = await waitForAddress(driver, id, [String(nic?.mac)], wait);
    expect(found).toEqual([{ mac: nic?.mac, addresses: [expect.stringMatching(/^10\.214\.0\.\d+$/)] }]);
    const [address] = found[0]?.addresses ?? [];
    const leases = await lxd.lxc(["network", "list-leases", lxdBridge, "--format", "csv"]);
    expect(leases.stdout).toContain(`${nic?.mac},${address}`);
  });

  test("and cannot be talked to without its agent", async () => {
    expect(await driver.guests?.ready(id)).toBe(false);
    const file = { path: "/x", mode: 0o644, uid: 0, gid: 0, createDirectories: false };
    const bytes = (): Readable => Readable.from([]);
    await expect(driver.guests?.inside?.write(id, { ...file, bytes })).rejects.toMatchObject({
      code: "guest-agent-unavailable",
    });
    const command = { command: ["true"], timeoutSeconds: 5 };
    await expect(driver.guests?.inside?.run(id, command)).rejects.toMatchObject({
      code: "guest-agent-unavailable",
    });
  });

  test("and takes cores and disks while it runs, in the same process", async () => {
    const before = await pid();
    const grown = await change({
      cores: 2,
      memory: 320,
      disks: [{ pool: lxdPool, image: "guest", size: "128MiB" }, disk],
    });
    // No running guest of LXD gets more memory than it was started with.
    expect(grown.restartRequired).toEqual(["memory"]);
    expect(await threads()).toBe(2);
    const attached = await lxd.query<{ expanded_devices: object }>("/1.0/instances/linux");
    expect(attached?.expanded_devices).toMatchObject({ "more-data": { source: "linux-more-data" } });
    // By these the guest tells its disks apart.
    for (const name of ["root", "more-data"]) {
      const number = grown.volumes[name]?.serial;
      expect(number).toBe(`lxd_${name.replace("-", "--")}`);
      expect(await serial(name.replace("-", "--"))).toBe(number);
    }
    const smaller = await change({ cores: 2, allowDataLoss: true });
    expect(smaller.restartRequired).toEqual([]);
    const detached = await lxd.query<{ expanded_devices: object }>("/1.0/instances/linux");
    expect(Object.keys(detached?.expanded_devices ?? {})).toEqual(["eth0", "root"]);
    expect([await pid(), await driver.vms.state(id)]).toEqual([before, "running"]);
  });
});
