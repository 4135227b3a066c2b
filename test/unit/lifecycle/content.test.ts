import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { explain } from "../../../provider/lifecycle/engine/explain";
import { openContent } from "../../../provider/lifecycle/content/open";

const dir = mkdtempSync(join(tmpdir(), "vmhost-content-"));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, data: Buffer): string {
  const path = join(dir, name);
  writeFileSync(path, data);
  return path;
}

async function assembled(path: string): Promise<{ data: Buffer; sent: number }> {
  const parts: Buffer[] = [];
  let sent = 0;
  for await (const chunk of (await openContent(path, {})).chunks()) {
    if (Buffer.isBuffer(chunk)) {
      parts.push(Buffer.from(chunk));
      sent += chunk.length;
    } else parts.push(Buffer.alloc(chunk.hole));
  }
  return { data: Buffer.concat(parts), sent };
}

describe("local images", () => {
  test("zeros travel as holes, and the bytes arrive as they were", async () => {
    const pieces = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 200_000 }), fill: fc.constantFrom(0, 0, 7) }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(pieces, async (list) => {
        const data = Buffer.concat(list.map(({ size, fill }) => Buffer.alloc(size, fill)));
        expect((await assembled(file("random.img", data))).data.equals(data)).toBe(true);
      }),
      { numRuns: 40 },
    );
    const sparse = Buffer.alloc(8 * 2 ** 20);
    sparse.write("data in the middle", 3 * 2 ** 20);
    expect((await assembled(file("sparse.img", sparse))).sent).toBe(64 * 1024);
  });

  test("a file that is mostly holes is read past the page cache, to its odd end", async () => {
    const path = file("holes.img", Buffer.alloc(0));
    const length = 40 * 2 ** 20 + 12_345;
    truncateSync(path, length);
    const handle = openSync(path, "r+");
    const places = [5, 17 * 2 ** 20 - 3, length - 6];
    for (const place of places) writeSync(handle, "noise!", place);
    closeSync(handle);
    const { data, sent } = await assembled(path);
    expect(data.length).toBe(length);
    for (const place of places) expect(data.toString("latin1", place, place + 6)).toBe("noise!");
    expect(data.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0)).toBe(18);
    expect(sent).toBeLessThan(5 * 64 * 1024);
  });

  test("a file that becomes shorter while it is sent is no image", async () => {
    const path = file("shrinks.img", Buffer.alloc(8 * 2 ** 20, 1));
    const chunks = (await openContent(path, {})).chunks()[Symbol.asyncIterator]();
    await chunks.next();
    truncateSync(path, 2 ** 20);
    const rest = async (): Promise<void> => {
      while ((await chunks.next()).done !== true);
    };
    const error = await rest().catch((reason: unknown) => explain(reason, "kvm1"));
    expect(error).toMatch(
      /^cannot read source ".*shrinks.img" on kvm1: the file has become shorter .*\n {2}Run/,
    );
  });

  test("the format is recognised by content, with the virtual size", async () => {
    const header = Buffer.alloc(512);
    header.writeUInt32BE(0x514649fb, 0);
    header.writeUInt32BE(3, 4);
    header.writeBigUInt64BE(BigInt(5 * 2 ** 30), 24);
    const path = file("named.img", header);
    expect(await openContent(path, {})).toMatchObject({
      format: "qcow2",
      virtualBytes: 5 * 2 ** 30,
      bytes: 512,
    });
    await expect(openContent(path, { format: "raw" })).rejects.toMatchObject({
      code: "invalid-argument",
      message: "its content is qcow2, not raw",
    });
  });

  test("a checksum is compared before anything is sent", async () => {
    const path = file("sum.img", Buffer.from("hello"));
    const digest = createHash("sha256").update("hello").digest("hex");
    await expect(openContent(path, { checksum: `sha256:${digest}` })).resolves.toMatchObject({ bytes: 5 });
    await expect(openContent(path, { checksum: `sha256:${"0".repeat(64)}` })).rejects.toThrow(
      /its sha256 is 2cf24d.*, not 000/,
    );
  });

  test("a missing file is named with where it was looked for", async () => {
    await expect(openContent("nowhere.qcow2", {})).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringMatching(/^it is not there .*nowhere\.qcow2/) as unknown,
    });
  });
});
