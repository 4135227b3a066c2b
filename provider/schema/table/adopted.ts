interface Adopting {
  readonly adopt?: unknown;
}

/** Whether the program takes over an object that exists already. */
export function isAdopted({ adopt }: Adopting): boolean {
  return adopt !== undefined && adopt !== false;
}

/** By which name (or id) it finds that object: its own name, or the one that `adopt` says; nothing where it makes a new one. */
export function adoptedAs<N extends string | undefined>(
  { adopt }: { readonly adopt?: boolean | string | undefined },
  name: N,
): N | string | undefined {
  return adopt === true ? name : adopt === false ? undefined : adopt;
}
