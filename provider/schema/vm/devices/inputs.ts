import type { Fields } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { fated, part, parts, word } from "../../table/part";
import { hostPath, oneOf } from "../../table/types";
import { isUnknown } from "../../table/unknown";
import { name } from "./named";
import { virtioFields, virtioRules } from "./virtio";

const pluggedFields = fated(
  {
    name: name("device"),
    type: part(oneOf("tablet", "mouse", "keyboard", "evdev", "passthrough"), {
      doc: "Kind of device.",
      source: "<input type>",
    }),
    bus: word(["usb", "ps2", "virtio"], {
      keep: true,
      doc: "Default: the hypervisor's.",
      source: "<input bus>",
    }),
    path: part(hostPath().optional(), {
      doc: "Event device of the host, for evdev and passthrough.",
      source: "<source dev|evdev>",
    }),
  } satisfies Fields,
  "live",
);

const inputFields = { ...pluggedFields, ...virtioFields } satisfies Fields;

export const inputs = parts(
  inputFields,
  "name",
  { fate: "live", doc: "Keyboards, tablets and mice.", source: "<input>" },
  [
    function* ({ type, bus, path, ...ways }): Iterable<Complaint> {
      if (type !== "passthrough") yield* virtioRules(ways, bus ?? "usb", 'bus "virtio"');
      const passed = type === "evdev" || type === "passthrough";
      if (isUnknown(type) || type === undefined) return;
      if (passed && path === undefined) yield { path: ["path"], message: `is required for type "${type}"` };
      if (!passed && path !== undefined)
        yield { path: ["path"], message: 'needs type "evdev" or "passthrough"' };
      if (type === "tablet" && bus === "ps2")
        yield { path: ["bus"], message: "must be usb or virtio for a tablet" };
      if (type === "passthrough" && bus !== undefined && bus !== "virtio" && !isUnknown(bus))
        yield { path: ["bus"], message: "must be virtio for passthrough" };
      if (type === "evdev" && bus !== undefined) yield { path: ["bus"], message: "means nothing for evdev" };
    },
  ],
);
