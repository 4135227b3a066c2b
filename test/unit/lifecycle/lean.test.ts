import { getHeapSpaceStatistics } from "node:v8";
import { describe, expect, test } from "@jest/globals";
import type { Chunk, VolumeContent } from "../../../provider/driver/contract";
import { lean } from "../../../provider/lifecycle/engine/lean";

const MiB = 2 ** 20;

function contentOf(bytes: number, chunks: readonly Chunk[]): VolumeContent {
  async function* each(): AsyncGenerator<Chunk, void> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  return { bytes, format: "raw", virtualBytes: bytes, chunks: each };
}

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;

/** Objects that live for a while, so that V8 makes the space for new ones larger. */
function churn(): number {
  const held: object[][] = [];
  for (let round = 0; round < 200; round++) {
    held.push(Array.from({ length: 10_000 }, (_, index) => ({ index, text: `${round}` })));
    if (held.length > 20) held.shift();
  }
  return held.length;
}

/** V8 decides when; so much is enough for it to have grown. */
function grown(): number {
  for (let round = 0; round < 20 && youngBytes() <= 4 * MiB; round++) churn();
  return youngBytes();
}

describe("a large transfer", () => {
  test("has all of its content, in little space for new objects, which grows again afterwards", async () => {
    const before = grown();
    expect(before).toBeGreaterThan(4 * MiB);
    const chunks = [Buffer.from("data"), { hole: 300 * MiB }, Buffer.from("more")];
    const seen: Chunk[] = [];
    for await (const chunk of lean(contentOf(300 * MiB + 8, chunks)).chunks()) {
      seen.push(chunk);
      churn();
      expect(youngBytes()).toBeLessThan(before);
    }
    expect(seen).toEqual(chunks);
    expect(grown()).toBeGreaterThan(4 * MiB);
  });

  test("that is given up gives its frugality up, too", async () => {
    const source = lean(contentOf(300 * MiB, [Buffer.from("a"), Buffer.from("b")])).chunks();
    for await (const chunk of source) {
      expect(chunk).toEqual(Buffer.from("a"));
      break;
    }
    expect(grown()).toBeGreaterThan(4 * MiB);
  });

  test("is told from a small one, which is left as it is", () => {
    const small = contentOf(MiB, []);
    expect(lean(small)).toBe(small);
  });
});
