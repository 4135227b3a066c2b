import { lxdImage } from "../../scripts/lib/lxd";
import { lxdMissing, lxdSetup } from "./lxdSetup";
import { contractSuite } from "./suite";

/** The image goes to the disk that becomes the root. */
function shape(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const disks = (input["disks"] ?? [{}]) as readonly Readonly<Record<string, unknown>>[];
  const root = disks.find(({ name }) => name === "root") ?? disks.find(({ name }) => name === undefined);
  return { ...input, disks: disks.map((disk) => (disk === root ? { ...disk, image: lxdImage } : disk)) };
}

contractSuite("lxd-container", {
  setup: () =>
    lxdSetup("container", {
      vm: { instanceType: "container" },
      shape,
      diskVolume: { contentType: "filesystem" },
    }),
  missing: {
    ...lxdMissing,
    restart: "a container takes everything while it runs",
    guestMemory: "the memory of containers needs CRIU",
  },
});
