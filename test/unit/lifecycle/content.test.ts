import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openContent } from "../../../provider/lifecycle/content";

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
      remedy: expect.stringContaining("nowhere.qcow2") as unknown,
    });
  });
});
