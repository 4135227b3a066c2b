/** A USB device of a host. */
export interface UsbDevice {
  /** Vendor and product, as `1234:beef`. */
  readonly product: string;
  /** Bus and device, as `1.4`. */
  readonly place: string;
}

/** Devices of a host that guests can be given; every answer is anew. */
export interface DeviceDriver {
  /** Addresses of its PCI devices, as `0000:06:12.5`; none where the host does not tell. */
  pci(): Promise<readonly string[]>;
  /** Whether the PCI device is in an IOMMU group, without which no guest can have it. */
  isolated(pci: string): Promise<boolean>;
  /** Its USB devices; undefined where the host does not tell. */
  usb(): Promise<readonly UsbDevice[] | undefined>;
}
