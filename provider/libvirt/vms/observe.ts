import type { DiskVolume, ObservedVm, PowerState } from "../../driver/contract";
import { hasCode } from "../../driver/errors";
import type { DiskSpec } from "../../schema/vm/disk";
import { isUuid, orAbsent } from "../common";
import {
  VIR_DOMAIN_CRASHED,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PMSUSPENDED,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_SHUTDOWN,
  VIR_DOMAIN_BLOCKED,
  VIR_DOMAIN_XML_INACTIVE,
  VIR_DOMAIN_XML_SECURE,
} from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import { lookupPool } from "../pools";
import { lookThrough } from "../pools/away";
import { isActive } from "../pools/steps";
import type { LibvirtSession } from "../session";
import { nameOf } from "../xml/domain";
import { diskName, diskPath, diskPlace, disksOf } from "../xml/domain/disks";
import { pendingFields } from "../xml/domain/pending";
import { readDomain } from "../xml/domain/read";
import { isElsewhere, readMark, type OwnedVolume } from "../xml/metadata";
import { imageBelow, type Overlay } from "../xml/snapshot";
import { readXml, type XmlElement } from "../xml/tree";
import { interruptedIn } from "./interrupted";
import { standings, type Standing } from "./standing";

const STATES: ReadonlyMap<number, PowerState> = new Map<number, PowerState>([
  [VIR_DOMAIN_RUNNING, "running"],
  [VIR_DOMAIN_BLOCKED, "running"],
  [VIR_DOMAIN_SHUTDOWN, "running"],
  [VIR_DOMAIN_PAUSED, "paused"],
  [VIR_DOMAIN_CRASHED, "crashed"],
  [VIR_DOMAIN_PMSUSPENDED, "suspended"],
]);

export function powerState(state: number): PowerState {
  return STATES.get(state) ?? "stopped";
}

/** Whether there is a guest behind the definition. */
function isLive(power: PowerState): boolean {
  return power !== "stopped" && power !== "crashed";
}

/** Everything about one domain, asked for in one burst: its size does not depend on how many others there are. */
export interface DomainView extends Standing {
  readonly dom: Dom;
  /** The persistent definition; of a transient domain the live one. */
  readonly configured: XmlElement;
  readonly live?: XmlElement;
}

/** The daemon finds a domain by its UUID alone; the name in the handle is for its log. */
export function domainOf(uuid: string): Dom {
  return { name: uuid, uuid, id: -1 };
}

export async function lookupDomain(session: LibvirtSession, idOrName: string): Promise<Dom | undefined> {
  if (isUuid(idOrName)) return domainOf(idOrName);
  return (await orAbsent(session.call("domain_lookup_by_name", { name: idOrName })))?.dom;
}

/** `known` is what need not be asked: of a domain that was defined just now, say, that there is no guest yet. */
export async function viewDomain(
  session: LibvirtSession,
  dom: Dom,
  known: Partial<Standing> = {},
): Promise<DomainView | undefined> {
  const flags = VIR_DOMAIN_XML_SECURE;
  const off = known.state !== undefined && !isLive(known.state);
  const answers = await orAbsent(
    Promise.all([
      session.call("domain_get_xml_desc", { dom, flags: flags | VIR_DOMAIN_XML_INACTIVE }),
      off ? undefined : session.call("domain_get_xml_desc", { dom, flags }),
      known.state ??
        session.call("domain_get_state", { dom, flags: 0 }).then(({ state }) => powerState(state)),
      known.persistent ?? session.call("domain_is_persistent", { dom }).then((told) => told.persistent !== 0),
      known.autostart ?? session.call("domain_get_autostart", { dom }).then((told) => told.autostart !== 0),
    ]),
  );
  if (answers === undefined) return undefined;
  const [configured, live, state, persistent, autostart] = answers;
  return {
    dom,
    configured: readXml(configured.xml),
    live: live !== undefined && isLive(state) ? readXml(live.xml) : undefined,
    state,
    persistent,
    autostart,
  };
}

export async function observeDomain(
  session: LibvirtSession,
  idOrName: string,
  { many } = { many: false },
): Promise<ObservedVm | undefined> {
  const dom = await lookupDomain(session, idOrName);
  const known = many && dom !== undefined ? (await standings(session)).get(dom.uuid) : undefined;
  const view = dom && (await viewDomain(session, dom, known));
  return view && observed(session, view);
}

/** The view in the domain's words, with the sizes of the volumes that belong to the VM. */
export async function observed(session: LibvirtSession, view: DomainView): Promise<ObservedVm> {
  const { configured, live, dom } = view;
  const mark = readMark(configured);
  const volumes = diskVolumes(
    configured,
    (mark?.volumes ?? []).map(({ key }) => key),
  );
  const layered = layeredDisks(configured);
  const foreign = foreignOnTop(configured, mark?.volumes ?? []);
  const [sizes, interrupted] = await Promise.all([
    ownedSizes(session, volumes, layered),
    interruptedIn(session, view),
  ]);
  const spec = readDomain(configured);
  return {
    id: dom.uuid,
    name: nameOf(configured),
    owner: mark?.owner,
    state: view.state,
    persistent: view.persistent,
    restartRequired: live === undefined ? [] : pendingFields(configured, live),
    ...(interrupted === undefined ? {} : { interrupted }),
    volumes,
    spec: {
      ...spec,
      autostart: view.autostart,
      disks: (spec.disks ?? [])
        .filter(({ name }) => !sizes.lost.has(name))
        .map((disk): DiskSpec => withSize(withFormat(disk, layered, foreign), sizes.found.get(disk.name))),
    },
  };
}

