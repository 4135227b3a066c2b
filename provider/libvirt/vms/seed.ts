import { createHash } from "node:crypto";
import type * as Yaml from "yaml";
import type { NamedVmSpec } from "../../driver/contract";
import type { CloudInitSpec } from "../../schema/vm/cloudInit";
import type { DiskSpec } from "../../schema/vm/disk";
import { isoImage } from "./iso9660";
import { disksOf, diskName } from "../xml/domain/disks";
import { attribute, find, type XmlElement } from "../xml/tree";

/** The name under which the seed travels with the other disks of its VM. */
export const SEED_DISK = "cloud-init";

/** The NoCloud seed of a VM: the image, and a name that changes with its content, so that a changed one is seen. */
export interface Seed {
  readonly image: Buffer;
  readonly suffix: string;
}

/** Loaded for the first document that is not a text: few VMs have one, and every start would pay for it. */
function stringify(document: unknown): string {
  return (require("yaml") as typeof Yaml).stringify(document);
}

export function seedOf(vm: NamedVmSpec, owner: string): Seed | undefined {
  if (vm.cloudInit === undefined) return undefined;
  const image = isoImage("cidata", filesOf(vm.cloudInit, vm.name, owner));
  return { image, suffix: createHash("sha256").update(image).digest("hex").slice(0, 8) };
}

function filesOf(
  { userData, metaData, networkConfig }: CloudInitSpec,
  name: string,
  owner: string,
): Record<string, string> {
  // The id stays the same when the seed changes: cloud-init does not take the guest for a new one.
  const id = createHash("sha256").update(owner).digest("hex").slice(0, 16);
  return {
    "meta-data": textOf(
      metaData ?? { "instance-id": `vmhost-${id}`, "local-hostname": name.replace(/[^A-Za-z0-9-]+/g, "-") },
    ),
    "user-data":
      userData === undefined
        ? "#cloud-config\n{}\n"
        : typeof userData === "string"
          ? userData
          : `#cloud-config\n${stringify(userData)}`,
    ...(networkConfig === undefined ? {} : { "network-config": textOf(networkConfig) }),
  };
}

const textOf = (document: string | Record<string, unknown>): string =>
  typeof document === "string" ? document : stringify(document);

/** The drive that shows the seed to the guest: a SATA cdrom, where the machine has SATA. */
export function seedDisk(vm: NamedVmSpec, arch: string, current: XmlElement | undefined): DiskSpec {
  const x86 = arch === "x86_64" || arch === "i686";
  const existing = current && disksOf(current).find((disk) => diskName(disk) === SEED_DISK);
  const taken = new Set((vm.disks ?? []).map(({ target }) => target));
  const free = [..."abcdefghijklmnop"]
    .map((letter) => `${x86 ? "sd" : "vd"}${letter}`)
    .find((target) => !taken.has(target));
  return {
    name: SEED_DISK,
    device: x86 ? "cdrom" : "disk",
    bus: x86 ? "sata" : "virtio",
    target: attribute(find(existing, "target"), "dev") ?? free,
    readOnly: true,
    format: "raw",
  } as DiskSpec;
}
