import { createHash } from "node:crypto";
import type { HostKind } from "../../schema/table/field";
import { logicalName } from "../../schema/table/owner";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * The name of a resource that the program has not named: its logical name and a short suffix. The suffix comes from
 * the owner (project, stack, kind, logical name) instead of chance, so that a run after a killed one finds its own
 * objects again by name, and two stacks never meet.
 */
export function autoName(owner: string, kind: HostKind = "libvirt", longest = 58): string {
  const suffix = digest(owner).toString("hex").slice(0, 7);
  const logical = logicalName(owner);
  if (kind === "libvirt") return `${logical.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 200)}-${suffix}`;
  // LXD's names are host names.
  const label = logical
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, longest - 8);
  return `${label === "" ? "vm" : label}-${suffix}`;
}

/** A MAC in QEMU's range that stays the same for this interface of this VM, also when the VM is made anew. */
export function autoMac(owner: string, interfaceName: string): string {
  const [a = 0, b = 0, c = 0] = digest(`${owner}\n${interfaceName}`);
  return ["52", "54", "00", ...[a, b, c].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
}

/** The first device target of a bus that is free: vda, vdb, …, vdz, vdaa. */
export function freeTarget(prefix: string, taken: ReadonlySet<string>): string {
  for (let index = 0; ; index++) {
    const target = prefix + letters(index);
    if (!taken.has(target)) return target;
  }
}

function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
