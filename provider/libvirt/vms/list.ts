import type { PowerState, VmAttachment, VmSummary } from "../../driver/contract";
import { cpusOf, numbersIn, pinnedCoresOf } from "../../schema/vm/cpuset";
import type { VmSpec } from "../../schema/vm";
import type { InterfaceSpec } from "../../schema/vm/interface";
import { orAbsent } from "../common";
import { VIR_DOMAIN_XML_INACTIVE } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { nameOf } from "../xml/domain";
import { readDomain } from "../xml/domain/read";
import { readMark } from "../xml/metadata";
import { fixedPorts } from "../xml/model/graphics";
import { attribute, childrenOf, find, readXml, type XmlElement } from "../xml/tree";
import { powerState } from "./observe";

/** What was read of a session's domains, so that a definition which has not changed is not taken apart again. */
const readBefore = new WeakMap<
  LibvirtSession,
  Map<string, { readonly xml: string; readonly vm: VmSummary }>
>();

export async function listDomains(
  session: LibvirtSession,
  known: ReadonlyMap<string, VmSummary> = new Map(),
): Promise<readonly VmSummary[]> {
  const before = readBefore.get(session) ?? new Map();
  const { domains } = await session.call("connect_list_all_domains", { need_results: 1, flags: 0 });
  const seen = new Map<string, { xml: string; vm: VmSummary }>();
  const views = await Promise.all(
    domains.map(async (dom): Promise<VmSummary | undefined> => {
      // The list tells by the number whether there is a guest; one that is off needs no further question.
      const off = dom.id < 0;
      const trusted = known.get(dom.uuid) ?? known.get(dom.name);
      if (trusted !== undefined) return { ...trusted, id: dom.uuid, state: off ? "stopped" : "running" };
      const answers = await orAbsent(
        Promise.all([
          session.call("domain_get_xml_desc", { dom, flags: VIR_DOMAIN_XML_INACTIVE }),
          off ? undefined : session.call("domain_get_state", { dom, flags: 0 }),
        ]),
      );
      if (answers === undefined) return undefined;
      const [{ xml }, power] = answers;
      const state = power === undefined ? "stopped" : powerState(power.state);
      const same = before.get(dom.uuid);
      const vm = same?.xml === xml ? { ...same.vm, state } : summary(dom, readXml(xml), state);
      seen.set(dom.uuid, { xml, vm });
      return vm;
    }),
  );
  readBefore.set(session, seen);
  return views.filter((view) => view !== undefined);
}

/** What counts for admission is what the VM may grow to: its maximum is promised to it. */
function summary(dom: Dom, domain: XmlElement, state: PowerState): VmSummary {
  const spec = readDomain(domain);
  const mark = readMark(domain);
  const cores = spec.maxCores ?? spec.cores ?? 0;
  const pin = pinOf(domain, spec.cpu?.pin, cores);
  const pinnedCores = pinnedCoresOf(pin, cores);
  return {
    id: dom.uuid,
    name: nameOf(domain),
    state,
    cores,
    memoryMiB: spec.maxMemory ?? spec.memory ?? 0,
    owner: mark?.owner,
    ...(mark?.tags === undefined || mark.tags.length === 0 ? {} : { tags: mark.tags }),
    ...(pinnedCores === undefined ? {} : { pinnedCores }),
    ...placeOf(spec, cpusOf(pin, cores)),
    ...(spec.hugepages === undefined ? {} : { hugepages: spec.hugepages }),
    attachments: (spec.interfaces ?? []).map(attachmentOf),
    ...devicesOf(spec),
    ...screenPortsOf(domain),
  };
}

/** CPUs of the host by core; a core without any of its own has those of `<vcpu cpuset>`. */
function pinOf(
  domain: XmlElement,
  pin: Readonly<Record<string, string>> = {},
  cores: number,
): Readonly<Record<string, string>> {
  const all = attribute(find(domain, "vcpu"), "cpuset");
  if (all === undefined) return pin;
  return { ...Object.fromEntries(Array.from({ length: cores }, (_, core) => [String(core), all])), ...pin };
}

/** Which of the host's CPUs and nodes it can have. */
function placeOf({ numa }: Partial<VmSpec>, cpus: readonly number[] | undefined): Partial<VmSummary> {
  const strict = numa?.mode === undefined || numa.mode === "strict" || numa.mode === "restrictive";
  const memoryNodes = strict ? numbersIn(numa?.nodes ?? "") : undefined;
  return { ...(cpus === undefined ? {} : { cpus }), ...(memoryNodes === undefined ? {} : { memoryNodes }) };
}

function devicesOf({ hostDevices = [] }: Partial<VmSpec>): Partial<VmSummary> {
  const pciDevices = hostDevices.flatMap(({ pci }) => pci ?? []);
  const usbDevices = hostDevices.flatMap(({ usb }) => usb ?? []);
  return {
    ...(pciDevices.length === 0 ? {} : { pciDevices }),
    ...(usbDevices.length === 0 ? {} : { usbDevices }),
  };
}

/** Of all its screens, whoever has put them there. */
function screenPortsOf(domain: XmlElement): Partial<VmSummary> {
  const screenPorts = childrenOf(find(domain, "devices"), "graphics").flatMap(fixedPorts);
  return screenPorts.length === 0 ? {} : { screenPorts };
}

function attachmentOf(nic: Partial<InterfaceSpec>): VmAttachment {
  const { name, network, bridge, macvlan, macvlanMode, sriov } = nic;
  const device = bridge ?? macvlan ?? sriov;
  return {
    name: name ?? "",
    ...(network === undefined ? {} : { network }),
    ...(device === undefined ? {} : { device }),
    ...(sriov === undefined ? {} : { sriov: true }),
    ...(macvlan === undefined ? {} : { macvlanMode: macvlanMode ?? "vepa" }),
  };
}
