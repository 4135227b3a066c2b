/** What belongs to one resource alone, of the program that this process serves: a name on a host, a UUID. */
export class Owners {
  private readonly owners = new Map<string, string>();

  /** Who else has it; where nobody has, it is the owner's from now on, and the one it had before is free. */
  take(place: string, owner: string): string | undefined {
    const other = this.owners.get(place);
    if (other !== undefined && other !== owner) return other;
    for (const [before, whose] of this.owners) if (whose === owner) this.owners.delete(before);
    this.owners.set(place, owner);
    return undefined;
  }
}
