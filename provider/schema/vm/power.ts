import { z } from "../table/zod";
import { field, type Fields } from "../table/field";
import { text } from "../table/types";

/** How a guest is stopped; a VM that does not say takes its host's words. */
export const shutdownFields = {
  forceDestroy: field(z.boolean().optional(), {
    fate: "record",
    keep: true,
    doc: "Switch the VM off hard when the graceful shutdown times out. Default: the host's (false: an error, the VM runs on).",
    source: "FORCE_DESTROY; R157, R158",
  }),
  cancelNoAcpi: field(z.boolean().optional(), {
    fate: "record",
    keep: true,
    doc: "Switch a VM without ACPI off hard at once. Default: the host's (false).",
    source: "CANCEL_NO_ACPI; R159",
  }),
  shutdownOnDestroy: field(z.boolean().default(false), {
    fate: "record",
    doc: "Shut the guest down before the VM is deleted, for disks that stay behind; `shutdownTimeout` and `forceDestroy` count. Default false: it is switched off.",
  }),
  validateStart: field(z.boolean().optional(), {
    fate: "record",
    hosts: ["libvirt"],
    same: (a, b) => (a ?? true) === (b ?? true),
    doc: "Of a VM that is to stay off (`running: false`): when it is made, start it paused and switch it off again, to see that it can start; where it cannot, nothing of it stays. Default true.",
    source: "VIR_DOMAIN_START_PAUSED; R112",
  }),
} satisfies Fields;

export const restartFields = {
  restartTrigger: field(text().max(255).optional(), {
    fate: "live",
    doc: "Any text. When it changes, a guest that runs is shut down and started again, with all that waited for its next start.",
  }),
} satisfies Fields;
