import { basename } from "node:path/posix";
import type { ObservedVolume, VolumeContent, VolumeDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { refuseAnothers } from "../../../provider/driver/refusals";
import type { StorageVolumeSpec } from "../../../provider/schema/storageVolume";
import { absent, taken } from "./configuration";
import type { Faults } from "./faults";
import { activePool, filesOf, usedBy } from "./pools";
import { byIdOrName, type MemoryFile, type MemoryPool, type Witness } from "./state";

export function memoryVolumes(witness: Witness, faults: Faults, alive: () => boolean): VolumeDriver {
  const { files, pools } = witness;
  const place = (pool: string, name: string, operation: string): [MemoryPool, string] => {
    const found = activePool(witness, pool, operation);
    return [found, `${found.spec.path}/${name}`];
  };
  return {
    async list(pool) {
      const found = activePool(witness, pool, "list the volumes");
      return filesOf(witness, found).map(([path, file]) => observe(found, path, file));
    },
    async find(pool, name) {
      if (byIdOrName(pools, pool) === undefined) return undefined;
      const [found, path] = place(pool, name, "look up the volume");
      const file = files.get(path);
      return file && observe(found, path, file);
    },
    async create(spec, { owner }, content) {
      const [pool, path] = place(spec.pool, spec.name, "make the volume");
      const before = files.get(path);
      if (before !== undefined && before.owner !== owner)
        throw taken("volume", `${spec.pool}/${spec.name}`, before.owner);
      if (before?.complete) return observe(pool, path, before);
      const file = emptyFile(witness, spec, owner, content);
      files.set(path, file);
      if (content !== undefined) await fill(witness, pool, path, file, content, faults, alive);
      file.complete = true;
      return observe(pool, path, file);
    },
    async change(pool, name, _spec, owned) {
      const [found, path] = place(pool, name, "take over the volume");
      const file = files.get(path);
      if (file === undefined) throw absent("volume", `${pool}/${name}`, "take over the volume");
      refuseAnothers("volume", `${pool}/${name}`, file.owner, owned);
      file.owner = owned.owner;
      return observe(found, path, file);
    },
    async resize(pool, name, bytes) {
      const [found, path] = place(pool, name, "resize the volume");
      const file = files.get(path);
      if (file === undefined) throw absent("volume", `${pool}/${name}`, "resize the volume");
      grow(file, bytes, `${pool}/${name}`);
      return observe(found, path, file);
    },
    async remove(pool, name) {
      if (byIdOrName(pools, pool) === undefined) return;
      files.delete(place(pool, name, "remove the volume")[1]);
    },
  };
}

/** A volume named as programs name it (`pool/name`, or a path on the host), with its path. */
export function resolveFile(
  { files, pools }: Witness,
  reference: string,
  operation: string,
): [string, MemoryFile] {
  const [pool = "", name = ""] = reference.split("/");
  const path = reference.startsWith("/") ? reference : `${byIdOrName(pools, pool)?.spec.path ?? ""}/${name}`;
  const file = files.get(path);
  if (file === undefined) throw absent("volume", reference, operation);
  return [path, file];
}

export function grow(file: MemoryFile, bytes: number, target: string): void {
  if (bytes < file.capacityBytes) {
    throw new DriverError(`cannot shrink from ${file.capacityBytes} to ${bytes} bytes`, {
      code: "invalid-argument",
      operation: "resize the volume",
      target: `volume "${target}"`,
    });
  }
  file.capacityBytes = bytes;
}

function emptyFile(
  witness: Witness,
  spec: StorageVolumeSpec,
  owner: string,
  content: VolumeContent | undefined,
): MemoryFile {
  const [backing, below] =
    spec.backing === undefined ? [] : resolveFile(witness, spec.backing, "make the volume");
  const least = content?.virtualBytes ?? below?.capacityBytes ?? 0;
  return {
    owner,
    format: spec.format ?? content?.format ?? "qcow2",
    capacityBytes: Math.max(spec.size ?? 0, least),
    bytes: Buffer.alloc(0),
    ...(backing === undefined ? {} : { backing }),
    complete: false,
  };
}

async function fill(
  witness: Witness,
  pool: MemoryPool,
  path: string,
  file: MemoryFile,
  content: VolumeContent,
  faults: Faults,
  alive: () => boolean,
): Promise<void> {
  try {
    for await (const chunk of content.chunks()) {
      await faults.run("volumes/send", () => {
        if (!alive()) throw new DriverError("the session is closed", { code: "connection-lost" });
        const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.alloc(chunk.hole);
        if (usedBy(witness, pool) + bytes.length > pool.totalBytes) {
          throw new DriverError("no space left on device", {
            code: "no-space",
            operation: "send the volume's content",
            target: `volume "${basename(path)}"`,
          });
        }
        file.bytes = Buffer.concat([file.bytes, bytes]);
      });
    }
  } catch (error) {
    // What is lost with the connection stays half-made, as on a real host; the next create begins it anew.
    if (!(error instanceof DriverError && error.transient)) witness.files.delete(path);
    throw error;
  }
}

function observe(pool: MemoryPool, path: string, file: MemoryFile): ObservedVolume {
  const name = basename(path);
  return {
    id: path,
    name,
    ...(file.owner === undefined ? {} : { owner: file.owner }),
    // A backing file is known by its path only, which need not be how the program has named it.
    spec: { pool: pool.name, format: file.format, size: file.capacityBytes },
    pool: pool.name,
    path,
    capacityBytes: file.capacityBytes,
    allocationBytes: file.bytes.length,
    complete: file.complete,
  };
}
