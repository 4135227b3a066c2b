import { closest } from "../../table/suggest";

/** What QEMU calls its network cards, on the machines that libvirt knows; a definition with any other is taken, and never starts. */
const MODELS: readonly string[] = [
  ...["virtio", "virtio-transitional", "virtio-non-transitional"],
  ...["e1000", "e1000e", "e1000-82544gc", "e1000-82545em", "igb", "rtl8139", "vmxnet3", "usb-net"],
  ...["ne2k_pci", "ne2k_isa", "pcnet", "tulip", "lance", "sungem", "spapr-vlan"],
  ...["i82550", "i82551", "i82557a", "i82557b", "i82557c", "i82558a", "i82558b"],
  ...["i82559a", "i82559b", "i82559c", "i82559er", "i82562", "i82801"],
  ...["lan9118", "smc91c111", "xgmac", "mipsnet", "opencores", "dp83932"],
  // Other hypervisors' words, which libvirt's test driver and definitions from there have.
  ...["netfront", "vlance", "vmxnet", "vmxnet2", "82540em", "82543gc", "82545em", "am79c970a", "am79c973"],
];

/** What is wrong with the name of a card. */
export function nicModelComplaint(model: string): string | undefined {
  if (MODELS.includes(model)) return undefined;
  const near = closest(model, MODELS);
  return `is no network card of QEMU${near === undefined ? "; virtio is always there" : `; did you mean "${near}"?`}`;
}
