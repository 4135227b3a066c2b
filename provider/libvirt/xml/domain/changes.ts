import { isDeepStrictEqual } from "node:util";
import { diskName, diskNamed, diskPath, disksOf, diskTarget, isOurDisk } from "./disks";
import {
  interfaceName,
  interfaceNamed,
  interfacesOf,
  isOurInterface,
  macOf,
  readInterface,
} from "./interfaces";
import type { XmlElement } from "../tree";

/** Disks and interfaces alike: how they are found in another definition of the same VM. */
export interface DeviceKind {
  readonly all: (domain: XmlElement | undefined) => readonly XmlElement[];
  readonly isOurs: (device: XmlElement) => boolean;
  readonly nameOf: (device: XmlElement) => string;
  /** The same device there; one that was plugged in before the VM was adopted has no alias of ours yet. */
  readonly counterpart: (domain: XmlElement, device: XmlElement) => XmlElement | undefined;
}

export const diskKind: DeviceKind = {
  all: disksOf,
  isOurs: isOurDisk,
  nameOf: diskName,
  counterpart: (domain, disk) =>
    diskNamed(domain, { name: diskName(disk), target: diskTarget(disk) }, diskPath(disk)),
};

export const interfaceKind: DeviceKind = {
  all: interfacesOf,
  isOurs: isOurInterface,
  nameOf: interfaceName,
  counterpart: (domain, nic) => interfaceNamed(domain, { name: interfaceName(nic), mac: macOf(nic) }),
};

export interface DeviceChanges {
  /** In the running guest and taken out by this change: elements of the live definition. */
  readonly gone: readonly XmlElement[];
  /** Taken out by an earlier change, which the guest did not go along with. */
  readonly left: readonly XmlElement[];
  /** Wanted and not in the running guest: elements of the new definition. */
  readonly fresh: readonly XmlElement[];
  /** In both. */
  readonly kept: readonly { readonly live: XmlElement; readonly wanted: XmlElement }[];
}

/** What has to be done to a running guest's devices. Devices made by hand that the program never named are not ours to touch. */
export function deviceChanges(
  kind: DeviceKind,
  before: XmlElement,
  wanted: XmlElement,
  live: XmlElement,
): DeviceChanges {
  const pairs = kind
    .all(wanted)
    .filter(kind.isOurs)
    .map((device) => ({ wanted: device, live: kind.counterpart(live, device) }));
  const stays = new Set(pairs.map((pair) => pair.live));
  const gone = kind
    .all(before)
    .filter(kind.isOurs)
    .map((device) => kind.counterpart(live, device))
    .filter((device) => device !== undefined)
    .filter((device) => !stays.has(device));
  return {
    gone,
    left: kind
      .all(live)
      .filter((device) => kind.isOurs(device) && !stays.has(device) && !gone.includes(device)),
    fresh: pairs.flatMap((pair) => (pair.live === undefined ? [pair.wanted] : [])),
    kept: pairs.flatMap((pair) =>
      pair.live === undefined ? [] : [{ wanted: pair.wanted, live: pair.live }],
    ),
  };
}

/** Whether an interface leads elsewhere (`moved`), or is another card altogether (`other`), than the running guest's. */
export function interfaceChange(live: XmlElement, wanted: XmlElement): "same" | "moved" | "other" {
  const [a, b] = [readInterface(live), readInterface(wanted)];
  const differs = (key: keyof typeof a): boolean => !isDeepStrictEqual(a[key], b[key]);
  if (differs("mac") || differs("model") || (b.targetDev !== undefined && differs("targetDev")))
    return "other";
  const ends = ["network", "bridge", "macvlan", "macvlanMode", "sriov", "ethernet", "user"] as const;
  if (differs("vhostUser")) return "other";
  return ends.some(differs) ? "moved" : "same";
}
