import { lxdMissing, lxdSetup } from "./lxdSetup";
import { contractSuite } from "./suite";

/** A firmware that halts at once (scripts/lib/lxd-qemu.sh): the guest runs, and leaves the host's cores alone. */
const HALTS = { "security.secureboot": false, "raw.qemu": "-name vmhost-halt,debug-threads=on" };

contractSuite("lxd-vm", {
  setup: () =>
    lxdSetup("virtual-machine", {
      vm: { config: HALTS },
      stateful: { config: { ...HALTS, "migration.stateful": true } },
      restart: { before: { memory: 64 }, after: { memory: 128 }, field: "memory" },
    }),
  missing: lxdMissing,
});
