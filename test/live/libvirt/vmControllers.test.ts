import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { failure, VmBench } from "./vms-bench";

/** What was for `raw` alone once: controllers, the VM's own UUID, switches in user space. */
let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("controllers", 99);
});
afterEach(() => bench?.removeAll());
afterAll(() => bench.close());

const UUID = "11111111-2222-4333-8444-555555555577";

test("controllers that are named no more are the host's own again, and what hangs on them stays", async () => {
  const disks = [{ size: "1MiB", bus: "scsi" }];
  const scsi = { name: "fast", type: "scsi", queues: 2 };
  const more = { name: "more", type: "scsi", index: 3 };
  const given = { disks, controllers: [scsi, more] };
  const made = await bench.create(bench.spec("named", given));
  expect(made.spec.controllers).toEqual([
    expect.objectContaining({ name: "fast", index: 0, queues: 2 }),
    expect.objectContaining({ name: "more", index: 3, model: "virtio-scsi" }),
  ]);
  const before = await bench.xml("named", "--inactive");
  await bench.virshFile("define", before.replace("queues='2'", "queues='5'"));
  expect((await bench.driver.vms.find(made.id))?.spec.controllers?.[0]?.queues).toBe(5);
  const spec = bench.spec("named", { disks });
  const after = await bench.driver.vms.change(made.id, spec, { owner: spec.owner });
  expect(after.spec.controllers).toEqual([]);
  const xml = await bench.xml("named", "--inactive");
  expect(xml.match(/<controller type='scsi'[^>]*>/g)).toEqual([
    "<controller type='scsi' index='0' model='virtio-scsi'>",
  ]);
  expect(xml).not.toMatch(/queues|ua-controllers/);
  await bench.driver.vms.start(made.id, { paused: true });
  await bench.driver.vms.stop(made.id, { hard: true });
});

test("a UUID that another VM of the host has is refused at the definition, and nothing stays", async () => {
  const first = await bench.create(bench.spec("first", { uuid: UUID }));
  expect(first.id).toBe(UUID);
  const volumes = await bench.volumes();
  const error = await failure(bench.create(bench.spec("second", { uuid: UUID, disks: [{ size: "1MiB" }] })));
  expect(error).toMatchObject({
    code: "already-exists",
    remedy: expect.stringMatching(/^Choose another `uuid`/),
  });
  expect(error.message).toMatch(/'first' is already defined with uuid/);
  expect(await bench.volumes()).toEqual(volumes);
  expect(await bench.domains()).not.toContain("second");
});

test("a socket that QEMU cannot make is told with the field that names it", async () => {
  const memoryBacking = { source: "memfd", access: "shared" };
  const interfaces = [{ vhostUser: { path: "/nowhere/switch", mode: "server" } }];
  const { id } = await bench.create(bench.spec("unplugged", { memoryBacking, interfaces }));
  const error = await failure(bench.driver.vms.start(id, { paused: true }));
  expect(error).toMatchObject({
    remedy: expect.stringMatching(/^QEMU's user must be able to make or call the socket of `vhostUser`/),
  });
});
