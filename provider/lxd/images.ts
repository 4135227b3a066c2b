import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { ImageDriver, ImageFiles, ImagePart, Ownership } from "../driver/contract";
import type { DriverError } from "../driver/errors";
import { hasCode } from "../driver/errors";
import { at, UPLOAD_MS, type LxdClient, type Upload } from "./api/client";
import { doing } from "./common";
import { OWN, type Image } from "./objects";

/** What LXD calls the second part; its name says for whom the image is. */
const PARTS: Readonly<Record<ImagePart["name"], string>> = {
  metadata: "metadata",
  rootfs: "rootfs",
  disk: "rootfs.img",
};

/** Images out of files of this machine. They stay: whose VM has brought one is among its properties. */
export function createImageDriver(client: LxdClient): ImageDriver {
  const sending = new Map<string, Promise<void>>();

  const send = async (image: ImageFiles, owned: Ownership): Promise<void> => {
    const path = at("images", image.fingerprint);
    if ((await client.find<Image>(path)) !== undefined) return;
    const what = doing("send", "image", image.parts.map(({ file }) => file).join('" with "'));
    try {
      await client.change("POST", at("images"), {
        upload: uploadOf(image, owned),
        deadlineMs: UPLOAD_MS,
        what,
      });
    } catch (error) {
      // Another program has sent the same one meanwhile.
      if ((await client.find<Image>(path).catch(() => undefined)) !== undefined) return;
      throw hasCode(error, "failed", "invalid-argument") ? (error as DriverError).with(what) : error;
    }
  };

  return {
    ensure(image, owned) {
      const { fingerprint } = image;
      const running = sending.get(fingerprint);
      if (running !== undefined) return running;
      const sent = send(image, owned).finally(() => sending.delete(fingerprint));
      sending.set(fingerprint, sent);
      return sent;
    },
  };
}

function uploadOf({ fingerprint, parts }: ImageFiles, { owner }: Ownership): Upload {
  const headers = {
    "X-LXD-fingerprint": fingerprint,
    "X-LXD-public": "false",
    "X-LXD-properties": new URLSearchParams({ [OWN.owner]: owner }).toString(),
  };
  const [whole, ...others] = parts;
  if (whole !== undefined && others.length === 0)
    return {
      headers: { ...headers, "X-LXD-filename": encodeURIComponent(whole.file) },
      bytes: () => Readable.from(whole.chunks()),
    };
  const boundary = `vmhost-${randomUUID()}`;
  return {
    headers: { ...headers, "content-type": `multipart/form-data; boundary=${boundary}` },
    bytes: () => Readable.from(form(parts, boundary)),
  };
}

async function* form(parts: readonly ImagePart[], boundary: string): AsyncGenerator<Buffer> {
  for (const part of parts) {
    const names = `name="${PARTS[part.name]}"; filename="${encodeURIComponent(part.file)}"`;
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; ${names}\r\ncontent-type: application/octet-stream\r\n\r\n`,
    );
    yield* part.chunks();
    yield Buffer.from("\r\n");
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}
