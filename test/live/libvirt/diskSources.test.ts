import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { drifted, inputsOf, toState, type Plain } from "../../../provider/lifecycle/engine/state";
import { halfCopy } from "../../../provider/libvirt/volumes/own";
import { vmFields } from "../../../provider/schema/vm";
import { run } from "../../../scripts/lib/command";
import { poolPath } from "../../../scripts/lib/throwaway-host";
import { VmBench } from "./vms-bench";

const SECRET = "5ec2e700-0000-4000-8000-00000000d15c";
let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("sources", 77);
  const xml = `<secret ephemeral='yes'><uuid>${SECRET}</uuid><usage type='volume'><volume>/disk-sources</volume></usage></secret>`;
  await bench.virshFile("secret-define", xml);
  await bench.host.virsh(["secret-set-value", SECRET, "--base64", "bHVrc2x1a3M="]);
});
afterEach(() => bench?.removeAll());
afterAll(async () => {
  await bench.host.virsh(["secret-undefine", SECRET]);
  await bench.close();
});

const inside = (...argv: string[]): Promise<string> =>
  bench.host.exec(argv).then(({ stdout }) => stdout.trim());
const path = (name: string): string => `${poolPath}/${bench.pool}/${name}`;
const at = (name: string, input: Plain, olds?: object) =>
  bench.spec(name, { domainType: "qemu", raw: bench.halting, ...input }, olds);

/** The part of a definition that is the disk. */
const diskOf = (xml: string, name: string): string =>
  [...xml.matchAll(/<disk [\s\S]*?<\/disk>/g)]
    .map(([disk]) => disk)
    .find((disk) => disk.includes(`ua-disk-${name}'`)) ?? "";

describe("a disk of a running guest", () => {
  test("is on an NBD server: plugged in, told again, and plugged out", async () => {
    await inside("qemu-img", "create", "-q", "-f", "raw", path("served.raw"), "4M");
    const pidFile = path("nbd.pid");
    const argv = [
      "--fork",
      "--persistent",
      "--shared=4",
      "--format=raw",
      "--export-name=served",
      `--pid-file=${pidFile}`,
    ];
    await inside("qemu-nbd", ...argv, "--bind=127.0.0.1", "--port=10809", path("served.raw"));
    try {
      const remote = { protocol: "nbd", name: "served", hosts: [{ name: "127.0.0.1" }] };
      const base = at("nbd", { disks: [{ size: "1MiB" }] });
      const made = await bench.create(base);
      await bench.driver.vms.start(made.id);
      const disks = [{ size: "1MiB" }, { name: "far", remote }];
      const spec = at("nbd", { disks }, base);
      const changed = await bench.change(made, spec);
      expect(changed.restartRequired).toEqual([]);
      expect(changed.volumes["far"]).toEqual({ path: "nbd://127.0.0.1/served", owned: false });
      const live = diskOf(await bench.xml("nbd"), "far");
      expect(live).toMatch(/<source protocol='nbd' name='served'/);
      expect(await inside("virsh", "qemu-monitor-command", "--hmp", "nbd", "info block")).toMatch(
        /nbd:\/\/127.0.0.1:10809\/served/,
      );
      noDrift(spec, changed.spec);
      // The same again changes nothing.
      expect((await bench.change(made, spec)).restartRequired).toEqual([]);
      await bench.change(made, base);
      await bench.driver.vms.remove(made.id);
      expect(await inside("stat", "--format=%s", path("served.raw"))).toBe("4194304");
    } finally {
      await inside("kill", await inside("cat", pidFile));
      await inside("rm", "--force", path("served.raw"), pidFile);
    }
  });

  test("is a block device of the host, which stays", async () => {
    const file = join(bench.host.dir, "lib", "block.img");
    await writeFile(file, "mine");
    await truncate(file, 2 ** 21);
    const device = (await run(["losetup", "--find", "--show", file])).stdout.trim();
    try {
      const base = at("block", { disks: [{ size: "1MiB" }] });
      const made = await bench.create(base);
      await bench.driver.vms.start(made.id);
      const spec = at("block", { disks: [{ size: "1MiB" }, { name: "raw", path: device }] }, base);
      const changed = await bench.change(made, spec);
      expect(changed.restartRequired).toEqual([]);
      expect(diskOf(await bench.xml("block"), "raw")).toMatch(
        new RegExp(`type='block'[\\s\\S]*<source dev='${device}'`),
      );
      expect(changed.volumes["raw"]).toEqual({ path: device, owned: false });
      noDrift(spec, changed.spec);
      await bench.driver.vms.remove(made.id);
      expect(await inside("head", "--bytes=4", device)).toBe("mine");
    } finally {
      await run(["losetup", "--detach", device]);
    }
  });

  test("is a copy of an image, larger than that; the copy goes with the VM and the image stays", async () => {
    const { host, pool } = bench;
    await host.virsh(["vol-create-as", pool, "image.qcow2", "2MiB", "--format", "qcow2"]);
    await inside("qemu-io", "-c", "write -P 7 0 64k", path("image.qcow2"));
    const spec = at("copy", {
      disks: [
        { copyOf: `${pool}/image.qcow2`, size: "8MiB" },
        { name: "raw", copyOf: `${pool}/image.qcow2`, format: "raw" },
      ],
    });
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    const volumes = await bench.volumes();
    expect(volumes).toHaveLength(3);
    const [copy = "", raw = ""] = ["root", "raw"].map((disk) => made.volumes[disk]?.path ?? "");
    const info = JSON.parse(await inside("qemu-img", "info", "-U", "--output=json", copy)) as Plain;
    expect(info).toMatchObject({ "virtual-size": 8 * 2 ** 20, format: "qcow2" });
    expect(info["backing-filename"]).toBeUndefined();
    expect(await inside("head", "--bytes=1", raw)).toBe("\u0007");
    noDrift(spec, made.spec);
    // A run that was cut off goes on with what is whole, and makes anew what is not.
    await bench.driver.vms.stop(made.id, { hard: true });
    expect((await bench.create(spec)).volumes).toEqual(made.volumes);
    await inside("truncate", "--size=0", raw);
    await inside("touch", path(halfCopy(raw.slice(raw.lastIndexOf("/") + 1))));
    await host.virsh(["pool-refresh", pool]);
    expect((await bench.create(spec)).volumes).toEqual(made.volumes);
    expect(await inside("head", "--bytes=1", raw)).toBe("\u0007");
    expect(await bench.volumes()).toEqual(volumes);
    await bench.driver.vms.remove(made.id);
    expect(await bench.volumes()).toEqual(["image.qcow2"]);
    await host.virsh(["vol-delete", "image.qcow2", pool]);
  });

  test("is encrypted with a secret of the host", async () => {
    const encryption = { secret: SECRET };
    const spec = at("luks", {
      disks: [{ size: "1MiB" }, { name: "raw", size: "4MiB", format: "raw", encryption }],
    });
    const made = await bench.create(spec);
    await bench.driver.vms.start(made.id);
    expect(await inside("head", "--bytes=4", made.volumes["raw"]?.path ?? "")).toBe("LUKS");
    expect(diskOf(await bench.xml("luks"), "raw")).toContain(`<secret type='passphrase' uuid='${SECRET}'/>`);
    noDrift(spec, made.spec);
    expect((await bench.change(made, spec)).restartRequired).toEqual([]);
    await bench.driver.vms.remove(made.id);
  });
});

