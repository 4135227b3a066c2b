import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openContent } from "../../../provider/lifecycle/content/open";

const image = Buffer.alloc(300_000);
image.writeUInt32BE(0x514649fb, 0);
image.writeUInt32BE(3, 4);
image.writeBigUInt64BE(BigInt(5 * 2 ** 30), 24);
image.write("the end", 299_000);

const sha = (data: Buffer): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;

let dir: string;
let server: Server;
let url: string;
let asked = 0;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const before = process.env["XDG_CACHE_HOME"];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vmhost-fetched-"));
  process.env["XDG_CACHE_HOME"] = dir;
  asked = 0;
});
afterEach(() => {
  rmSync(dir, { recursive: true });
  if (before === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = before;
});

async function bytesOf(source: string, want: { checksum?: string } = {}): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of (await openContent(source, want)).chunks())
    parts.push(Buffer.isBuffer(chunk) ? Buffer.from(chunk) : Buffer.alloc(chunk.hole));
  return Buffer.concat(parts);
}

const kept = (): string[] => readdirSync(join(dir, "pulumi-vmhost", "images"));

describe("an image behind a URL", () => {
  test("is fetched once for its checksum, by however many", async () => {
    answer = (_, response) => response.end(image);
    const want = { checksum: sha(image) };
    const all = await Promise.all([1, 2, 3].map(() => bytesOf(url, want)));
    expect(all.every((bytes) => bytes.equals(image))).toBe(true);
    expect((await bytesOf(url, want)).equals(image)).toBe(true);
    expect(asked).toBe(1);
    expect(await openContent(url, want)).toMatchObject({ format: "qcow2", virtualBytes: 5 * 2 ** 30 });
  });

  test("without a checksum is fetched again when the server has another version", async () => {
    let version = Buffer.from("one");
    answer = (_, response) => {
      response.setHeader("etag", `"${version.toString()}"`);
      response.end(version);
    };
    expect((await bytesOf(url)).toString()).toBe("one");
    expect((await bytesOf(url)).toString()).toBe("one");
    expect(kept()).toHaveLength(1);
    version = Buffer.from("two");
    expect((await bytesOf(url)).toString()).toBe("two");
  });

  test("is followed to where the server sends, and taken packed", async () => {
    answer = (request, response) => {
      if (request.url === "/image") response.writeHead(302, { location: "/elsewhere" }).end();
      else response.end(gzipSync(image));
    };
    expect((await bytesOf(url, { checksum: sha(gzipSync(image)) })).equals(image)).toBe(true);
  });

  test.each<[string, typeof answer, RegExp]>([
    ["has another checksum", (_, response) => response.end("other"), /its sha256 is [0-9a-f]{64}, not/],
    ["is not there", (_, response) => response.writeHead(404).end(), /the server answers 404 Not Found/],
    [
      "breaks off",
      (_, response) => {
        response.writeHead(200, { "content-length": String(image.length) });
        response.write(image.subarray(0, 1000), () => response.destroy());
      },
      /./,
    ],
  ])("that %s leaves nothing behind, and its key is not told", async (_, how, words) => {
    answer = how;
    const lost = openContent(`${url}?key=secret`, { checksum: sha(image) });
    const error = (await lost.catch((reason: unknown) => reason)) as Error & { target: string };
    expect(error.message).toMatch(words);
    expect(`${error.message} ${error.target}`).not.toContain("secret");
    expect(kept()).toEqual([]);
    answer = (__, response) => response.end(image);
    expect((await bytesOf(`${url}?key=secret`, { checksum: sha(image) })).equals(image)).toBe(true);
  });
});

describe("a packed image", () => {
  const file = (data: Buffer): string => {
    const path = join(dir, "packed.bin");
    writeFileSync(path, data);
    return path;
  };

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("with %s is known by its content, and its checksum is that of the file", async (_, pack) => {
    const packed = pack(image);
    const path = file(packed);
    expect((await bytesOf(path, { checksum: sha(packed) })).equals(image)).toBe(true);
    expect(await openContent(path, {})).toMatchObject({ bytes: image.length, virtualBytes: 5 * 2 ** 30 });
    expect(kept()).toHaveLength(1);
  });

  test("that ends too early is refused, and nothing of it stays", async () => {
    const packed = gzipSync(image);
    await expect(openContent(file(packed.subarray(0, packed.length - 20)), {})).rejects.toThrow(
      "it cannot be unpacked",
    );
    expect(kept()).toEqual([]);
  });

  test("with several zstd frames is unpacked whole, or refused where Node.js reads the first alone", async () => {
    const halves = [image.subarray(0, 150_000), image.subarray(150_000)].map((half) =>
      zstdCompressSync(half),
    );
    const outcome = await bytesOf(file(Buffer.concat(halves)), {}).then(
      (all) => all.equals(image),
      (error: Error) => error.message.includes("several zstd frames"),
    );
    expect(outcome).toBe(true);
  });

  describe("with xz", () => {
    /** As `xz` has packed it: 1 MiB with the head of a qcow2 image of 5 GiB, then zeros. */
    const packed = Buffer.from(
      "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj7///AOZdACiRhVzYhNkcYk//nEtnzVbk0ZcRvdFOxZdCVJV4mgzxbX7GkqZGEs0Q1UfuAM/KwjvzTCtGOr32ebcmL10RNn2m8ign3uTLGw+toZGbqaOn7DoXxrUDqRynW+p2itcovT2kVbBwnqcjX+woy4XRlZiKfiqR8id19xnABphNmP3Yr9WQD8QlU/j1kTYxBaWw7m/BcE1HDNGREaqtYB26zrEnGFxZhulmUli+6XasWeTlWwUI+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/D3bpSAAAAAAAQJYNvzrr0F8AAYICgIBAANDQ+BaxxGf7AgAAAAAEWVo=",
      "base64",
    );

    test("is unpacked, its checksum is that of the file, and several streams are one", async () => {
      const checksum = sha(packed);
      expect(await openContent(file(packed), { checksum })).toMatchObject({
        bytes: 2 ** 20,
        format: "qcow2",
        virtualBytes: 5 * 2 ** 30,
      });
      const twice = await bytesOf(file(Buffer.concat([packed, packed])));
      expect(twice.length).toBe(2 ** 21);
      expect(twice.toString("latin1", 2 ** 20, 2 ** 20 + 3)).toBe("QFI");
    });

    test.each([
      ["ends too early", packed.subarray(0, packed.length - 40)],
      [
        "has a byte that is another",
        Buffer.concat([packed.subarray(0, -38), Buffer.of(0x55), packed.subarray(-37)]),
      ],
      ["has something behind it", Buffer.concat([packed, Buffer.from("else")])],
    ])("that %s is refused, and nothing of it stays", async (_, data) => {
      await expect(openContent(file(data), {})).rejects.toThrow("it cannot be unpacked");
      expect(kept()).toEqual([]);
    });
  });
});
