import { targetPrefix } from "../../schema/vm/disk";
import { hasUnknown, isUnknown } from "../../schema/table/unknown";
import { isAdopted } from "../../schema/table/adopted";
import { withHostDefaults } from "./defaults";
import { bootOrderOf } from "./plan/netboot";
import { provisionalHost } from "./plan/place";
import { autoMac, freeTarget } from "../kind/naming";
import { fillName } from "../kind/filling";
import { hostKindIn } from "../kind/inputs";
import { isPlain, type Plain } from "../engine/state";

/** Fields that keep their defaults to themselves while a VM is adopted: what the program leaves out stays as it is. */
const ALWAYS_FILLED = new Set(["host", "owner", "name", "adopt"]);

/** Gives every disk and interface the name by which it is known, so that order means nothing from here on. */
export function shapeVm(program: Plain, olds: Plain = {}): Plain {
  const adopt = Object.keys(olds).length > 0 ? olds["adopt"] : program["adopt"];
  const placed = { ...program, ...provisionalHost(program, olds) };
  const news = withHostDefaults(placed, isAdopted({ adopt }));
  return {
    ...news,
    ...named(news, "disks", (index) => (index === 0 ? "root" : `disk${index}`)),
    ...named(news, "interfaces", (index) => `eth${index}`),
  };
}

function named(news: Plain, list: string, nameOf: (index: number) => string): Plain {
  const items = news[list];
  if (!Array.isArray(items)) return {};
  return {
    [list]: items.map((item, index) =>
      isPlain(item) && item["name"] === undefined ? { name: nameOf(index), ...item } : (item as unknown),
    ),
  };
}

/** Decides once what stays for good: the VM's name, MAC addresses, disk buses and targets. */
export function fillVm(news: Plain, olds: Plain, given: Plain): Plain {
  // How a VM came to us is decided once: what a program says of it later changes nothing.
  const settled = Object.keys(olds).length > 0 ? { ...news, adopt: olds["adopt"] } : news;
  const filled = fillName(settled, olds);
  const creates = filled["adopt"] === undefined || filled["adopt"] === false;
  const said = creates ? filled : onlyGiven(filled, given);
  const spec = { ...said, ...bootOrderOf(said, olds) };
  const owner = String(spec["owner"]);
  return {
    ...spec,
    ...withQueues(spec),
    ...(Array.isArray(spec["interfaces"])
      ? { interfaces: fillInterfaces(spec["interfaces"] as Plain[], listOf(olds, "interfaces"), owner) }
      : {}),
    ...(Array.isArray(spec["disks"]) && hostKindIn(spec) === "libvirt"
      ? { disks: fillDisks(spec["disks"] as Plain[], listOf(olds, "disks"), spec["cloudInit"] !== undefined) }
      : {}),
  };
}

/** A queue for each core is a number by now, so that more cores are more queues. */
function withQueues({ features, maxCores, cores }: Plain): Plain {
  if (!isPlain(features) || features["virtioScsiQueues"] !== "auto") return {};
  return { features: { ...features, virtioScsiQueues: maxCores ?? cores } };
}

function onlyGiven(spec: Plain, given: Plain): Plain {
  return Object.fromEntries(
    Object.entries(spec).filter(([key]) => ALWAYS_FILLED.has(key) || given[key] !== undefined),
  );
}

/** Elements that another resource has yet to tell are left as they are. */
function fillInterfaces(items: readonly Plain[], olds: readonly Plain[], owner: string): Plain[] {
  return items.map((item) => {
    if (!isPlain(item)) return item;
    const old = olds.find(({ name }) => name === item["name"]);
    return { ...item, mac: item["mac"] ?? old?.["mac"] ?? autoMac(owner, String(item["name"])) };
  });
}

function fillDisks(items: readonly Plain[], olds: readonly Plain[], seeded: boolean): Plain[] {
  const withBus = items.map((item): Plain => {
    if (!isPlain(item)) return item;
    const old = olds.find(({ name }) => name === item["name"]);
    const bus =
      item["bus"] ??
      (item["target"] === undefined || isUnknown(item["target"])
        ? (old?.["bus"] ?? defaultBus(item))
        : busOf(String(item["target"]), item));
    const kept = old?.["bus"] === bus ? old?.["target"] : undefined;
    return { ...item, bus, target: item["target"] ?? kept };
  });
  const taken = new Set(withBus.map(({ target }) => String(target)));
  // The drive with cloud-init's seed is the first SATA device.
  if (seeded) taken.add("sda");
  return withBus.map((item) => {
    if (!isPlain(item) || item["target"] !== undefined) return item;
    const target = freeTarget(targetPrefix(String(item["bus"])), taken);
    taken.add(target);
    return { ...item, target };
  });
}

function defaultBus({ device }: Plain): string {
  return device === "cdrom" ? "sata" : device === "floppy" ? "fdc" : "virtio";
}

/** A target's letters choose the bus when the program names no bus (R140). */
function busOf(target: string, item: Plain): string {
  const byPrefix: Record<string, string> = {
    vd: "virtio",
    sd: item["device"] === "cdrom" ? "sata" : "scsi",
    hd: "ide",
    fd: "fdc",
  };
  return byPrefix[target.slice(0, 2)] ?? defaultBus(item);
}

function listOf(olds: Plain, key: string): readonly Plain[] {
  const value = olds[key];
  return Array.isArray(value) && !hasUnknown(value) ? value.filter(isPlain) : [];
}
