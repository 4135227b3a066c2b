import type { Complaint } from "../../table/gate";
import { isUnknown } from "../../table/unknown";

interface Given {
  readonly bus?: string;
  readonly device?: string;
  readonly readOnly?: boolean;
  readonly copyOnRead?: boolean;
  readonly serial?: string;
  readonly rotationRate?: number;
  readonly errorPolicy?: string;
  readonly readErrorPolicy?: string;
  readonly logicalBlockSize?: number;
  readonly physicalBlockSize?: number;
}

/** What QEMU's drive for floppies has no property for. */
const NOT_OF_FLOPPIES = [
  "serial",
  "errorPolicy",
  "readErrorPolicy",
  "logicalBlockSize",
  "physicalBlockSize",
] as const;

/** What libvirt finds out when a disk is defined, and QEMU when it is started: not every bus has everything. */
export function* diskBusRules(given: Given): Iterable<Complaint> {
  const { bus, device, readOnly, copyOnRead, rotationRate, logicalBlockSize: logical } = given;
  if (isUnknown(bus) || isUnknown(device)) return;
  const disk = device === undefined || device === "disk";
  if (device === "floppy") {
    for (const key of NOT_OF_FLOPPIES)
      if (given[key] !== undefined) yield { path: [key], message: "means nothing for a floppy" };
  } else if (bus === "fdc") yield { path: ["bus"], message: "fdc is for floppies alone" };
  if (device === "cdrom" && bus === "virtio")
    yield { path: ["bus"], message: "must be sata, scsi, ide or usb for a cdrom: virtio has no drives" };
  if (disk && readOnly === true && (bus === "sata" || bus === "ide"))
    yield { path: ["readOnly"], message: `a disk on bus ${bus} cannot be read-only (QEMU's rule)` };
  if (copyOnRead === true && (!disk || readOnly === true))
    yield { path: ["copyOnRead"], message: "needs a disk that is written to" };
  if (logical !== undefined && logical !== 512 && (bus === "sata" || bus === "ide"))
    yield { path: ["logicalBlockSize"], message: `must be 512 on bus ${bus} (QEMU's rule)` };
  if (rotationRate !== undefined && !disk)
    yield { path: ["rotationRate"], message: "needs a disk: a drive has none" };
}
