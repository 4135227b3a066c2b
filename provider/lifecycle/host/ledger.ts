import type { KnownNetwork } from "../../capacity/network";
import { judge, overload, type Books, type Claim, type Judgement, type Rules } from "../../capacity/books";
import { beyondHost, type Resource } from "../../capacity/admission";
import type { HostDriver, HostFacts, VmSummary } from "../../driver/contract";
import { PoolBooks } from "./poolBooks";
import { Turns } from "./turns";
import { networkFacts, type NetworkFacts } from "../vm/plan/surroundings";

/** Taken for a VM while it is made or grown; given back when that has ended, well or not. */
export interface Reservation {
  /** What the VM had on the host before; absent for one that is made. */
  readonly before?: VmSummary;
  /** Begins the look that `confirm` will want: the VM counts on the host by now. */
  look(): void;
  /** Looks at the host again, now that the VM is as it is wanted; where somebody else was quicker it is undone, and refused. */
  confirm(id: string, undo: () => Promise<void>): Promise<void>;
  release(): void;
}

interface Standing {
  readonly books: Books & { readonly vms: readonly VmSummary[] };
  readonly nodes: HostFacts["nodes"];
  readonly claims: readonly Claim[];
  readonly mine?: VmSummary;
}

interface Change {
  readonly id: string;
  readonly vm: VmSummary | undefined;
}

/** Looks at a host at the same time. */
const LOOKS = 3;

export class Refused extends Error {
  constructor(readonly judgement: Judgement) {
    super("it does not fit");
  }
}

/**
 * What this process knows of how full a host is. It is read when the first VM asks and kept by arithmetic from then on.
 * After a VM is made the list of VMs is read again, which is one question where only this process is at work: VMs of
 * others are looked at anew every time, its own are known.
 */
export class Ledger {
  private facts?: Promise<HostFacts>;
  private around?: Promise<NetworkFacts>;
  readonly storage: PoolBooks;
  /** Networks that the program makes on this host. */
  readonly plannedNetworks = new Map<string, KnownNetwork>();
  /** By device of the host: interfaces of the program's VMs on it, and whether each wants it alone. */
  readonly parents = new Map<string, Map<string, boolean>>();
  /** By PCI address: the program's interfaces that have SR-IOV functions of the host. */
  readonly functions = new Map<string, string>();
  private told?: HostFacts;
  private lastKnown?: Pick<HostFacts, "total">;
  private vms?: readonly VmSummary[];
  private readonly readings: Promise<readonly VmSummary[]>[] = [];
  /** How many looks have begun, and which of those that have ended began last. */
  private looks = 0;
  private latest = 0;
  private following?: Promise<readonly VmSummary[]>;
  private readonly own = new Map<string, VmSummary>();
  /** By the names that VMs of this process are about to have: nothing of them need be read while they are made. */
  private readonly coming = new Map<string, VmSummary>();
  private readonly changes: Change[] = [];
  private readonly planned = new Map<string, Claim>();
  private readonly making = new Map<string, Claim>();
  private readonly turns = new Turns(1);
  /** Why the host could not be asked, so that one dead host costs one wait and one warning. */
  silent?: string;

  constructor(private readonly driver: HostDriver) {
    this.storage = new PoolBooks(driver);
  }

  /** How large the host was when it was asked last: all there is of one that does not answer. */
  remember(facts: Pick<HostFacts, "total">): void {
    this.lastKnown = facts;
  }

  /** What a VM can be attached to; asked when the first one names nothing. */
  network(): Promise<NetworkFacts> {
    this.around ??= networkFacts(this.driver).catch((error: unknown) => {
      this.around = undefined;
      throw error;
    });
    return this.around;
  }

  async ready(): Promise<void> {
    await this.books();
  }

  /** What is known once it is `ready`, for a choice that nothing may come between. */
  standing(find: (vms: readonly VmSummary[]) => VmSummary | undefined): Standing {
    const vms = this.vms ?? [];
    const mine = find(vms);
    const { total = { cores: 0, memoryMiB: 0 }, hugepages, nodes = [] } = this.told ?? {};
    return {
      nodes,
      books: { total, vms, ...(hugepages === undefined ? {} : { hugepages }) },
      claims: [...this.planned.values()],
      ...(mine === undefined ? {} : { mine }),
    };
  }

  /** The VMs of the host, once it is `ready`. */
  get guests(): readonly VmSummary[] {
    return this.vms ?? [];
  }

  /** Whether the program has said what it wants of this VM. */
  plans(owner: string): boolean {
    return this.planned.has(owner);
  }

  claim(claim: Claim): void {
    this.planned.set(claim.owner, claim);
  }

  /** For a preview: whether the VM fits beside all that the host has and the program has planned so far. */
  async plan(
    wanted: Claim,
    rules: Rules,
    find: (vms: readonly VmSummary[]) => VmSummary | undefined,
  ): Promise<Judgement> {
    const books = await this.books();
    const mine = find(books.vms);
    const claim = mine === undefined ? wanted : { ...wanted, id: mine.id };
    const judgement = judge(books, rules, claim, mine, [...this.planned.values()]);
    if (judgement.fits) this.planned.set(wanted.owner, claim);
    return judgement;
  }

  /** The same for a host that does not answer: the program's own VMs against the size it had; undefined without one. */
  guess(wanted: Claim, rules: Rules): Judgement | undefined {
    if (this.lastKnown === undefined) return undefined;
    const { total } = this.lastKnown;
    const judgement = judge({ total, vms: [] }, rules, wanted, undefined, [...this.planned.values()]);
    this.planned.set(wanted.owner, wanted);
    return judgement;
  }

