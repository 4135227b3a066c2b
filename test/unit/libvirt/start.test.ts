import { expect, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import { explainStart } from "../../../provider/libvirt/vms/define";
import { parseXml } from "../../../provider/libvirt/xml/tree";

/** libvirt's own words, as real hosts have said them, and what we say to do. */
test.each([
  [
    "error creating macvtap interface macvtap1@eno9 (52:54:00:96:fc:26): Invalid argument",
    /mode passthru .* one guest alone/,
  ],
  [
    "error creating macvtap interface macvtap1@eno9 (52:54:00:96:fc:26): Device or resource busy",
    /part of a bridge or bond/,
  ],
  ["operation failed: image magic is incorrect", /nested=0 .*ignore_msrs=1.*managedsave-remove/],
  ["internal error: Unknown CPU model Skylake-X", /virsh cpu-models/],
  [
    "internal error: process exited while connecting to monitor: qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69",
    /leave the feature out: `cpu: .*"arch-capabilities", policy: "disable"/,
  ],
  ["internal error: Failed to reserve port 5901", /leave `port` of `graphics` out/],
  ["Network not found: no network with matching name 'maas'", /interfaces use: maas/],
])("%s", (message, remedy) => {
  const definition = parseXml(
    "<domain><devices><interface type='network'><source network='maas'/></interface></devices></domain>",
  );
  expect(explainStart(new DriverError(message, { code: "failed" }), definition).remedy).toMatch(remedy);
});
