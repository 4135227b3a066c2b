/** Which program's resource an object belongs to, as it is written on the host. */
export interface Ownership {
  readonly owner: string;
  /**
   * For a change: the owners that the object may have had until now. One of any other owner, which has adopted it since, is left as it
   * is, and `invalid-state` is thrown. Absent: any owner will do.
   */
  readonly from?: readonly string[];
  /** Called with the host's own words for how far it is, while something is made that takes long. */
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
