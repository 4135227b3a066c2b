import type { PoolSourceSpec } from "../../schema/storage/poolSource";
import type { StoragePoolSpec } from "../../schema/storagePool";
import {
  asNumber,
  asYesNo,
  at,
  element,
  elements,
  readBound,
  records,
  writeBound,
  type Bindings,
} from "./bind";
import { attribute, clone, el, ensureChild, find, setChild, textOf, type XmlElement } from "./tree";

type Source = NonNullable<StoragePoolSpec["source"]>;
export type NamedPoolSpec = StoragePoolSpec & { readonly name: string };

/** What a change may touch of a pool that is there. */
const CHANGING: Bindings = {
  source: {
    protocolVersion: at("source/protocol@ver"),
    initiator: at("source/initiator/iqn@name"),
    auth: element(
      "source/auth",
      ({ username, secret }: NonNullable<Source["auth"]>) =>
        el("auth", { username }, el("secret", { uuid: secret })),
      (auth) => ({ username: attribute(auth, "username"), secret: attribute(find(auth, "secret"), "uuid") }),
    ),
  },
  copyOnWrite: at("features/cow@state", asYesNo),
};

const hosts = records("source/host", { name: at("@name"), port: at("@port", asNumber) });

const PERMISSIONS: Bindings = {
  mode: at("target/permissions/mode"),
  owner: at("target/permissions/owner", asNumber),
  group: at("target/permissions/group", asNumber),
};

/** What is settled when a pool is made. */
const SETTLED: Bindings = {
  source: {
    dir: at("source/dir@path"),
    devices: elements(
      "source/device",
      (paths: readonly string[]) => paths.map((path) => el("device", { path })),
      (found) => found.map((each) => attribute(each, "path")),
    ),
    adapter: {
      type: at("source/adapter@type"),
      name: at("source/adapter@name"),
      parent: at("source/adapter@parent"),
      wwnn: at("source/adapter@wwnn"),
      wwpn: at("source/adapter@wwpn"),
      managed: at("source/adapter@managed", asYesNo),
    },
    name: at("source/name"),
    format: at("source/format@type"),
  },
  path: at("target/path"),
};

/** Where libvirt shows the volumes of a type that has no folder; of the others it decides itself. */
const USUAL: Readonly<Record<string, string>> = {
  disk: "/dev",
  iscsi: "/dev/disk/by-path",
  scsi: "/dev/disk/by-path",
  mpath: "/dev/mapper",
};

const isIscsi = (type: string | undefined): boolean => type === "iscsi" || type === "iscsi-direct";

/** Where the volumes will be, as far as it is ours to say. */
export function pathOf({ type, path, name }: NamedPoolSpec): string | undefined {
  if (path !== undefined) return path;
  return ["dir", "fs", "netfs", "vstorage"].includes(type) ? `/var/lib/libvirt/${name}` : USUAL[type];
}

/** `<pool>` of a new pool; libvirt pools have no metadata, so the UUID says whose it is. */
export function poolXml(spec: NamedPoolSpec, uuid: string): XmlElement {
  const { type, name } = spec;
  const pool = el("pool", { type }, el("name", {}, name), el("uuid", {}, uuid));
  const source = spec.source as Partial<PoolSourceSpec> | undefined;
  const devices = isIscsi(type) && source?.iqn !== undefined ? [source.iqn] : source?.devices;
  const never = (): boolean => false;
  writeBound(pool, SETTLED, { ...spec, source: { ...source, devices }, path: pathOf(spec) }, never);
  return withChanges(pool, spec, true);
}

/**
 * The definition with what may change set in it; what the program says no more is taken away, except in a pool that was
 * made by hand.
 */
export function withChanges(current: XmlElement, spec: NamedPoolSpec, ours: boolean): XmlElement {
  const pool = clone(current);
  const type = attribute(pool, "type");
  const auth = find(pool, "source", "auth");
  writeBound(pool, CHANGING, { ...spec }, () => ours);
  const written = find(pool, "source", "auth");
  // Libvirt may know the secret by its usage, which the program cannot say; only what it says is ours.
  if (written !== undefined && written !== auth)
    written.attributes["type"] = type === "rbd" ? "ceph" : "chap";
  if (type === "rbd" || find(pool, "source", "host") === undefined) {
    const wanted = spec.source?.hosts ?? [];
    if (wanted.length > 0) hosts.write(pool, wanted);
    else if (ours) hosts.write(pool, undefined);
  }
  if (spec.permissions !== undefined) {
    writeBound(pool, PERMISSIONS, spec.permissions, () => false);
    completePermissions(ensureChild(ensureChild(pool, "target"), "permissions"));
  }
  return pool;
}

/** libvirt wants the mode whenever there are permissions, and owner and group in its order. */
function completePermissions(permissions: XmlElement): void {
  for (const name of ["mode", "owner", "group"]) {
    const child = find(permissions, name);
    setChild(permissions, name, undefined);
    if (child !== undefined) permissions.children.push(child);
  }
}

export interface PoolFacts {
  readonly name: string;
  readonly uuid: string;
  readonly type: string;
  readonly path?: string;
}

export function readPool(pool: XmlElement): PoolFacts {
  return {
    name: textOf(find(pool, "name")) ?? "",
    uuid: textOf(find(pool, "uuid")) ?? "",
    type: attribute(pool, "type") ?? "",
    path: textOf(find(pool, "target", "path")),
  };
}

/** What a definition says in the table's words. */
export function poolSpec(pool: XmlElement, autostart: boolean, active: boolean): Partial<StoragePoolSpec> {
  const { name, type } = readPool(pool);
  const settled = readBound(pool, SETTLED);
  const changing = readBound(pool, CHANGING);
  const { devices, adapter, ...rest } = settled["source"] as Partial<PoolSourceSpec>;
  const iscsi = isIscsi(type);
  const [target] = iscsi ? (devices ?? []) : [];
  return {
    ...settled,
    ...changing,
    name,
    type: type as StoragePoolSpec["type"],
    source: {
      ...rest,
      ...(changing["source"] as object),
      hosts: (hosts.read(pool) ?? []) as PoolSourceSpec["hosts"],
      devices: iscsi ? undefined : devices,
      iqn: target,
      adapter: find(pool, "source", "adapter") === undefined ? undefined : adapter,
    } as PoolSourceSpec,
    permissions: readBound(pool, PERMISSIONS) as StoragePoolSpec["permissions"],
    autostart,
    active,
  };
}

/** Whether a pool stands on what another definition of it says, so that it need not be stopped for it. */
export function standsOn(there: XmlElement, wanted: XmlElement): boolean {
  const said = (pool: XmlElement): object => ({
    type: attribute(pool, "type"),
    hosts: hosts.read(pool),
    ...readBound(pool, SETTLED),
  });
  return covers(said(there), said(wanted));
}

/** Everything that `wanted` says, `there` says as well. */
function covers(there: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted !== "object" || wanted === null) return there === wanted;
  if (Array.isArray(wanted)) return JSON.stringify(there) === JSON.stringify(wanted);
  return Object.entries(wanted).every(([key, value]) =>
    covers((there as Readonly<Record<string, unknown>> | undefined)?.[key], value),
  );
}
