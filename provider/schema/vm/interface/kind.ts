import type { Complaint } from "../../table/gate";
import { isUnknown } from "../../table/unknown";

interface Given {
  readonly network?: string;
  readonly bridge?: string;
  readonly macvlan?: string;
  readonly ethernet?: boolean;
  readonly user?: boolean;
  readonly vhostUser?: unknown;
  readonly model?: string;
  readonly driver?: string;
  readonly rxQueueSize?: number;
}

/** What each kind of interface cannot have: libvirt refuses it at the definition or at the start, or forgets it. */
const NOT_OF: Readonly<Record<string, readonly string[]>> = {
  user: [
    ...["mtu", "vlan", "virtualPort", "bandwidth", "filter", "targetDev", "trustGuestRxFilters"],
    "queues",
  ],
  ethernet: ["vlan", "virtualPort", "trustGuestRxFilters"],
  macvlan: ["mtu", "filter"],
  vhostUser: [...["mtu", "vlan", "virtualPort", "filter", "targetDev", "trustGuestRxFilters", "driver"]],
};

const INSTEAD: Readonly<Record<string, string>> = {
  user: "for an interface of QEMU's own network (`user`)",
  ethernet: "for an interface without a bridge (`ethernet`)",
  macvlan: "for a macvlan",
  vhostUser: "for a vhost-user interface (`vhostUser`)",
};

export function* interfaceKindRules(given: Given): Iterable<Complaint> {
  const { model, driver, rxQueueSize } = given;
  for (const [kind, fields] of Object.entries(NOT_OF)) {
    const has = (given as Readonly<Record<string, unknown>>)[kind];
    if (has === undefined || has === false || isUnknown(has)) continue;
    for (const field of fields) {
      const value = (given as Readonly<Record<string, unknown>>)[field];
      if (value !== undefined && value !== false && !(field === "queues" && value === 1))
        yield { path: [field], message: `means nothing ${INSTEAD[kind]}` };
    }
  }
  if (model !== undefined && !isUnknown(model) && !model.startsWith("virtio")) {
    if (given.vhostUser !== undefined)
      yield { path: ["model"], message: 'must be "virtio" for `vhostUser` (libvirt\'s rule)' };
    for (const [key, value] of Object.entries({ driver, rxQueueSize }))
      if (value !== undefined) yield { path: [key], message: 'needs model "virtio"' };
  }
  if (typeof rxQueueSize === "number" && ![256, 512, 1024].includes(rxQueueSize))
    yield { path: ["rxQueueSize"], message: "must be 256, 512 or 1024 (libvirt's rule)" };
}
