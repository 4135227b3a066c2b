import type { NamedVmSpec } from "../../driver/contract";
import {
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_METADATA_DESCRIPTION,
  VIR_DOMAIN_METADATA_TITLE,
} from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";
import { readDomain } from "../xml/domain/read";
import { find, textOf, type XmlElement } from "../xml/tree";
import { syncDevices } from "./devices";
import type { DomainView } from "./observe";
import { tolerate } from "./tolerate";
import { syncTuning } from "./tuning";

type Sizes = Partial<Pick<NamedVmSpec, "cores" | "memory" | "memoryHotplug">>;

/**
 * Brings a running guest to its new definition as far as the hypervisor can: devices, cores, memory, texts. What it
 * cannot do, or what the guest does not go along with, is left to the next start and shows as a difference between the
 * two. What could not be started either (a network that is not there, say) is an error.
 */
export async function syncLive(
  session: LibvirtSession,
  view: DomainView,
  live: XmlElement,
  wanted: XmlElement,
  spec: Sizes,
): Promise<void> {
  await syncTexts(session, view, live, wanted);
  // Threads for I/O must be there before disks that use them.
  await syncTuning(session, view.dom, live, wanted);
  await syncDevices(session, view, live, wanted);
  await syncSizes(session, view, live, spec);
  await syncReports(session, view, live, wanted);
}

/** Redefining changes the definition alone, and `virsh desc` shows the running guest's. */
async function syncTexts(
  session: LibvirtSession,
  { dom }: DomainView,
  live: XmlElement,
  wanted: XmlElement,
): Promise<void> {
  const texts = [
    [VIR_DOMAIN_METADATA_TITLE, "title"],
    [VIR_DOMAIN_METADATA_DESCRIPTION, "description"],
  ] as const;
  for (const [type, name] of texts) {
    const text = textOf(find(wanted, name));
    if (text === textOf(find(live, name))) continue;
    const args = { dom, type, metadata: text ?? null, key: null, uri: null, flags: VIR_DOMAIN_AFFECT_LIVE };
    await tolerate(wanted, session.call("domain_set_metadata", args));
  }
}

async function syncSizes(
  session: LibvirtSession,
  { dom, configured }: DomainView,
  live: XmlElement,
  { cores, memory, memoryHotplug }: Sizes,
): Promise<void> {
  const now = readDomain(live);
  const flags = VIR_DOMAIN_AFFECT_LIVE;
  if (cores !== undefined && cores !== now.cores && cores <= (now.maxCores ?? now.cores ?? 0))
    await tolerate(configured, session.call("domain_set_vcpus_flags", { dom, nvcpus: cores, flags }));
  // Modules have been plugged by now.
  const balloon = memoryHotplug === undefined && memory !== undefined;
  if (balloon && memory !== now.memory && memory <= (now.maxMemory ?? now.memory ?? 0)) {
    const args = { dom, memory: BigInt(memory * 1024), flags };
    await tolerate(configured, session.call("domain_set_memory_flags", args));
  }
}

/** How often the guest reports on its memory; never is zero. */
async function syncReports(
  session: LibvirtSession,
  { dom }: DomainView,
  live: XmlElement,
  wanted: XmlElement,
): Promise<void> {
  const [before, period] = [live, wanted].map((domain) => readDomain(domain).balloon?.statsPeriod ?? 0);
  if (period === undefined || before === period) return;
  const args = { dom, period, flags: VIR_DOMAIN_AFFECT_LIVE };
  await tolerate(wanted, session.call("domain_set_memory_stats_period", args));
}
