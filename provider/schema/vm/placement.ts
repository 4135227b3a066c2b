import { z } from "../table/zod";
import { isAdopted } from "../table/adopted";
import { host } from "../table/common";
import type { Complaint } from "../table/gate";
import { field, type Fields } from "../table/field";
import { oneOf, text } from "../table/types";

const undecided = (): undefined => undefined;

/** What is to be adopted is where it is. */
export function* placementRules({
  hosts,
  adopt,
  numaPolicy,
  cpu,
  numa,
}: {
  readonly hosts?: unknown;
  readonly adopt?: unknown;
  readonly numaPolicy?: unknown;
  readonly cpu?: { readonly pin?: unknown };
  readonly numa?: { readonly nodes?: unknown };
}): Iterable<Complaint> {
  if (numaPolicy !== undefined) {
    const beside = isAdopted({ adopt })
      ? "adopt"
      : cpu?.pin !== undefined
        ? "cpu.pin"
        : numa?.nodes !== undefined
          ? "numa.nodes"
          : undefined;
    if (beside !== undefined)
      yield {
        path: ["numaPolicy"],
        message: `cannot stand beside \`${beside}\`: it chooses CPUs and node itself`,
      };
  }
  if (hosts !== undefined && isAdopted({ adopt }))
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
  numaPolicy: field(oneOf("single-node").optional(), {
    fate: "record",
    doc: "`single-node`: all of the VM on one NUMA node of the host, chosen where that many CPUs that no VM is pinned to and its memory are left. Its cores are pinned there (`cpu.pin`) and on libvirt its memory is (`numa.nodes`). The choice stands until the VM's size or host changes.",
    source: "<vcpupin>, <numatune>; limits.cpu; R170",
  }),
  placement: field(z.unknown().optional(), {
    fate: undecided,
    internal: true,
    doc: "The host that was chosen, and why.",
  }),
} satisfies Fields;
