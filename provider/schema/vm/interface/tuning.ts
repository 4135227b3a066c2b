import { z } from "../../table/zod";
import type { Field, Fields, Spec } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { virtualPort } from "../../network/networkParts";
import { fated, flag, part, word } from "../../table/part";
import { hostDevice, hostPath, oneOf, text } from "../../table/types";
import { isUnknown } from "../../table/unknown";
import { pciAddress } from "../devices/passthrough";
import { virtioFields, virtioRules } from "../devices/virtio";
import { vhostUser } from "./vhostUser";

const rate = (doc: string) => part(z.int().min(1).max(4_294_967_295).optional(), { fate: "live", doc });

const inbound = {
  average: rate("KiB in a second."),
  peak: rate("The most, in KiB in a second."),
  burst: rate("How many KiB may go at the peak."),
} satisfies Fields;

const bandwidthFields = {
  inbound: group(
    { ...inbound, floor: rate("KiB in a second that the VM gets for sure; on networks alone.") },
    { fate: "live", filled: true, doc: "What goes to the guest.", source: "<bandwidth><inbound>" },
  ),
  outbound: group(inbound, {
    fate: "live",
    filled: true,
    doc: "What comes from the guest.",
    source: "<bandwidth><outbound>",
  }),
} satisfies Fields;

const vlanFields = {
  tags: part(z.array(z.int().min(1).max(4094)).min(1, "must not be empty"), {
    ts: "number[]",
    doc: "VLANs of the interface.",
    source: "<vlan><tag id>",
  }),
  trunk: flag(false, { doc: "Several VLANs, each with its tag.", source: "<vlan trunk>" }),
} satisfies Fields;

/** As networks have them; of an interface they count from the next start. */
const port = virtualPort();
const virtualPortFields = {
  ...fated(port.fields ?? {}, "restart"),
  interfaceId: {
    ...port.fields?.["interfaceId"],
    fate: "restart",
    keep: true,
    doc: "Open vSwitch and midonet: UUID of the port. Default: one that the host makes.",
  } as Field,
} satisfies Fields;

