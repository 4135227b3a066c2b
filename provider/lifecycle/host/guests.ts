import type { Claim } from "../../capacity/books";
import type { HostDriver, VmSummary } from "../../driver/contract";

/** How many looks at a host may be under way at the same time. */
const LOOKS = 3;

interface Change {
  readonly id: string;
  readonly vm: VmSummary | undefined;
}

/**
 * The VMs of a host, whoever made them. After a VM is made the list is read again, which is one question where only this
 * process is at work: VMs of others are looked at anew every time, its own are known.
 */
export class Guests {
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

  constructor(private readonly driver: HostDriver) {}

  /** As they were when somebody looked last, with what this process has done since; none before the first look. */
  get known(): readonly VmSummary[] {
    return this.vms ?? [];
  }

  /** Looks where nobody has looked yet. */
  async read(): Promise<void> {
    if (this.vms === undefined) await this.fresh();
  }

  /** A VM is about to be made under this name. */
  expect(name: string, claim: Claim): void {
    this.coming.set(name, summaryOf("", name, claim));
  }

  /** It is made, or will not be. */
  expectNoMore(name: string): void {
    this.coming.delete(name);
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

  /**
   * A look at the host that begins after this call. A list waits for each VM that is being started, so several may be under way;
   * those who ask for one more share the next.
   */
  fresh(): Promise<readonly VmSummary[]> {
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
  const { owner, stopped, pinnedCores, hugepages, tags, target } = claim;
  const member = target === undefined || target.startsWith("@") ? before?.member : target;
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
    ...(member === undefined ? {} : { member }),
  };
}
