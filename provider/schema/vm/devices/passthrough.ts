import { z } from "../../table/zod";
import { field, type Field, type Fields, type Spec } from "../../table/field";
import type { Complaint } from "../../table/gate";
import { fated, part, parts, word } from "../../table/part";
import { deviceName, hostPath } from "../../table/types";

/** A PCI address in full, in lower case. */
export const pciAddress = (): z.ZodType<string> =>
  z
    .string()
    .transform((value) => value.toLowerCase())
    .refine((value) => /^([0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/.test(value), {
      message: "must be a PCI address, such as 0000:06:12.5",
    })
    .transform((value) => (value.length === 7 ? `0000:${value}` : value));

export const hostDeviceFields = fated(
  {
    name: field(deviceName(), {
      fate: "live",
      doc: "The name by which this program knows the device. Order means nothing.",
    }),
    pci: part(pciAddress().optional(), {
      doc: "A PCI device of the host, such as `0000:06:12.5`.",
      source: "<hostdev type=pci>",
    }),
    usb: part(
      z
        .string()
        .transform((value) => value.toLowerCase())
        .refine((value) => /^[0-9a-f]{4}:[0-9a-f]{4}$|^\d{1,3}\.\d{1,3}$/.test(value), {
          message: 'must be vendor and product, such as "1234:beef", or bus and device, such as "1.4"',
        })
        .optional(),
      {
        doc: "A USB device of the host: vendor and product (`1234:beef`), or bus and device (`1.4`).",
        source: "<hostdev type=usb>",
      },
    ),
    mdev: part(
      z
        .uuid("must be the UUID of a mediated device")
        .transform((value) => value.toLowerCase())
        .optional(),
      { doc: "A mediated device of the host, by UUID.", source: "<hostdev type=mdev>" },
    ),
    scsi: part(
      z
        .string()
        .regex(/^host\d{1,4}:\d{1,4}:\d{1,4}:\d{1,5}$/, "must be a SCSI address, such as host0:0:0:1")
        .optional(),
      { doc: "A SCSI device of the host: `host0:bus:target:unit`.", source: "<hostdev type=scsi>" },
    ),
    managed: part(z.boolean().optional(), {
      doc: "The host takes the device from its own driver at the start, and gives it back. Default true for PCI.",
      source: "<hostdev managed>",
    }),
    model: word(["vfio-pci", "vfio-ccw", "vfio-ap"], {
      same: (a, b) => (a ?? "vfio-pci") === (b ?? "vfio-pci"),
      doc: "Of a mediated device. Default `vfio-pci`.",
      source: "<hostdev model>",
    }),
    display: part(z.boolean().optional(), {
      doc: "Show a mediated device's picture on the screen.",
      source: "<hostdev display>",
    }),
    optional: part(z.boolean().optional(), {
      same: (a, b) => (a ?? false) === (b ?? false),
      doc: "Start without the USB device when it is not there.",
      source: "<source startupPolicy>",
    }),
    romBar: part(z.boolean().optional(), { doc: "Show the guest the device's ROM.", source: "<rom bar>" }),
    romFile: part(hostPath().optional(), {
      doc: "A file instead of the device's ROM.",
      source: "<rom file>",
    }),
  } satisfies Fields,
  "live",
);

export const hostDevices: Field<Spec<typeof hostDeviceFields>[] | undefined> = parts(
  hostDeviceFields,
  "name",
  {
    fate: "live",
    doc: "Devices of the host that the guest gets for itself. libvirt 9.0 knows no IOMMUFD; a host that does takes it by `raw`.",
    source: "<hostdev>",
  },
  [
    function* (given): Iterable<Complaint> {
      const { pci, usb, mdev, scsi, managed, model, display, optional, romBar, romFile } = given;
      const ways = Object.entries({ pci, usb, mdev, scsi }).filter(([, value]) => value !== undefined);
      if (ways.length === 0) yield { path: [], message: "needs one of `pci`, `usb`, `mdev`, `scsi`" };
      for (const [key] of ways.slice(1))
        yield { path: [key], message: `cannot stand beside \`${ways[0]?.[0]}\`` };
      const needs = { managed: [managed, pci, "pci"], model: [model, mdev, "mdev"] } as const;
      const more = {
        display: [display, mdev, "mdev"],
        optional: [optional, usb, "usb"],
        romBar: [romBar, pci, "pci"],
        romFile: [romFile, pci, "pci"],
      } as const;
      for (const [key, [value, way, word_]] of Object.entries({ ...needs, ...more })) {
        if (value !== undefined && way === undefined && ways.length > 0)
          yield { path: [key], message: `needs \`${word_}\`` };
      }
    },
  ],
);