/** libvirt takes a network without them, and no interface. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  "802.1Qbg": ["managerId", "typeId", "typeIdVersion"],
  "802.1Qbh": ["profileId"],
};

export const interfaceTuningFields = {
  sriov: part(z.union([pciAddress(), hostDevice()]).optional(), {
    fate: "live",
    ts: "string",
    doc: "A virtual function of an SR-IOV card of the host, such as `0000:06:10.1`; on LXD the card's device, such as `eno3`, of which LXD takes a free one.",
    source: "<interface type=hostdev>, nictype=sriov; R175",
  }),
  ethernet: flag(false, {
    fate: "live",
    doc: "A device of the host without a bridge; `script` leads it somewhere.",
    source: "<interface type=ethernet>; R136",
  }),
  user: flag(false, {
    fate: "live",
    doc: "QEMU's own network: the guest gets out, and nobody in.",
    source: "<interface type=user>",
  }),
  vhostUser,
  portGroup: part(text().min(1).max(255).optional(), {
    doc: "Port group of the network.",
    source: "<source portgroup>",
  }),
  queues: part(z.int().min(1).max(256).optional(), {
    doc: "Queues of a virtio interface.",
    source: "<driver queues>",
  }),
  ...virtioFields,
  driver: word(["vhost", "qemu"], { doc: "Who moves the packets.", source: "<driver name>" }),
  rxQueueSize: part(z.int().min(256).max(1024).optional(), {
    doc: "Length of the queues to the guest: 256, 512 or 1024.",
    source: "<driver rx_queue_size>",
  }),
  mtu: part(z.int().min(68).max(65_535).optional(), { doc: "Largest packet.", source: "<mtu size>" }),
  filter: part(
    text()
      .regex(/^[A-Za-z0-9_.:-]{1,255}$/, "must be the name of a network filter, such as clean-traffic")
      .optional(),
    {
      fate: "live",
      refs: ["NwFilter"],
      doc: "A network filter of the host, such as `clean-traffic`, or an NwFilter. That it exists is checked in preview.",
      source: "<filterref filter>; R138",
    },
  ),
  filterParameters: part(
    z.record(z.string().regex(/^[A-Za-z0-9_]+$/, "must be letters, digits or _"), text()).optional(),
    {
      fate: "live",
      ts: "Record<string, string>",
      doc: 'Its parameters, such as `{ IP: "10.0.0.5" }`.',
      source: "<filterref><parameter>; R138",
    },
  ),
  bandwidth: group(bandwidthFields, { fate: "live", filled: true, doc: "Limits.", source: "<bandwidth>" }),
  vlan: group(vlanFields, { fate: "restart", filled: true, doc: "VLANs.", source: "<vlan>" }),
  virtualPort: {
    ...port,
    fate: "restart",
    fields: virtualPortFields,
    doc: "The switch behind the interface.",
  } as typeof port,
  link: part(oneOf("up", "down").optional(), {
    fate: "live",
    same: (a, b) => (a ?? "up") === (b ?? "up"),
    doc: "Whether the cable is plugged in. Default `up`.",
    source: "<link state>",
  }),
  script: part(hostPath().optional(), {
    doc: "What the host runs when the device is there; for `ethernet` alone.",
    source: "<script path>; R136",
  }),
  isolated: flag(false, {
    doc: "The VM does not see the others of its bridge.",
    source: "<port isolated>",
  }),
  trustGuestRxFilters: flag(false, {
    doc: "The host follows the guest's own MAC addresses; for macvlan.",
    source: "<interface trustGuestRxFilters>",
  }),
} satisfies Fields;

type Given = Partial<Spec<typeof interfaceTuningFields>> & {
  readonly network?: string;
  readonly bridge?: string;
  readonly macvlan?: string;
  readonly macvlanMode?: string;
  readonly model?: string;
  readonly targetDev?: string;
};

export function* interfaceTuningRules(given: Given): Iterable<Complaint> {
  const { network, bridge, sriov, ethernet, model, targetDev } = given;
  const { portGroup, filterParameters, filter, script, vlan, virtualPort, queues, isolated, bandwidth } =
    given;
  if (portGroup !== undefined && network === undefined)
    yield { path: ["portGroup"], message: "needs `network`" };
  if (filterParameters !== undefined && filter === undefined)
    yield { path: ["filterParameters"], message: "needs `filter`" };
  if (script !== undefined && ethernet !== true && !isUnknown(ethernet))
    yield {
      path: ["script"],
      message: "needs `ethernet: true`; QEMU takes no script elsewhere (libvirt's rule)",
    };
  for (const key of REQUIRED[String(virtualPort?.type)] ?? []) {
    if ((virtualPort as Readonly<Record<string, unknown>>)[key] === undefined)
      yield { path: ["virtualPort", key], message: `is required for type "${String(virtualPort?.type)}"` };
  }
  if (vlan?.tags !== undefined && vlan.tags.length > 1 && vlan.trunk === false)
    yield { path: ["vlan", "trunk"], message: "must be true for several tags" };
  if (queues !== undefined && queues > 1 && model !== undefined && model !== "virtio" && !isUnknown(model))
    yield { path: ["queues"], message: 'needs model "virtio"' };
  yield* virtioRules(given, model, 'model "virtio"');
  if (isolated === true && network === undefined && bridge === undefined)
    yield { path: ["isolated"], message: "needs a bridge or a network" };
  if (bandwidth?.inbound?.floor !== undefined && network === undefined)
    yield { path: ["bandwidth", "inbound", "floor"], message: "needs `network`" };
  for (const way of ["inbound", "outbound"] as const) {
    if (bandwidth?.[way] !== undefined && bandwidth[way].average === undefined && !hasFloor(bandwidth[way]))
      yield { path: ["bandwidth", way, "average"], message: "is required" };
  }
  if (sriov === undefined) return;
  const { iommu, ats, packed } = given;
  for (const [key, value] of Object.entries({
    model,
    targetDev,
    filter,
    bandwidth,
    script,
    queues,
    iommu,
    ats,
    packed,
  })) {
    if (value !== undefined)
      yield { path: [key], message: "means nothing for a device that the guest has for itself" };
  }
}

const hasFloor = (limits: object): boolean => "floor" in limits && limits.floor !== undefined;
