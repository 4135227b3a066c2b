import type { StoragePoolSpec } from "../../schema/storagePool";
import { attribute, el, find, textOf, type XmlElement } from "./tree";

/** `<pool>` of a new pool; libvirt pools have no metadata, so the UUID says whose it is. */
export function poolXml(
  spec: { readonly name: string; readonly type: string; readonly path: string },
  uuid: string,
): XmlElement {
  return el(
    "pool",
    { type: spec.type },
    el("name", {}, spec.name),
    el("uuid", {}, uuid),
    el("target", {}, el("path", {}, spec.path)),
  );
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

export function poolSpec(facts: PoolFacts, autostart: boolean, active: boolean): Partial<StoragePoolSpec> {
  return {
    name: facts.name,
    type: facts.type as StoragePoolSpec["type"],
    path: facts.path,
    autostart,
    active,
  };
}
