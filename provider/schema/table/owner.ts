/*
 * An owner is the text `project/stack/Kind/logical name` (see the field `owner` in common.ts); a resource inside components has
 * their types in front of its kind, as in its URN.
 */

/** What the program calls the resource. */
export function logicalName(owner: unknown): string {
  return String(owner).split("/").at(-1) ?? "";
}

/** `project/stack`: the same for all resources of one stack. */
export function stackOf(owner: string): string {
  return owner.split("/").slice(0, 2).join("/");
}
