import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../scripts/lib/command.ts";
import { poll } from "../../scripts/lib/processes.ts";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host.ts";
import { pkiIn } from "./pki.ts";

const NAME = "cloud-images.ubuntu.com";
const PRODUCT = "com.ubuntu.cloud:server:24.04:amd64";

/** Gives files out; of a disk the second half is held back for longer than the status line waits with its first word. */
const SERVER = `
const [dir, certificate, key] = process.argv.slice(1);
const { readFileSync } = require("node:fs");
const options = { cert: readFileSync(certificate), key: readFileSync(key) };
require("node:https").createServer(options, ({ url }, answer) => {
  let bytes;
  try { bytes = readFileSync(dir + url); } catch { return answer.writeHead(404).end(); }
  answer.setHeader("content-length", bytes.length);
  if (!url.endsWith(".img")) return answer.end(bytes);
  answer.write(bytes.subarray(0, bytes.length / 2));
  setTimeout(() => answer.end(bytes.subarray(bytes.length / 2)), 6000);
}).listen(443, "127.0.0.1");`;

const PROBE = `
const { exit } = process;
require("node:net").connect(443, "127.0.0.1", () => exit(0)).on("error", () => exit(1));`;

/**
 * Ubuntu's image server as an LXD of this host sees it, with one image for virtual machines: its name leads there, and LXD
 * takes its certificate where it is started afterwards. It ends with its host.
 */
export async function startImageServer(host: ThrowawayHost, disk: string): Promise<void> {
  const dir = join(host.dir, "images");
  const files = join(dir, "www", "releases");
  await mkdir(join(files, "streams", "v1"), { recursive: true });
  await writeFile(
    join(dir, "metadata.yaml"),
    JSON.stringify({ architecture: "x86_64", creation_date: 1, properties: { description: "test guest" } }),
  );
  await run(["tar", "--create", "--gzip", "--file", join(files, "lxd.tar.xz"), "metadata.yaml"], {
    cwd: dir,
  });
  await copyFile(disk, join(files, "disk.img"));
  const [metadata, root] = await Promise.all(
    ["lxd.tar.xz", "disk.img"].map((name) => readFile(join(files, name))),
  );
  if (metadata === undefined || root === undefined) throw new Error("There is no image to serve");
  const item = (ftype: string, path: string, bytes: Buffer): object => ({
    ftype,
    path,
    size: bytes.length,
    sha256: sha256(bytes),
  });
  const items = {
    "lxd.tar.xz": {
      ...item("lxd.tar.xz", "lxd.tar.xz", metadata),
      "combined_disk-kvm-img_sha256": sha256(metadata, root),
    },
    "disk-kvm.img": item("disk-kvm.img", "disk.img", root),
  };
  const product = { aliases: "24.04,noble", arch: "amd64", os: "ubuntu", release: "noble", version: "24.04" };
  const head = { datatype: "image-downloads", format: "products:1.0" };
  const index = { ...head, path: "streams/v1/products.json", products: [PRODUCT] };
  const write = (name: string, content: object): Promise<void> =>
    writeFile(join(files, "streams", "v1", name), JSON.stringify(content));
  await write("index.json", { format: "index:1.0", index: { "com.ubuntu.cloud:released:download": index } });
  await write("products.json", {
    ...head,
    content_id: "com.ubuntu.cloud:released:download",
    products: {
      [PRODUCT]: { ...product, supported: true, versions: { 20260101: { label: "release", items } } },
    },
  });
  const pki = pkiIn(dir);
  pki.certificate("server", undefined, `DNS:${NAME}`);
  await copyFile(join(dir, "servercert.pem"), join(host.dir, "authorities.crt"));
  await writeFile(join(dir, "hosts"), `127.0.0.1 localhost ${NAME}\n`);
  await host.exec(["mount", "--bind", join(dir, "hosts"), "/etc/hosts"]);
  const argv = [join(dir, "www"), join(dir, "servercert.pem"), join(dir, "serverkey.pem")];
  void host.exec([process.execPath, "-e", SERVER, ...argv], { allowFailure: true });
  const answers = await poll(
    async () =>
      (await host.exec([process.execPath, "-e", PROBE], { allowFailure: true })).code === 0
        ? true
        : undefined,
    60_000,
  );
  if (answers !== true) throw new Error("The image server does not answer");
}

function sha256(...parts: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
