import { z } from "zod";
import { host } from "./common";
import type { Complaint } from "./gate";
import { field, type Fields } from "./field";
import { text } from "./types";

const undecided = (): undefined => undefined;

/** What is to be adopted is where it is. */
export function* placementRules({
  hosts,
  adopt,
}: {
  readonly hosts?: unknown;
  readonly adopt?: unknown;
}): Iterable<Complaint> {
  if (hosts !== undefined && adopt !== undefined && adopt !== false)
    yield { path: ["hosts"], message: "cannot stand beside `adopt`; name the `host` that the VM is on" };
}

/** Where a VM is placed when the program names several hosts; looked at when it is placed, not afterwards. */
export const placementFields = {
  hosts: field(z.array(host.type).min(1, "must name a host, and stands in place of `host`").optional(), {
    fate: undecided,
    ts: "(VmHostRef | pulumi.Input<HostConnection | string>)[]",
    doc: "Hosts of which one is chosen, in place of `host`: where the VM fits, by default the one with the most room. `zone` and `resourcePool` of the VM, where given, narrow them down. The choice is kept, until that host can no longer hold what is asked (then `migrate` moves it) or is no longer named; the output `placement` says where and why.",
  }),
  spread: field(text().min(1).max(255).optional(), {
    fate: "record",
    doc: "Keeps VMs with this tag apart, on different hosts and then in different zones, as far as there are any. The VM gets the tag.",
  }),
  pack: field(z.boolean().optional(), {
    fate: undecided,
    doc: "Choose the fullest host that has room, so that others stay free for large VMs. Default false: the emptiest.",
  }),
  placement: field(z.unknown().optional(), {
    fate: undecided,
    internal: true,
    doc: "The host that was chosen, and why.",
  }),
} satisfies Fields;
