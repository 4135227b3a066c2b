/** Wrote on the host: which program's resource the object belongs to. */
export interface Ownership {
  readonly owner: string;
  /**
   * For a change: whose it may have been until now. What another resource has adopted since throws `invalid-state`, and is left as it
   * is. Absent: whoever's.
   */
  readonly from?: readonly string[];
  /** Is told what the host says of how far it is, where making something takes long. */
  readonly tell?: (words: string) => void;
}

/** Something that exists on the host, with what the table's fields say about it. */
export interface Observed<S> {
  readonly id: string;
  readonly name: string;
  /** Absent for objects that no program of ours made. */
  readonly owner?: string;
  /** The object's persistent configuration in the table's terms; a field is absent where the host does not tell. */
  readonly spec: Partial<S>;
}

export type Named<S extends { name: string | undefined }> = Omit<S, "name"> & { readonly name: string };
