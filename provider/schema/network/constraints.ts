import { createHash } from "node:crypto";

/** By MAAS's keys; `not_` in front of one turns it round. Each is met by any of its values. */
export type Constraints = Readonly<Record<string, readonly string[]>>;

const KEYS: readonly string[] = ["name", "type", "tag", "space", "subnet", "fabric", "vlan", "ip"];

/** MAAS's key for a CIDR; the same to us. */
const SAME: Readonly<Record<string, string>> = { subnet_cidr: "subnet", vid: "vlan" };

/**
 * `space=dmz,not_tag=slow`: the values of a repeated key stand for each other. Throws a sentence about what is wrong, and
 * about constraints that contradict each other.
 */
export function parseConstraints(text: string): Constraints {
  const result: Record<string, string[]> = {};
  for (const part of text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean)) {
    const [, given = "", value = ""] = /^([a-z_]+)=(.+)$/.exec(part) ?? [];
    if (given === "") throw new Error(`"${part}" is no constraint; write key=value, such as space=dmz`);
    addTo(result, given, value);
  }
  return checked(result);
}

/** The same from an object: `{ space: "dmz", not_tag: ["slow"] }`. */
export function readConstraints(given: Readonly<Record<string, unknown>>): Constraints {
  const result: Record<string, string[]> = {};
  for (const [key, value] of Object.entries(given)) {
    for (const each of [value].flat()) addTo(result, key, String(each));
  }
  return checked(result);
}

function addTo(result: Record<string, string[]>, given: string, value: string): void {
  const not = given.startsWith("not_") ? "not_" : "";
  const bare = given.slice(not.length);
  const key = SAME[bare] ?? bare;
  // Chooses nothing: it says that the guest is to leave the interface without an address (R85).
  if (given === "mode" && value !== "unconfigured")
    throw new Error(`mode=${value} is no constraint; MAAS knows mode=unconfigured alone`);
  if (given !== "mode" && !KEYS.includes(key))
    throw new Error(`unknown constraint "${given}"; there are ${KEYS.join(", ")}, and not_ in front of each`);
  (result[not + key] ??= []).push(value);
}

function checked(constraints: Record<string, string[]>): Constraints {
  for (const [key, values] of Object.entries(constraints)) {
    const both = values.find((value) => constraints[`not_${key}`]?.includes(value));
    if (both !== undefined) throw new Error(`${key}=${both} and not_${key}=${both} contradict each other`);
  }
  return constraints;
}

/** MAAS's string for all interfaces of a machine, `label:key=value,key=value;label:…`, as a Vm's `interfaces` (R87). */
export function parseInterfaceConstraints(text: string): { name: string; constraints: Constraints }[] {
  return text
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, label = "", rest = ""] = /^([^:=,]+):(.*)$/.exec(part) ?? [];
      if (label === "") throw new Error(`"${part}" has no label; write label:key=value,key=value`);
      return { name: nameOf(label), constraints: parseConstraints(rest) };
    });
}

/** A label as the name of a device: a number n is `ethN`, and what Linux would find too long is known by its digest (R86). */
function nameOf(label: string): string {
  if (/^\d+$/.test(label)) return `eth${label}`;
  if (Buffer.byteLength(label) <= 15) return label;
  return `eth-${createHash("sha256").update(label).digest("hex").slice(0, 11)}`;
}

/**
 * MAAS's string for disks, `label:size(tag,tag),…`, as a Vm's `disks` (R108): sizes in GB of 10^9 bytes, tags that name
 * pools. The first is the root; of the others those that ask for more come first.
 */
export function parseStorageConstraints(text: string): { name?: string; size: string; pools: string[] }[] {
  const parts = text.match(/[^,(]+(\([^)]*\))?/g) ?? [];
  const disks = parts.map((part) => {
    const [, label, size, tags = ""] =
      /^\s*(?:([^:]+):)?(\d+(?:\.\d+)?)(?:\(([^)]*)\))?\s*$/.exec(part) ?? [];
    if (size === undefined)
      throw new Error(`"${part.trim()}" is no disk; write label:size(tag,tag), the size in GB`);
    const pools = tags
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean);
    return { ...(label === undefined ? {} : { name: label.trim() }), size: `${size}GB`, pools };
  });
  const [root, ...others] = disks;
  return root === undefined ? [] : [root, ...others.sort((a, b) => b.pools.length - a.pools.length)];
}
