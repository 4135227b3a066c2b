import type { NamedVmSpec } from "../../driver/contract";
import { DriverError } from "../../driver/errors";
import { doing } from "../common";
import { findVolume, resolveImage, volumeFacts } from "../volumes/lookup";
import { activePool } from "../pools";
import type { RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { fill, makeOwned } from "../volumes/own";
import { removeVolume } from "../volumes/marks";
import { writeNote } from "../vms/note";
import type { DomainView } from "../vms/observe";
import { SEED_DISK } from "../vms/seed";
import { diskName, diskPath, disksOf, diskTarget } from "../xml/domain/disks";
import { readMark, type OwnedVolume } from "../xml/metadata";
import { attribute, find, readXml, type XmlElement } from "../xml/tree";
import { MOVE_NOTE, moveNoteElement, readMoveNote, type MoveNote } from "../xml/domain/moveNote";
import { readPool } from "../xml/pool";

/** A volume of the VM's own, and where it goes. */
interface Move {
  readonly from: OwnedVolume;
  readonly key: string;
  readonly path: string;
  /** libvirt copies what a guest can write to; the rest (cloud-init's seed) is sent by us. */
  readonly target?: string;
}

export interface StorageMove {
  readonly images: ReadonlyMap<string, string>;
  readonly volumes: ReadonlyMap<string, string>;
  /** Targets of the disks that libvirt copies. */
  readonly copied: readonly string[];
  /** Takes away what was made there, after a failure. */
  undo(): Promise<void>;
}

/** With storage that both hosts see nothing moves; that they do see it is looked at all the same. */
export async function sharedStorage(
  to: LibvirtSession,
  spec: NamedVmSpec,
  view: DomainView,
): Promise<StorageMove> {
  const images = await namedImages(to, spec, view.configured);
  for (const { key } of readMark(view.configured)?.volumes ?? []) {
    const [pool, name] = split(key);
    if ((await doing("find", `volume "${key}" there`, () => findVolume(to, pool, name))) === undefined)
      throw refusal(
        `its volume "${key}" is not there`,
        "not-found",
        "Leave `migrate.storage` out to have the disks copied, or declare the same StoragePool on both hosts.",
      );
  }
  return { images, volumes: new Map(), copied: [], undo: () => Promise.resolve() };
}

/** Makes a volume there for each of the VM's own, to be filled while the guest runs on here. */
export async function copiedStorage(
  from: LibvirtSession,
  to: LibvirtSession,
  /** UUID of the other host. */
  there: string,
  spec: NamedVmSpec,
  view: DomainView,
): Promise<StorageMove> {
  const disks = disksOf(view.configured);
  const owned = readMark(view.configured)?.volumes ?? [];
  const ownerOf = (disk: XmlElement): OwnedVolume | undefined =>
    owned.find(({ key }) => diskPath(disk)?.endsWith(key.slice(key.indexOf("/"))));
  const foreign = disks.find((disk) => writable(disk) && ownerOf(disk) === undefined);
  if (foreign !== undefined)
    throw refusal(
      `disk "${diskName(foreign)}" is not a volume of the VM's own, so it is not copied`,
      "invalid-argument",
      'Where both hosts see the same storage, say so: `migrate: { storage: "shared" }`.',
    );
  const idle = owned.find((volume) => !disks.some((disk) => ownerOf(disk) === volume));
  if (idle !== undefined)
    throw refusal(
      `it still owns the volume "${idle.key}" of a disk that was taken out, which would stay behind`,
      "invalid-state",
      "Put the disk back first, or let its volume go with `allowDataLoss: true`.",
    );
  const images = new Map(await namedImages(to, spec, view.configured));
  const moves: Move[] = [];
  for (const disk of disks) {
    const volume = ownerOf(disk);
    const path = diskPath(disk);
    if (volume === undefined || path === undefined) continue;
    const [pool, name] = split(volume.key);
    const named = spec.disks?.find((each) => each.name === volume.disk)?.pool;
    const beside = volume.disk === SEED_DISK ? moves.map(({ key }) => split(key)[0])[0] : undefined;
    const wanted = named ?? beside ?? spec.host.defaultStoragePool ?? pool;
    const place = await placeOf(to, wanted, volume.disk);
    const move = { from: volume, key: `${place.name}/${name}`, path: `${place.path}/${name}` };
    moves.push(writable(disk) ? { ...move, target: diskTarget(disk) } : move);
    images.set(path, move.path);
  }
  await removeLeftovers(to, there, moves, view);
  const note: MoveNote = { to: there, volumes: moves.map(({ key }) => key) };
  await writeNote(from, view.dom.uuid, MOVE_NOTE, moveNoteElement(note));
  const made: Vol[] = [];
  const undo = async (): Promise<void> => {
    await Promise.all(made.map((vol) => removeVolume(to, vol).catch(() => undefined)));
    await writeNote(from, view.dom.uuid, MOVE_NOTE, undefined).catch(() => undefined);
  };
  try {
    for (const move of moves) made.push(await make(from, to, move));
  } catch (error) {
    await undo();
    throw error;
  }
  return {
    images,
    volumes: new Map(moves.map((move) => [move.from.key, move.key])),
    copied: moves.flatMap(({ target }) => target ?? []),
    undo,
  };
}

/** What a run that was cut off has made there is made anew; whatever else has the name is not ours to touch. */
async function removeLeftovers(
  to: LibvirtSession,
  there: string,
  moves: readonly Move[],
  { configured }: DomainView,
): Promise<void> {
  const note = readMoveNote(configured);
  const ours = note?.to === there ? note.volumes : [];
  for (const { key } of moves) {
    const vol = await findVolume(to, ...split(key));
    if (vol === undefined) continue;
    if (!ours.includes(key))
      throw refusal(
        `there is a volume "${key}" there already`,
        "already-exists",
        'Where both hosts see the same storage, say so: `migrate: { storage: "shared" }`. Else it is in the way: look at it, and delete it.',
      );
    await removeVolume(to, vol);
  }
}

/** A copy is whole: what the image shows of others below it is in it, so that those need not be there. */
async function make(
  from: LibvirtSession,
  to: LibvirtSession,
  { from: { key }, key: there, target }: Move,
): Promise<Vol> {
  const [poolName, name] = split(there);
  const vol = await findVolume(from, ...split(key));
  if (vol === undefined) throw refusal(`its volume "${key}" is gone`, "not-found");
  const facts = await volumeFacts(from, vol);
  const pool = await activePool(to, poolName);
  const shape = {
    name,
    format: target === undefined ? "raw" : facts.format,
    capacityBytes: facts.capacityBytes,
  };
  const made = await makeOwned(to, pool, shape);
  if (target === undefined) await fill(to, made, await bytesOf(from, vol));
  return made;
}

async function bytesOf(from: LibvirtSession, vol: Vol): Promise<Buffer> {
  const { content } = await from.download("storage_vol_download", { vol, offset: 0n, length: 0n, flags: 0 });
  const parts: Buffer[] = [];
  for await (const chunk of content) parts.push(Buffer.isBuffer(chunk) ? chunk : Buffer.alloc(chunk.hole));
  return Buffer.concat(parts);
}

/** Images that the program names itself, where they are there. */
async function namedImages(
  to: LibvirtSession,
  spec: NamedVmSpec,
  configured: XmlElement,
): Promise<ReadonlyMap<string, string>> {
  const images = new Map<string, string>();
  for (const disk of disksOf(configured)) {
    const wanted = spec.disks?.find(({ name }) => name === diskName(disk));
    const reference = wanted?.volume ?? wanted?.path;
    const path = diskPath(disk);
    if (reference === undefined || path === undefined) continue;
    images.set(path, (await resolveImage(to, reference, `disk "${diskName(disk)}" there`)).path);
  }
  return images;
}

async function placeOf(
  to: LibvirtSession,
  pool: string,
  disk: string,
): Promise<{ name: string; path: string }> {
  const found = await doing("find", `storage pool for disk "${disk}" there`, () => activePool(to, pool));
  const { xml } = await to.call("storage_pool_get_xml_desc", { pool: found, flags: 0 });
  const { path, type } = readPool(readXml(xml));
  if (path === undefined || !["dir", "fs", "netfs"].includes(type))
    throw refusal(
      `storage pool "${found.name}" there is of type ${type}, which takes no copies`,
      "unsupported",
    );
  return { name: found.name, path };
}

function writable(disk: XmlElement): boolean {
  return (
    diskPath(disk) !== undefined &&
    (attribute(disk, "device") ?? "disk") === "disk" &&
    find(disk, "readonly") === undefined
  );
}

function split(key: string): [string, string] {
  const slash = key.indexOf("/");
  return slash < 0 ? ["", key] : [key.slice(0, slash), key.slice(slash + 1)];
}

function refusal(message: string, code: DriverError["code"], remedy?: string): DriverError {
  return new DriverError(message, { code, remedy });
}
