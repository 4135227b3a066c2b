import { lxdMissing, lxdSetup } from "./lxdSetup";
import { contractSuite } from "./suite";

contractSuite("lxd-vm", {
  setup: () =>
    lxdSetup("virtual-machine", {
      // A firmware that halts at once (scripts/lib/lxd-qemu.sh): the guest runs, and leaves the host's cores alone.
      vm: { config: { "security.secureboot": false, "raw.qemu": "-name vmhost-halt,debug-threads=on" } },
      restart: { before: { memory: 64 }, after: { memory: 128 }, field: "memory" },
    }),
  missing: lxdMissing,
});
