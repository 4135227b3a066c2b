import { z } from "../../table/zod";
import type { Fields } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { fated, part } from "../../table/part";
import { hostPath, oneOf } from "../../table/types";
import { isUnknown, knownList } from "../../table/unknown";
import { sharesMemory, type SharedInput } from "../memory";

const vhostUserFields = fated(
  {
    path: part(hostPath(), { doc: "The socket on the host.", source: "<source path>" }),
    mode: part(oneOf("client", "server"), {
      doc: "What QEMU is: `server` makes the socket and the switch calls, `client` calls the switch. Either way QEMU waits for the other end at the VM's start.",
      source: "<source mode>",
    }),
    reconnect: part(z.int().min(1).max(86_400).optional(), {
      doc: "Of a `client`: after how many seconds the switch is called again when it has gone. Default: never.",
      source: "<source><reconnect timeout>",
    }),
  } satisfies Fields,
  "live",
);

export const vhostUser = group(
  vhostUserFields,
  {
    fate: "live",
    filled: true,
    doc: "A switch in user space (Open vSwitch with DPDK, VPP, snabb) behind a socket of the host. It works in the guest's memory, which `memoryBacking.access` must share.",
    source: "<interface type=vhostuser>",
  },
  [
    function* ({ mode, reconnect }): Iterable<Complaint> {
      if (mode === "server" && reconnect !== undefined)
        yield { path: ["reconnect"], message: 'needs mode "client": a server is called (libvirt\'s rule)' };
    },
  ],
);

interface VhostUserInput extends SharedInput {
  readonly interfaces?: readonly { readonly vhostUser?: unknown }[];
}

/** libvirt would start it, and not a packet would pass. */
export function* vhostUserRules({ interfaces, ...memory }: VhostUserInput): Iterable<Complaint> {
  if (sharesMemory(memory) !== false) return;
  for (const [index, { vhostUser: given }] of knownList(interfaces).entries()) {
    if (given !== undefined && !isUnknown(given))
      yield {
        path: ["interfaces", index, "vhostUser"],
        message:
          'needs `memoryBacking: { source: "memfd", access: "shared" }`: the switch works in the guest\'s memory',
      };
  }
}