function withSize(disk: DiskSpec, size: number | undefined): DiskSpec {
  return size === undefined ? disk : { ...disk, size };
}

/** Disks that have images of snapshots of ours on top of the one that the program knows; only the top one tells the size. */
type Layered = ReadonlyMap<string, { readonly below: Overlay; readonly top: string }>;

function layeredDisks(domain: XmlElement): Layered {
  return new Map(
    disksOf(domain).flatMap((disk): [string, { below: Overlay; top: string }][] => {
      const top = diskPath(disk);
      const below = imageBelow(domain, top);
      return top === undefined || below === undefined ? [] : [[diskName(disk), { below, top }]];
    }),
  );
}

function withFormat(disk: DiskSpec, layered: Layered, foreign: ReadonlySet<string>): DiskSpec {
  const format = layered.get(disk.name)?.below.format;
  if (format !== undefined) return { ...disk, format: format as DiskSpec["format"] };
  if (!foreign.has(disk.name)) return disk;
  const { format: _theirs, ...rest } = disk;
  return rest as DiskSpec;
}

/** Disks whose volume is below an image that somebody else has put there; what that is like is no concern of the program. */
function foreignOnTop(domain: XmlElement, volumes: readonly OwnedVolume[]): ReadonlySet<string> {
  return new Set(
    disksOf(domain).flatMap((disk) => {
      const mine = volumes.filter((volume) => volume.disk === diskName(disk));
      return mine.length > 0 && mine.every(({ key }) => isElsewhere(key, diskPath(disk)))
        ? [diskName(disk)]
        : [];
    }),
  );
}

function diskVolumes(domain: XmlElement, owned: readonly string[]): Record<string, DiskVolume> {
  const byFile = new Map(
    owned.map((key) => [key.slice(key.indexOf("/") + 1), key.slice(0, key.indexOf("/"))]),
  );
  return Object.fromEntries(
    disksOf(domain).map((disk) => {
      const path = imageBelow(domain, diskPath(disk))?.base ?? diskPlace(disk);
      const file = path?.slice(path.lastIndexOf("/") + 1) ?? "";
      const pool = byFile.get(file);
      return [
        diskName(disk),
        pool === undefined ? { path, owned: false } : { pool, volume: file, path, owned: true },
      ];
    }),
  );
}

/** A volume that is gone is told as a missing disk, so that the next run makes it again. */
async function ownedSizes(
  session: LibvirtSession,
  volumes: Readonly<Record<string, DiskVolume>>,
  layered: Layered,
): Promise<{ found: Map<string, number>; lost: Set<string> }> {
  const found = new Map<string, number>();
  const lost = new Set<string>();
  await Promise.all(
    Object.entries(volumes).map(async ([disk, volume]) => {
      if (!volume.owned || volume.path === undefined) return;
      const top = layered.get(disk)?.top;
      const capacity = await (top === undefined
        ? capacityOf(session, volume, volume.path)
        : capacityOf(session, { owned: true }, top));
      if (capacity !== undefined) found.set(disk, Number(capacity));
      else if (!(await isUnseen(session, volume.pool))) lost.add(disk);
    }),
  );
  return { found, lost };
}

/** Of what is in a pool that is not active, or whose folder is away, nothing is known: a volume there is not gone. */
async function isUnseen(session: LibvirtSession, name: string | undefined): Promise<boolean> {
  const pool = name === undefined ? undefined : await lookupPool(session, name);
  if (pool === undefined) return false;
  if (!(await isActive(session, pool))) return true;
  try {
    await lookThrough(session, pool);
    return !(await isActive(session, pool));
  } catch (error) {
    if (hasCode(error, "invalid-state")) return true;
    throw error;
  }
}

/** By the pool it was made in, which saves a question; else by its path, in whatever pool that is now. */
async function capacityOf(
  session: LibvirtSession,
  { pool, volume }: DiskVolume,
  path: string,
): Promise<bigint | undefined> {
  const capacity = async (vol: Vol): Promise<bigint> =>
    (await session.call("storage_vol_get_info", { vol })).capacity;
  if (pool !== undefined && volume !== undefined) {
    const there = await capacity({ pool, name: volume, key: path }).catch((error: unknown) => {
      if (!hasCode(error, "not-found", "invalid-state")) throw error;
    });
    if (there !== undefined) return there;
  }
  const found = await orAbsent(session.call("storage_vol_lookup_by_path", { path }));
  return found && orAbsent(capacity(found.vol));
}
