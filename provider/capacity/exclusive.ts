/** What a VM has for itself while it is on, by key: `port 5901`, `pci 0000:06:12.5`, `usb 1.4`. */
export interface Holding {
  /** Its name, for people. */
  readonly vm: string;
  /** It is started, if only to prove that it can be. */
  readonly starts: boolean;
  /** It is on afterwards. */
  readonly stays: boolean;
  /** Each with whether it is new to the VM. */
  readonly has: ReadonlyMap<string, boolean>;
}

/** Whether the two cannot have this beside each other; of two that had it before, that is old news. */
export function clash(mine: Holding, theirs: Holding, key: string): boolean {
  if (!theirs.has.has(key)) return false;
  const fresh = mine.has.get(key) === true || theirs.has.get(key) === true;
  return fresh && ((mine.starts && theirs.stays) || (mine.stays && theirs.starts));
}
