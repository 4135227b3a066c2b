import { beyondHost, type Resource } from "../../capacity/admission";
import { judge, overload, type Claim, type Judgement, type Rules } from "../../capacity/books";
import type { Holding } from "../../capacity/exclusive";
import { newPages, type FreePages } from "../../capacity/hugepages";
import { largestMachine } from "../../capacity/members";
import type { KnownNetwork } from "../../capacity/network";
import type { HostDriver, HostFacts, HostInterface, NetworkSummary, VmSummary } from "../../driver/contract";
import { hasCode } from "../../driver/errors";
import { DeviceBooks } from "./deviceBooks";
import { Guests } from "./guests";
import { PoolBooks } from "./poolBooks";
import { Reservations, type Find, type HostBooks } from "./reservations";

interface Standing {
  readonly books: HostBooks;
  readonly nodes: HostFacts["nodes"];
  readonly claims: readonly Claim[];
  readonly mine?: VmSummary;
}

export interface NetworkFacts {
  readonly networks: readonly NetworkSummary[];
  readonly interfaces: readonly HostInterface[];
}

/**
 * What this process knows of how full a host is. It is read when the first VM asks and kept by arithmetic from then on; what a
 * preview plans on the host stands in it too.
 */
export class Ledger {
  readonly guests: Guests;
  readonly room: Reservations;
  readonly storage: PoolBooks;
  /** Networks that the program makes on this host. */
  readonly plannedNetworks = new Map<string, KnownNetwork>();
  /** By device of the host: interfaces of the program's VMs on it, and whether each wants it alone. */
  readonly parents = new Map<string, Map<string, boolean>>();
  /** By PCI address: the program's interfaces that have SR-IOV functions of the host. */
  readonly functions = new Map<string, string>();
  /** By owner: networks of SR-IOV functions that interfaces of the program's VMs are on, each as often as it is named. */
  readonly onFunctions = new Map<string, readonly string[]>();
  /** By owner: what the program's VMs have of the host for themselves while they are on. */
  readonly exclusive = new Map<string, Holding>();
  readonly devices: DeviceBooks;
  /** Why the host could not be asked, so that one dead host costs one wait and one warning. */
  silent?: string;
  private readonly planned = new Map<string, Claim>();
  private facts?: Promise<HostFacts>;
  private pages?: Promise<FreePages | undefined>;
  private around?: Promise<NetworkFacts>;
  private told?: HostFacts;
  private lastKnown?: Pick<HostFacts, "total">;

  constructor(private readonly driver: HostDriver) {
    this.guests = new Guests(driver);
    this.room = new Reservations(this.guests, () => this.books());
    this.storage = new PoolBooks(driver);
    this.devices = new DeviceBooks(driver);
  }

  /** How large the host was when it was asked last: all there is of one that does not answer. */
  remember(facts: Pick<HostFacts, "total">): void {
    this.lastKnown = facts;
  }

  /** What a VM can be attached to; asked once, and again where something is missing (`anew`). */
  network({ anew = false } = {}): Promise<NetworkFacts> {
    if (anew) this.around = undefined;
    this.around ??= Promise.all([this.driver.networks.list(), this.driver.interfaces()])
      .then(([networks, interfaces]) => ({ networks, interfaces }))
      .catch((error: unknown) => {
        this.around = undefined;
        throw error;
      });
    return this.around;
  }

  async ready(): Promise<void> {
    await this.books();
  }

  /** What is known once it is `ready`, for a choice that nothing may come between. */
  standing(find: Find): Standing {
    const vms = this.guests.known;
    const mine = find(vms);
    return {
      nodes: this.told?.nodes ?? [],
      books: { ...sizesIn(this.told), vms },
      claims: [...this.planned.values()],
      ...(mine === undefined ? {} : { mine }),
    };
  }

  /** Whether the program has said what it wants of this VM. */
  plans(owner: string): boolean {
    return this.planned.has(owner);
  }

  claim(claim: Claim): void {
    this.planned.set(claim.owner, claim);
  }

  /** For a preview: whether the VM fits beside all that the host has and the program has planned so far. */
  async plan(wanted: Claim, rules: Rules, find: Find): Promise<Judgement> {
    let books = await this.books();
    const paged = this.driver.freePages !== undefined && newPages(wanted, find(books.vms)) > 0;
    for (let anew = false; ; anew = true) {
      if (paged) books = { ...books, free: await this.freePages(books, anew), vms: this.guests.known };
      const mine = find(books.vms);
      const claim = mine === undefined ? wanted : { ...wanted, id: mine.id };
      const judgement = judge(books, rules, claim, mine, [...this.planned.values()]);
      if (judgement.fits) this.planned.set(wanted.owner, claim);
      // What was free a while ago refuses nobody.
      if (judgement.fits || anew || !paged) return judgement;
    }
  }

  /** Asked when the first VM wants huge pages: they first, so that a guest which has some is seen to be on. */
  private freePages({ hugepages = [] }: HostBooks, anew: boolean): Promise<FreePages | undefined> {
    if (anew) this.pages = undefined;
    this.pages ??= (this.driver.freePages?.(hugepages.map(({ pageKiB }) => pageKiB)) ?? Promise.resolve([]))
      .then(async (pages) => ({ pages, vms: await this.guests.fresh() }))
      .catch((error: unknown) => {
        // An old libvirt, or one for tests, has no such question.
        if (hasCode(error, "unsupported", "failed", "invalid-argument")) return undefined;
        this.pages = undefined;
        throw error;
      });
    return this.pages;
  }

  /** The same for a host that does not answer: the program's own VMs against the size it had; undefined without one. */
  guess(wanted: Claim, rules: Rules): Judgement | undefined {
    if (this.lastKnown === undefined) return undefined;
    const { total } = this.lastKnown;
    const judgement = judge({ total, vms: [] }, rules, wanted, undefined, [...this.planned.values()]);
    this.planned.set(wanted.owner, wanted);
    return judgement;
  }

  async overload(rules: Rules): Promise<string | undefined> {
    return overload(await this.books(), rules);
  }

  async beyond(wanted: Claim): Promise<readonly Resource[]> {
    const total = largestMachine(await this.books());
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

  private async books(): Promise<HostBooks> {
    const [told] = await Promise.all([this.about(), this.guests.read()]);
    this.told = told;
    return { ...sizesIn(told), vms: this.guests.known };
  }
}

function sizesIn(told?: HostFacts): Omit<HostBooks, "vms"> {
  const { total = { cores: 0, memoryMiB: 0 }, hugepages, members } = told ?? {};
  return {
    total,
    ...(hugepages === undefined ? {} : { hugepages }),
    ...(members === undefined ? {} : { members }),
  };
}
