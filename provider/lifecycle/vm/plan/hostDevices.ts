import type { UsbDevice } from "../../../driver/contract";
import type { HostConnection } from "../../../schema/address/connection";
import { sameHost } from "../../../schema/table/common";
import type { Complaint } from "../../../schema/table/gate";
import { exclusivesOf, type Exclusive } from "../../../schema/vm/exclusive";
import { hostLabel } from "../../engine/explain";
import { isPlain, type Plain } from "../../engine/state";
import { answered, ledgerAt } from "../../host/asked";
import type { DeviceBooks } from "../../host/deviceBooks";
import type { Context } from "../../kind/handler";
import { isToStartOnLibvirt } from "./toStart";

/**
 * Devices of the host that it has not, or cannot give away; libvirt takes any into a definition, and finds out at the start. What was
 * there before is not judged again. A host that does not answer, or tells of no devices, refuses nothing.
 */
export async function deviceComplaints(
  news: Plain,
  olds: Plain,
  context: Context,
): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  if (!isToStartOnLibvirt(news, olds)) return [];
  const wanted = newDevices(news, olds);
  if (wanted.length === 0) return [];
  const ledger = ledgerAt(host, context);
  if (ledger === undefined || ledger.silent !== undefined) return [];
  const look = async (anew: boolean): Promise<readonly Complaint[]> => {
    const found: Complaint[] = [];
    const facts = await factsFor(wanted, ledger.devices, anew);
    for (const device of wanted) {
      const said = device.kind === "pci" ? await pciWords(device, facts) : usbWords(device, facts);
      if (said !== undefined) found.push({ path: device.path, message: `${hostLabel(host)} ${said}` });
    }
    return found;
  };
  const complaints = await answered(news, context, async () => {
    // What was read a while ago refuses nobody.
    if ((await look(false)).length === 0) return [];
    return look(true);
  });
  return complaints ?? [];
}

/** Those that the VM has not had on this host; a USB device that may be missing is nobody's affair. */
function newDevices(news: Plain, olds: Plain): readonly Exclusive[] {
  const key = ({ kind, id }: Exclusive): string => `${kind} ${id}`;
  const before = new Set((sameHost(olds["host"], news["host"]) ? exclusivesOf(olds) : []).map(key));
  const items = Array.isArray(news["hostDevices"]) ? (news["hostDevices"] as unknown[]) : [];
  return exclusivesOf(news).filter((each) => {
    const item = each.path[0] === "hostDevices" ? items[Number(each.path[1])] : undefined;
    const optional = isPlain(item) && item["optional"] === true;
    return each.kind !== "port" && !optional && !before.has(key(each));
  });
}

interface Facts {
  readonly pci: ReadonlySet<string>;
  readonly usb?: readonly UsbDevice[];
  readonly isolated: (address: string) => Promise<boolean>;
}

async function factsFor(wanted: readonly Exclusive[], books: DeviceBooks, anew: boolean): Promise<Facts> {
  const asks = (kind: Exclusive["kind"]): boolean => wanted.some((each) => each.kind === kind);
  const [pci, usb] = await Promise.all([
    asks("pci") ? books.pci({ anew }) : [],
    asks("usb") ? books.usb({ anew }) : undefined,
  ]);
  return {
    pci: new Set(pci),
    ...(usb === undefined ? {} : { usb }),
    isolated: (address) => books.isolated(address, { anew }),
  };
}

async function pciWords({ id }: Exclusive, { pci, isolated }: Facts): Promise<string | undefined> {
  if (pci.size === 0) return undefined;
  if (!pci.has(id)) return `has no PCI device ${id}; \`lspci -D\` there shows those that it has`;
  if (await isolated(id)) return undefined;
  return `can give its PCI device ${id} to no guest: it is in no IOMMU group; switch on VT-d or AMD-Vi in its firmware, and \`intel_iommu=on\` for an Intel kernel`;
}

function usbWords({ id }: Exclusive, { usb }: Facts): string | undefined {
  if (usb === undefined) return undefined;
  const found = usb.filter(({ product, place }) => id === product || id === place);
  if (found.length === 0)
    return `has no USB device ${id}; \`lsusb\` there shows those that it has, and \`optional: true\` starts the VM without it`;
  if (found.length === 1) return undefined;
  const places = found.map(({ place }) => place).join(", ");
  return `has ${found.length} USB devices ${id}; name one of them by bus and device: ${places}`;
}
