import { kept, row, type Row } from "../row";
import { PASSPHRASES } from "../passphrases";

const pool = (...args: Parameters<typeof row> extends [unknown, ...infer Rest] ? Rest : never): Row =>
  row("StoragePool", ...args);
const volume = (...args: Parameters<typeof row> extends [unknown, ...infer Rest] ? Rest : never): Row =>
  row("StorageVolume", ...args);

const folder = (name: string): string => `/var/lib/libvirt/images/fates/${name}`;
const whole = { size: undefined, format: "raw", allowDataLoss: true };
const needs = { allowDataLoss: true };

export const rows: readonly Row[] = [
  pool("host", undefined, "$other", /"test\+unix/, { needs: { path: folder("elsewhere") }, where: hostOf }),
  pool("name", "fates-pool-a", "fates-pool-b", /<name>fates-pool-b</, { needs: { path: folder("named") } }),
  pool("type", "dir", "mpath", /<pool type='mpath'/, { needs: { path: folder("type"), active: false } }),
  pool("path", folder("path-a"), folder("path-b"), /<path>\S+path-b</),
  pool("autostart", true, false, /Autostart: +no/, { needs: { path: folder("flags") } }),
  pool("active", true, false, /State: +inactive/, { needs: { path: folder("flags") } }),
  pool("adopt", undefined, true, /./, { needs: { path: folder("adopt") } }),
  kept("StoragePool", "deleteContents", false, true, { needs: { path: folder("flags") } }),
  {
    ...volume("host", undefined, "$other", /"test\+unix/, {
      needs: { size: "1MiB", ...needs },
      where: hostOf,
    }),
    a: { pool: "fates", ...needs },
    b: { pool: "default-pool", host: "$other", ...needs },
  },
  volume("source", "small.raw", "large.raw", /<capacity[^>]*>2097152</, { needs: whole }),
  volume("checksum", "$sha256", "$sha512", /"sha512:/, {
    needs: { source: "small.raw", ...whole },
    where: "state",
  }),
  volume("name", "fates-a", "fates-b", /<name>fates-b</, { needs }),
  volume("pool", "fates", "fates2", /fates\/fates2\//, { needs }),
  volume("format", "qcow2", "raw", /<format type='raw'/, { needs }),
  volume("size", "1MiB", "2MiB", /<capacity[^>]*>2097152</, { on: "grown" }),
  volume("size", "2MiB", "1MiB", /<capacity[^>]*>1048576</, { on: "shrunk", needs }),
  volume("backing", "fates/one", "fates/two", /fates\/fates\/two</, { needs }),
  volume("copyOf", "fates/one", "fates/two", /"copyOf":"fates\/two"/, { needs, where: "state" }),
  volume("adopt", undefined, true, /./),
  kept("StorageVolume", "allowDataLoss", false, true),
  kept("StorageVolume", "wipe", false, "zero"),
  // An image of the old kind is one without the element.
  volume("qcow2.compat", "0.10", "1.1", /<compat>1\.1</, { needs }),
  volume("qcow2.clusterSize", "64KiB", "128KiB", /<clusterSize unit='B'>131072</, { needs }),
  volume("qcow2.lazyRefcounts", false, true, /<lazy_refcounts\/>/, { needs }),
  // libvirt tells with which secret an image was made only until it reads the pool anew.
  volume("encryption.secret", PASSPHRASES[0], PASSPHRASES[1], /"secret":"5ec2e700\S+8002"/, {
    needs,
    where: "state",
  }),
  volume("preallocation", "none", "full", /<allocation[^>]*>(?=[0-9]{7})/, { needs }),
];

async function hostOf({ outs }: { readonly outs: Readonly<Record<string, unknown>> }): Promise<string> {
  return JSON.stringify((outs["host"] as { address?: string }).address);
}
