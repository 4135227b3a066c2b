import { z } from "../../table/zod";
import type { Fields } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { part, told } from "../../table/part";
import { hostPath, oneOf } from "../../table/types";
import { isUnknown } from "../../table/unknown";

const firmwareFields = {
  type: part(oneOf("bios", "uefi").default("uefi"), {
    doc: "Default `uefi`. Without `firmware` the machine boots its usual one (BIOS on x86).",
    source: "<os firmware>; appendix 3",
  }),
  secureBoot: part(z.boolean().optional(), {
    doc: "Boot only what is signed.",
    source: "<firmware><feature name=secure-boot>",
  }),
  enrolledKeys: part(z.boolean().optional(), {
    doc: "With the vendor's keys in it from the start.",
    source: "<firmware><feature name=enrolled-keys>",
  }),
  loader: part(hostPath().optional(), {
    doc: "A firmware image of the host. Default: the host chooses one that fits.",
    source: "<loader>",
  }),
  nvram: part(hostPath().optional(), {
    doc: "Where the firmware's variables are kept. Default: the host's place; they survive every change and leave with the VM.",
    source: "<nvram>",
  }),
  nvramTemplate: part(hostPath().optional(), {
    doc: "What a new store of variables is made from.",
    source: "<nvram template>",
  }),
} satisfies Fields;

/** The one that QEMU has where nothing is said: hosts need not know it as a firmware to choose. */
function isUsualBios(firmware: unknown): boolean {
  if (typeof firmware !== "object" || firmware === null) return firmware === undefined;
  const { type, loader } = firmware as { readonly type?: string; readonly loader?: string };
  return type === "bios" && loader === undefined;
}

/** A guest that runs also has what the host has chosen where nothing was said. */
function sameFirmware(configured: unknown, running: unknown): boolean {
  if (isUsualBios(configured) && isUsualBios(running)) return true;
  if (typeof configured !== "object" || typeof running !== "object") return false;
  const now = { ...running } as Record<string, unknown>;
  return Object.entries(configured ?? {}).every(([key, value]) => value === undefined || value === now[key]);
}

export const firmware = told(
  firmwareFields,
  { fate: "restart", same: sameFirmware, doc: "What starts the machine.", source: "<os firmware>" },
  [
    function* ({ type, secureBoot, enrolledKeys, nvram, nvramTemplate, loader }): Iterable<Complaint> {
      if (isUnknown(type)) return;
      const uefiOnly = { secureBoot, enrolledKeys, nvram, nvramTemplate };
      for (const [key, value] of Object.entries(uefiOnly)) {
        if (type === "bios" && value !== undefined && value !== false)
          yield { path: [key], message: 'needs type "uefi"' };
      }
      if (enrolledKeys === true && secureBoot === false)
        yield { path: ["enrolledKeys"], message: "needs `secureBoot`" };
      if (loader === undefined && nvramTemplate !== undefined)
        yield { path: ["nvramTemplate"], message: "needs `loader`: the host chooses both or none" };
      if (loader !== undefined && enrolledKeys !== undefined)
        yield {
          path: ["enrolledKeys"],
          message: "cannot stand beside `loader`, which has its keys or has none",
        };
    },
  ],
);
