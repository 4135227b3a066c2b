import { z } from "../../table/zod";
import type { Fields, Spec } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { flag, part } from "../../table/part";
import { hostPath } from "../../table/types";
import { isUnknown } from "../../table/unknown";

/** What boots before the guest's own system, beside `os`. */
export const bootFields = {
  bootMenu: part(z.boolean().optional(), {
    doc: "Offer a menu of what to boot.",
    source: "<bootmenu enable>",
  }),
  bootMenuTimeout: part(z.int().min(0).max(65_535).optional(), {
    doc: "Milliseconds for which the menu is shown.",
    source: "<bootmenu timeout>",
  }),
  biosSerial: flag(false, {
    doc: "Show the BIOS on the serial console (SeaBIOS only).",
    source: "<bios useserial>",
  }),
  rebootTimeout: part(z.int().min(-1).max(65_535).optional(), {
    doc: "Milliseconds after which the firmware tries again to boot; -1 never.",
    source: "<bios rebootTimeout>",
  }),
  dtb: part(hostPath().optional(), { doc: "Device tree for the kernel.", source: "<dtb>" }),
} satisfies Fields;

interface BootInput {
  readonly os?: Partial<Spec<typeof bootFields>>;
}

export function* bootRules({ os }: BootInput): Iterable<Complaint> {
  if (os === undefined || isUnknown(os)) return;
  if (os.bootMenuTimeout !== undefined && os.bootMenu !== true && !isUnknown(os.bootMenu))
    yield { path: ["os", "bootMenuTimeout"], message: "needs `bootMenu: true`" };
}
