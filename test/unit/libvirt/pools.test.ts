import { describe, expect, test } from "@jest/globals";
import type { Named } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { uuidOfOwner } from "../../../provider/libvirt/common";
import { createPoolDriver } from "../../../provider/libvirt/pools";
import type { LibvirtSession } from "../../../provider/libvirt/session";
import type { StoragePoolSpec } from "../../../provider/schema/storagePool";
import { passed } from "../schema/complaints";

type Answers = Readonly<Record<string, unknown>>;

const uuid = uuidOfOwner("pool", "p/s/StoragePool/new");
const pool = { name: "old", uuid };
const absent = new DriverError("no storage pool", { code: "not-found" });

/** A session that answers each procedure with one thing, and writes down what changes something. */
function sessionOf(answers: Answers): { session: LibvirtSession; changed: string[] } {
  const changed: string[] = [];
  const call = async (procedure: string): Promise<unknown> => {
    if (/_(define|undefine|destroy|delete|build|create)/.test(procedure)) changed.push(procedure);
    const answer = answers[procedure] ?? {};
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { session: { call } as unknown as LibvirtSession, changed };
}

test("a pool that cannot be made takes no other of the same resource with it, as one that was kept under its old name", async () => {
  const { session, changed } = sessionOf({
    storage_pool_lookup_by_name: absent,
    storage_pool_lookup_by_uuid: { pool },
    storage_pool_define_xml: new DriverError("pool 'old' is already defined with uuid", { code: "failed" }),
    storage_pool_is_active: { active: 1 },
  });
  const input = { host: "qemu:///system", name: "new", type: "dir", path: "/srv/new" };
  const spec = passed("StoragePool", input) as unknown as Named<StoragePoolSpec>;
  await expect(createPoolDriver(session).create(spec, { owner: "p/s/StoragePool/new" })).rejects.toThrow(
    /already defined/,
  );
  expect(changed).toEqual(["storage_pool_define_xml"]);
});

test("a folder that may not change its owner is a pool that is on again", async () => {
  const { session, changed } = sessionOf({
    storage_pool_lookup_by_uuid: { pool },
    storage_pool_get_xml_desc: {
      xml: `<pool type="dir"><name>old</name><uuid>${uuid}</uuid><target><path>/srv/old</path></target></pool>`,
    },
    storage_pool_define_xml: { pool },
    storage_pool_is_active: { active: 1 },
    storage_pool_build: new DriverError("cannot chown '/srv/old': Operation not permitted", {
      code: "permission-denied",
    }),
  });
  const input = {
    host: "qemu:///system",
    name: "old",
    type: "dir",
    path: "/srv/old",
    permissions: { owner: 7 },
  };
  const spec = passed("StoragePool", input) as unknown as Named<StoragePoolSpec>;
  const owner = "p/s/StoragePool/new";
  await expect(createPoolDriver(session).change(uuid, spec, { owner })).rejects.toThrow(/not permitted/);
  expect(changed).toEqual([
    "storage_pool_define_xml",
    "storage_pool_destroy",
    "storage_pool_build",
    "storage_pool_create",
    // As it was.
    "storage_pool_define_xml",
  ]);
});

describe("deleteContents", () => {
  const xml = (type: string): string =>
    `<pool type="${type}"><name>old</name><source><name>vg</name></source></pool>`;

  test.each([
    ["logical", 0, 0n, true],
    ["logical", 0, 4194304n, false],
    ["logical", 1, 0n, false],
    ["zfs", 0, 131072n, true],
    ["zfs", 0, 50000000n, false],
  ])("of a %s pool with %s volumes and %s bytes taken up", async (type, num, allocation, goes) => {
    const { session, changed } = sessionOf({
      storage_pool_lookup_by_uuid: { pool },
      storage_pool_get_xml_desc: { xml: xml(type) },
      storage_pool_is_active: { active: 1 },
      storage_pool_num_of_volumes: { num },
      storage_pool_get_info: { allocation },
    });
    await createPoolDriver(session).remove(uuid, { contents: true });
    expect(changed.includes("storage_pool_delete")).toBe(goes);
    expect(changed).toContain("storage_pool_undefine");
  });
});
