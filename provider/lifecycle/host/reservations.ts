import { judge, type Books, type Claim, type Judgement, type Rules } from "../../capacity/books";
import type { VmSummary } from "../../driver/contract";
import type { Guests } from "./guests";
import { Turns } from "../../driver/turns";

/** Which VM of the host it is about, where that is there. */
export type Find = (vms: readonly VmSummary[]) => VmSummary | undefined;

/** What the host has, and the VMs that have it. */
export type HostBooks = Books & { readonly vms: readonly VmSummary[] };

/** Taken for a VM while it is made or grown; given back when that has ended, well or not. */
export interface Reservation {
  /** What the VM had on the host before; absent for one that is made. */
  readonly before?: VmSummary;
  /** The member of a cluster that has room for it, where not all have on which it may be. */
  readonly member?: string;
  /** Begins the look that `confirm` will want: the VM counts on the host by now. */
  look(): void;
  /** Looks at the host again, now that the VM is as it is wanted; where somebody else was quicker it is undone, and refused. */
  confirm(id: string, undo: () => Promise<void>): Promise<void>;
  release(): void;
}

export class Refused extends Error {
  constructor(readonly judgement: Judgement) {
    super("it does not fit");
  }
}

/** Room on a host that VMs of this process have while they are made. */
export class Reservations {
  private readonly making = new Map<string, Claim>();
  private readonly turns = new Turns(1);

  constructor(
    private readonly guests: Guests,
    private readonly books: () => Promise<HostBooks>,
  ) {}

  /** Takes the room for a VM, or refuses; a refusal is never by what was read a while ago. */
  take(wanted: Claim, rules: Rules, find: Find, called?: string): Promise<Reservation> {
    return this.turns.run(async () => {
      for (
        let books = await this.books(), again = false;
        ;
        books = { ...books, vms: await this.guests.fresh() }, again = true
      ) {
        const before = find(books.vms);
        const claim = before === undefined ? wanted : { ...wanted, id: before.id };
        // What a run that was killed has left of this very VM is not counted beside it.
        const vms = books.vms.filter((vm) => vm === before || vm.owner !== wanted.owner);
        const judgement = judge({ ...books, vms }, rules, claim, before, [...this.making.values()]);
        if (judgement.fits) {
          const { member } = judgement;
          const placed = member === undefined ? claim : { ...claim, target: member };
          this.making.set(wanted.owner, placed);
          if (before === undefined && called !== undefined) this.guests.expect(called, placed);
          return {
            ...this.reservation(placed, rules, before, called),
            ...(member === undefined ? {} : { member }),
          };
        }
        if (again) throw new Refused(judgement);
      }
    });
  }

  private reservation(claim: Claim, rules: Rules, before?: VmSummary, called?: string): Reservation {
    let begun: Promise<readonly VmSummary[]> | undefined;
    return {
      ...(before === undefined ? {} : { before }),
      look: () => {
        begun ??= this.guests.fresh();
        begun.catch(() => undefined);
      },
      confirm: async (id, undo) => {
        const first = await (begun ?? this.guests.fresh());
        if ((await this.judgeMade(id, claim, rules, before, first)).fits) return;
        // One after the other, so that of several VMs of this process those that do fit stay.
        await this.turns.run(async () => {
          const judgement = await this.judgeMade(id, claim, rules, before, await this.guests.fresh());
          if (judgement.fits) return;
          await undo();
          throw new Refused(judgement);
        });
      },
      release: () => {
        this.making.delete(claim.owner);
        if (called !== undefined) this.guests.expectNoMore(called);
      },
    };
  }

  /** Everything that is on the host counts, nothing that is not; the VM itself as what it was before. */
  private async judgeMade(
    id: string,
    claim: Claim,
    rules: Rules,
    before: VmSummary | undefined,
    seen: readonly VmSummary[],
  ): Promise<Judgement> {
    const vms = seen.filter((vm) => vm.id !== id);
    const target = seen.find((vm) => vm.id === id)?.member ?? claim.target;
    const mine = before === undefined ? undefined : { ...before, id };
    const books = { ...(await this.books()), vms: mine === undefined ? vms : [...vms, mine] };
    return judge(books, rules, target === undefined ? claim : { ...claim, target }, mine);
  }
}
