import { attribute, textOf, type XmlElement } from "./tree";

const KIB: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  kb: 1000 / 1024,
  k: 1,
  kib: 1,
  mb: 1e6 / 1024,
  m: 1024,
  mib: 1024,
  g: 2 ** 20,
  gib: 2 ** 20,
  gb: 1e9 / 1024,
  t: 2 ** 30,
  tib: 2 ** 30,
  tb: 1e12 / 1024,
};

/** MiB of `<memory unit='…'>`; libvirt's own unit is KiB. */
export function memoryMiB(element: XmlElement | undefined): number | undefined {
  const amount = textOf(element);
  if (amount === undefined) return undefined;
  return Math.round(
    (Number(amount) * (KIB[(attribute(element, "unit") ?? "KiB").toLowerCase()] ?? 1)) / 1024,
  );
}