const auth = { username: "me", secret: SECRET };

/** What is not here: servers of Ceph, iSCSI, Gluster and the web. */
const REMOTES: readonly Plain[] = [
  { protocol: "rbd", name: "vms/web", hosts: [{ name: "mon1", port: 6789 }, { name: "mon2" }], auth },
  {
    protocol: "iscsi",
    name: "iqn.2013-06.com.example:pool/1",
    hosts: [{ name: "san" }],
    initiator: "iqn.2013-06.com.example:web",
    auth,
  },
  { protocol: "gluster", name: "vol/web.img", socket: "/run/gluster.sock" },
  { protocol: "nbd", name: "web", hosts: [{ name: "nbd", port: 10810 }], tls: false },
];

test("not here, and proven on the definition alone: rbd, iscsi, gluster, https", async () => {
  const disks = [
    { size: "1MiB" },
    ...REMOTES.map((remote, index) => ({ name: `r${index}`, remote })),
    {
      name: "web",
      readOnly: true,
      remote: {
        protocol: "https",
        name: "images/web.iso",
        query: "v=1",
        hosts: [{ name: "web" }],
        verifySsl: false,
      },
    },
    { name: "iso", device: "cdrom", remote: { protocol: "http", name: "web.iso", hosts: [{ name: "web" }] } },
  ];
  const spec = at("remotes", { disks });
  const made = await bench.create(spec);
  noDrift(spec, made.spec);
  const xml = await bench.xml("remotes", "--inactive");
  expect(diskOf(xml, "r0")).toMatch(/<auth username='me'>\s*<secret type='ceph' uuid=/);
  expect(diskOf(xml, "r1")).toMatch(/<secret type='iscsi'[\s\S]*|<initiator>/);
  expect(diskOf(xml, "r2")).toContain("transport='unix' socket='/run/gluster.sock'");
  expect(diskOf(xml, "web")).toMatch(/query='v=1'[\s\S]*<ssl verify='no'/);
  expect(diskOf(xml, "iso")).toMatch(/device='cdrom'[\s\S]*protocol='http'/);
  const next = at(
    "remotes",
    {
      disks: disks.map((disk) =>
        disk.name === "r0" ? { ...disk, remote: { ...REMOTES[0], hosts: [{ name: "mon3" }] } } : disk,
      ),
    },
    spec,
  );
  const changed = await bench.change(made, next);
  noDrift(next, changed.spec);
  expect(diskOf(await bench.xml("remotes", "--inactive"), "r0")).toMatch(/<host name='mon3'/);
  await bench.driver.vms.remove(made.id);
});

/** A refresh would find what the program says. */
function noDrift(spec: object, observed: object): void {
  const inputs = inputsOf(vmFields, toState(spec as Plain));
  expect(drifted(vmFields, inputs, observed as Plain)["disks"]).toEqual(inputs["disks"]);
}
