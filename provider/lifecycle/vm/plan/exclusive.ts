import { logicalName } from "../../../schema/table/owner";
import { clash, type Holding } from "../../../capacity/exclusive";
import type { VmSummary } from "../../../driver/contract";
import type { HostConnection } from "../../../schema/address/connection";
import { kindOf } from "../../../schema/address/hostKind";
import { isAdopted } from "../../../schema/table/adopted";
import { sameHost } from "../../../schema/table/common";
import type { Complaint } from "../../../schema/table/gate";
import { hasUnknown } from "../../../schema/table/unknown";
import type { VmSpec } from "../../../schema/vm";
import { exclusivesOf, type Exclusive } from "../../../schema/vm/exclusive";
import { hostLabel } from "../../engine/explain";
import type { Plain } from "../../engine/state";
import { asked, ledgerAt } from "../../host/asked";
import type { Context } from "../../kind/handler";
import { finder } from "./admission";
import { isToRun, isToStart } from "./toStart";

const keyOf = ({ kind, id }: Pick<Exclusive, "kind" | "id">): string => `${kind} ${id}`;

/**
 * Ports of screens and devices that another VM has, one that is on or one of this program; libvirt finds out when the second one starts.
 * A VM that asks for none of them asks the host nothing.
 */
export async function exclusiveComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (hasUnknown([host, news["adopt"]]) || kindOf(host.address) !== "libvirt") return [];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined) return [];
  const owner = String(news["owner"]);
  const wanted = exclusivesOf(news);
  // Of one that is taken over as it is, the host knows what it has.
  if (wanted.length === 0 && isAdopted(news)) return [];
  if (wanted.length === 0) {
    ledger.exclusive.set(owner, { vm: logicalName(owner), starts: false, stays: false, has: new Map() });
    return [];
  }
  const guests =
    (await asked(ledger, host, context, () => ledger.ready().then(() => ledger.guests.known))) ?? [];
  const find = finder(news as Partial<VmSpec>, olds);
  const mine = holdingOf(wanted, news, olds, find(guests));
  ledger.exclusive.set(owner, mine);
  const judge = (vms: readonly VmSummary[]): readonly Complaint[] => {
    const ofHost = vms.filter((vm) => vm !== find(vms) && !isOfProgram(vm, owner, ledger.exclusive));
    const others = [
      ...[...ledger.exclusive].flatMap(([each, theirs]) => (each === owner ? [] : [theirs])),
      ...ofHost.map(heldBy),
    ];
    return wanted.flatMap((each) => {
      const other = others.find((theirs) => clash(mine, theirs, keyOf(each)));
      return other === undefined ? [] : [{ path: each.path, message: words(each, other, mine, host) }];
    });
  };
  // What was read a while ago refuses nobody.
  if (judge(guests).length === 0) return [];
  return judge((await asked(ledger, host, context, () => ledger.guests.fresh())) ?? guests);
}

function holdingOf(wanted: readonly Exclusive[], news: Plain, olds: Plain, there?: VmSummary): Holding {
  const was = sameHost(olds["host"], news["host"]) && isToRun(olds) ? exclusivesOf(olds).map(keyOf) : [];
  // What says nothing of its power is left as it is.
  const off = there?.state === "stopped" && news["running"] === undefined;
  return {
    vm: logicalName(news["owner"]),
    starts: !off && isToStart(news, olds),
    stays: !off && isToRun(news),
    has: new Map(wanted.map((each) => [keyOf(each), !was.includes(keyOf(each))])),
  };
}

/** The program has said what it wants of the VM, or has yet to: then that VM is the one that is judged. */
function isOfProgram(
  { owner: its }: VmSummary,
  owner: string,
  planned: ReadonlyMap<string, Holding>,
): boolean {
  if (its === undefined) return false;
  const stack = (text: string): string => text.split("/").slice(0, 2).join("/");
  return planned.has(its) || stack(its) === stack(owner);
}

/** What a VM of the host has, as it is defined; nothing while it is off. */
function heldBy(vm: VmSummary): Holding {
  const { name, state, screenPorts = [], pciDevices = [], usbDevices = [], attachments = [] } = vm;
  const functions = attachments.flatMap(({ sriov, device }) => (sriov === true ? (device ?? []) : []));
  const on = state !== "stopped";
  return {
    vm: name,
    starts: on,
    stays: on,
    has: new Map(
      [
        ...screenPorts.map((id) => keyOf({ kind: "port", id: String(id) })),
        ...[...pciDevices, ...functions].map((id) => keyOf({ kind: "pci", id })),
        ...usbDevices.map((id) => keyOf({ kind: "usb", id })),
      ].map((key) => [key, false]),
    ),
  };
}

function words({ kind, id }: Exclusive, other: Holding, mine: Holding, host: HostConnection): string {
  const off = mine.stays ? "" : "; `validateStart: false` makes one that stays off without a start";
  if (kind === "port")
    return `port ${id} of ${hostLabel(host)} is that of VM "${other.vm}", and libvirt keeps a port for one running guest; give another, or none for one that is free${off}`;
  return `the device ${id} of ${hostLabel(host)} is that of VM "${other.vm}", and only one running guest can have it; give another, or \`running: false\` to one of them${off}`;
}