  /** Takes the room for a VM, or refuses; a refusal is never by what was read a while ago. */
  async reserve(
    wanted: Claim,
    rules: Rules,
    find: (vms: readonly VmSummary[]) => VmSummary | undefined,
    called?: string,
  ): Promise<Reservation> {
    return this.turns.run(async () => {
      for (
        let books = await this.books(), again = false;
        ;
        books = { ...books, vms: await this.fresh() }, again = true
      ) {
        const before = find(books.vms);
        const claim = before === undefined ? wanted : { ...wanted, id: before.id };
        // What a run that was killed has left of this very VM is not counted beside it.
        const vms = books.vms.filter((vm) => vm === before || vm.owner !== wanted.owner);
        const judgement = judge({ ...books, vms }, rules, claim, before, [...this.making.values()]);
        if (judgement.fits) {
          this.making.set(wanted.owner, claim);
          if (before === undefined && called !== undefined)
            this.coming.set(called, summaryOf("", called, claim));
          return this.reservation(claim, rules, before, called);
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
        begun ??= this.fresh();
        begun.catch(() => undefined);
      },
      confirm: async (id, undo) => {
        const first = await (begun ?? this.fresh());
        if ((await this.judgeMade(id, claim, rules, before, first)).fits) return;
        // One after the other, so that of several VMs of this process those that do fit stay.
        await this.turns.run(async () => {
          const judgement = await this.judgeMade(id, claim, rules, before, await this.fresh());
          if (judgement.fits) return;
          await undo();
          throw new Refused(judgement);
        });
      },
      release: () => {
        this.making.delete(claim.owner);
        if (called !== undefined) this.coming.delete(called);
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
    const mine = before === undefined ? undefined : { ...before, id };
    return judge(
      { ...(await this.books()), vms: mine === undefined ? vms : [...vms, mine] },
      rules,
      claim,
      mine,
    );
  }

  /** A VM is as this process has made it. */
  made(id: string, name: string, claim: Claim, before?: VmSummary): void {
    const vm = summaryOf(id, name, claim, before);
    this.own.set(id, vm);
    this.change(id, vm);
  }

  gone(id: string): void {
    this.own.delete(id);
    this.change(id, undefined);
  }

  private change(id: string, vm: VmSummary | undefined): void {
    this.changes.push({ id, vm });
    this.vms = this.vms && changed(this.vms, [{ id, vm }]);
  }

  async overload(rules: Rules): Promise<string | undefined> {
    return overload(await this.books(), rules);
  }

  async beyond(wanted: Claim): Promise<readonly Resource[]> {
    const { total } = await this.books();
    const whole = { ratio: 1 };
    return beyondHost(
      { cores: { ...whole, total: total.cores }, memoryMiB: { ...whole, total: total.memoryMiB } },
      { cores: wanted.cores ?? 0, memoryMiB: wanted.memoryMiB ?? 0 },
    );
  }

  /** Who the host is and what it has; asked once. */
  about(): Promise<HostFacts> {
    this.facts ??= this.driver.facts().catch((error: unknown) => {
      this.facts = undefined;
      throw error;
    });
    return this.facts;
  }

  private async books(): Promise<Books & { readonly vms: readonly VmSummary[] }> {
    const [told, vms] = await Promise.all([this.about(), this.vms ?? this.fresh()]);
    this.told = told;
    const { total, hugepages } = told;
    return { total, ...(hugepages === undefined ? {} : { hugepages }), vms: this.vms ?? vms };
  }

  /**
   * A look at the host that begins after this call. A list waits for each VM that is being started, so several may be under way;
   * those who ask for one more share the next.
   */
  private fresh(): Promise<readonly VmSummary[]> {
    if (this.readings.length < LOOKS) return this.look();
    this.following ??= Promise.race(this.readings)
      .catch(() => undefined)
      .then(() => {
        this.following = undefined;
        return this.look();
      });
    return this.following;
  }

  private look(): Promise<readonly VmSummary[]> {
    const start = this.changes.length;
    const number = ++this.looks;
    const reading = this.driver.vms.list(new Map([...this.own, ...this.coming])).then((list) => {
      // What this process did while the host was read may or may not be in the answer.
      const vms = changed(list, this.changes.slice(start));
      if (number > this.latest) [this.latest, this.vms] = [number, vms];
      return vms;
    });
    this.readings.push(reading);
    const over = (): void => void this.readings.splice(this.readings.indexOf(reading), 1);
    reading.then(over, over);
    return reading;
  }
}

function changed(vms: readonly VmSummary[], changes: readonly Change[]): readonly VmSummary[] {
  return changes.reduce<readonly VmSummary[]>(
    (all, { id, vm }) => [...all.filter((each) => each.id !== id), ...(vm === undefined ? [] : [vm])],
    vms,
  );
}

/** A VM as it is when all that was wanted of it is done. */
function summaryOf(id: string, name: string, claim: Claim, before?: VmSummary): VmSummary {
  const { owner, stopped, pinnedCores, hugepages, tags } = claim;
  const on = stopped === undefined ? before?.state !== "stopped" : !stopped;
  return {
    id,
    name,
    owner,
    state: on ? "running" : "stopped",
    cores: claim.cores ?? before?.cores ?? 0,
    memoryMiB: claim.memoryMiB ?? before?.memoryMiB ?? 0,
    ...(pinnedCores === undefined ? {} : { pinnedCores, cpus: pinnedCores }),
    ...(hugepages === undefined ? {} : { hugepages }),
    ...(tags === undefined ? {} : { tags }),
  };
}
