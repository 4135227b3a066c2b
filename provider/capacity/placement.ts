import { judge, type Books, type Claim, type HostVm, type Judgement, type Rules } from "./books";

/** A host on which a VM may be placed. */
export interface Candidate {
  readonly label: string;
  readonly zone?: string;
  readonly rules: Rules;
  readonly books: Books;
  /** What the program plans there already. */
  readonly claims: readonly Claim[];
  /** The VM itself, where it is there. */
  readonly mine?: HostVm;
}

export interface Wish {
  readonly claim: Claim;
  /** VMs with this tag are kept apart as far as hosts, and then zones, allow. */
  readonly spread?: string;
  /** The fullest host that still has room, instead of the emptiest. */
  readonly pack?: boolean;
}

export interface Placed {
  readonly index: number;
  readonly reason: string;
}

interface Ranked extends Placed {
  readonly judgement: Judgement;
  readonly onHost: number;
  readonly inZone: number;
  readonly room: number;
}

/**
 * The host for a VM among those where it fits: with `spread`, where the fewest of its like are, by host and then by zone;
 * then the one with the most room left (or, packing, the least); then the first. The same question has the same answer.
 */
export function choose(candidates: readonly Candidate[], wish: Wish): Placed | undefined {
  const like = candidates.map((candidate) => likeOn(candidate, wish));
  const ranked = candidates.map((candidate, index): Ranked => {
    const judgement = judge(candidate.books, candidate.rules, wish.claim, candidate.mine, candidate.claims);
    const inZone = candidates.reduce(
      (sum, { zone }, other) => sum + (zone === candidate.zone ? (like[other] ?? 0) : 0),
      0,
    );
    return { index, judgement, onHost: like[index] ?? 0, inZone, room: roomAfter(judgement), reason: "" };
  });
  const [best] = ranked
    .filter(({ judgement }) => judgement.fits)
    .sort(
      (a, b) =>
        a.onHost - b.onHost ||
        (candidates[a.index]?.zone === undefined ? 0 : a.inZone - b.inZone) ||
        (wish.pack === true ? a.room - b.room : b.room - a.room) ||
        a.index - b.index,
    );
  return best && { index: best.index, reason: reasonOf(best, ranked, candidates, wish) };
}

/** How many VMs with the tag are, or will be, on the host; the VM itself is none of them. */
function likeOn({ books, claims, mine }: Candidate, { claim, spread }: Wish): number {
  if (spread === undefined) return 0;
  const there = books.vms.filter(
    (vm) => vm !== mine && vm.owner !== claim.owner && vm.tags?.includes(spread),
  );
  const owners = new Set(there.map(({ owner }) => owner));
  const coming = claims.filter(
    ({ owner, tags }) => owner !== claim.owner && tags?.includes(spread) && !owners.has(owner),
  );
  return there.length + coming.length;
}

/** The smaller share of cores and memory that is left with the VM there. */
function roomAfter({ verdicts }: Judgement): number {
  return Math.min(
    ...verdicts.map(({ left, requested, limit }) => (limit <= 0 ? -1 : (left - requested) / limit)),
  );
}

function reasonOf(
  best: Ranked,
  ranked: readonly Ranked[],
  candidates: readonly Candidate[],
  { spread, pack }: Wish,
): string {
  const labels = (some: readonly Ranked[]): string =>
    some.map(({ index }) => candidates[index]?.label ?? "").join(", ");
  const full = ranked.filter(({ judgement }) => !judgement.fits);
  const fitting = ranked.length - full.length;
  const [cores, memory] = best.judgement.verdicts;
  const room = `${Math.max(0, (cores?.left ?? 0) - (cores?.requested ?? 0))} cores and ${Math.max(0, (memory?.left ?? 0) - (memory?.requested ?? 0))} MiB left with it`;
  const why = [
    fitting === 1 ? "the only one with room" : undefined,
    fitting > 1 && spread !== undefined ? `${best.onHost} of "${spread}" there` : undefined,
    fitting > 1 ? `${pack === true ? "least" : "most"} room` : undefined,
    room,
    full.length > 0 ? `no room on ${labels(full)}` : undefined,
  ];
  return why.filter((part) => part !== undefined).join("; ");
}
