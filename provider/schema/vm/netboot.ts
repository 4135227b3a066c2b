import { z } from "../table/zod";
import { field, type Fields } from "../table/field";
import type { Complaint } from "../table/gate";
import { isUnknown, knownList } from "../table/unknown";

const undecided = (): undefined => undefined;

export const netbootFields = {
  netboot: field(z.boolean().optional(), {
    fate: "restart",
    doc: 'Boot from the network, then from disk: short for `os.boot: ["network", "hd"]`, on LXD for the first interface\'s `bootOrder: 1`. The preview refuses a VM none of whose interfaces has DHCP, and warns where the DHCP is libvirt\'s own and names no boot file (`bootp`) or where nothing is known of it (`knownInterfaces` of the VmHost say so). The output `netbootReady` says whether it can work. Default false.',
    source: "<boot dev=network>, boot.priority; R76, R82, R88",
  }),
  netbootReady: field(z.boolean().optional(), {
    fate: undecided,
    internal: true,
    doc: "Whether DHCP that can say what to boot is known to serve an interface of a VM that boots from the network.",
  }),
} satisfies Fields;

interface NetbootInput {
  readonly netboot?: boolean;
  readonly os?: { readonly boot?: readonly string[]; readonly kernel?: string };
  readonly disks?: readonly { readonly bootOrder?: number }[];
  readonly interfaces?: readonly { readonly bootOrder?: number }[];
}

/** It is one way of saying in which order devices boot. */
export function* netbootRules({ netboot, os, disks, interfaces }: NetbootInput): Iterable<Complaint> {
  if (netboot !== true || isUnknown(os)) return;
  if (os?.kernel !== undefined)
    yield {
      path: ["netboot"],
      message: "cannot stand beside `os.kernel`, which boots in place of everything",
    };
  if (os?.boot !== undefined && !isUnknown(os.boot))
    yield { path: ["netboot"], message: "cannot stand beside `os.boot`; say either" };
  const ordered = [...knownList(disks), ...knownList(interfaces)].some(
    ({ bootOrder }) => bootOrder !== undefined,
  );
  if (ordered)
    yield { path: ["netboot"], message: "cannot stand beside a `bootOrder` of a device; say either" };
}
