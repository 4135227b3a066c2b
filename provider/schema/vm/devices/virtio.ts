import { z } from "../../table/zod";
import type { Fields, Spec } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { part } from "../../table/part";
import { isUnknown } from "../../table/unknown";

/** How a virtio device reaches the guest's memory; each device's own, with one meaning and one fate. */
export const virtioFields = {
  iommu: part(z.boolean().optional(), {
    doc: "A virtio device goes through the guest's `iommu`. Default: past it.",
    source: "<driver iommu>",
  }),
  ats: part(z.boolean().optional(), {
    doc: "A virtio device keeps translations of the guest's `iommu` (address translation services).",
    source: "<driver ats>",
  }),
  packed: part(z.boolean().optional(), {
    doc: "A virtio device has packed queues, where the guest knows them (virtio 1.1).",
    source: "<driver packed>",
  }),
} satisfies Fields;

type Given = Partial<Spec<typeof virtioFields>>;

/** `kind` is what the device is, where that is known; `needs` tells how to make it one of virtio. */
export function* virtioRules(
  { iommu, ats, packed }: Given,
  kind: string | undefined,
  needs: string,
): Iterable<Complaint> {
  if (kind === undefined || isUnknown(kind) || kind.startsWith("virtio")) return;
  for (const [key, value] of Object.entries({ iommu, ats, packed }))
    if (value !== undefined) yield { path: [key], message: `needs ${needs}` };
}
