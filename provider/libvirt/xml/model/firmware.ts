import { IGNITION } from "../../../schema/vm/firmware/fwCfg";
import { asNumber, asOnOff, asYes, asYesNo, at, type Binding, type Bindings } from "../bind";
import {
  attribute,
  childrenOf,
  el,
  ensureChild,
  find,
  removeChild,
  setChild,
  textOf,
  type XmlElement,
} from "../tree";

interface Firmware {
  readonly type: "bios" | "uefi";
  readonly secureBoot?: boolean;
  readonly enrolledKeys?: boolean;
  readonly loader?: string;
  readonly nvram?: string;
  readonly nvramTemplate?: string;
}

const FEATURES = [
  ["secureBoot", "secure-boot"],
  ["enrolledKeys", "enrolled-keys"],
] as const;

const SMM = "features/smm@state";

function readFirmware(root: XmlElement): Firmware | undefined {
  const os = find(root, "os");
  const loader = find(os, "loader");
  const kind = attribute(os, "firmware") ?? (attribute(loader, "type") === "pflash" ? "efi" : undefined);
  if (kind === undefined && attribute(loader, "type") !== "rom") return undefined;
  const feature = (name: string): boolean | undefined => {
    const found = childrenOf(find(os, "firmware"), "feature").find(
      (each) => attribute(each, "name") === name,
    );
    return found && attribute(found, "enabled") === "yes";
  };
  const nvram = find(os, "nvram");
  const secure = attribute(loader, "secure");
  return {
    type: kind === "efi" ? "uefi" : "bios",
    secureBoot: feature("secure-boot") ?? (secure === undefined ? undefined : secure === "yes"),
    enrolledKeys: feature("enrolled-keys"),
    loader: textOf(loader) || undefined,
    nvram: textOf(nvram) || undefined,
    nvramTemplate: attribute(nvram, "template"),
  };
}

/** What the host has chosen stays as long as the program's words are the same: the guest's variables go with it. */
function sayThis(root: XmlElement, wanted: Firmware): boolean {
  const now = readFirmware(root);
  return (
    now !== undefined &&
    (Object.entries(wanted) as [keyof Firmware, unknown][]).every(([key, value]) => now[key] === value)
  );
}

const firmware: Binding = {
  write(root, value) {
    const wanted = value as Firmware | undefined;
    if (wanted !== undefined && sayThis(root, wanted)) return;
    const os = ensureChild(root, "os");
    if (readFirmware(root)?.secureBoot === true) at(SMM).write(root, undefined);
    const kept = wanted?.type === "uefi" ? textOf(find(os, "nvram")) || undefined : undefined;
    delete os.attributes["firmware"];
    for (const name of ["firmware", "loader", "nvram"]) setChild(os, name, undefined);
    if (wanted !== undefined) writeFirmware(root, os, wanted, kept);
  },
  read: readFirmware,
};

function writeFirmware(root: XmlElement, os: XmlElement, wanted: Firmware, kept: string | undefined): void {
  const { type, secureBoot, loader, nvramTemplate } = wanted;
  const nvram = wanted.nvram ?? kept;
  if (loader === undefined) {
    // The usual BIOS is no firmware to choose: many hosts have no description of it.
    if (type === "bios") return;
    os.attributes["firmware"] = "efi";
    const features = FEATURES.filter(([key]) => wanted[key] !== undefined).map(([key, name]) =>
      el("feature", { enabled: wanted[key] === true ? "yes" : "no", name }),
    );
    if (features.length > 0) setChild(os, "firmware", el("firmware", {}, ...features));
  } else {
    const secure = secureBoot === undefined ? undefined : secureBoot ? "yes" : "no";
    const flash = type === "uefi" ? { readonly: "yes", secure, type: "pflash" } : { type: "rom" };
    setChild(os, "loader", el("loader", flash, loader));
  }
  if (nvram !== undefined || nvramTemplate !== undefined)
    setChild(os, "nvram", el("nvram", { template: nvramTemplate }, nvram));
  // The variables are only safe from the guest's own system where SMM guards them.
  if (secureBoot === true) at(SMM).write(root, "on");
}

function sysinfoOf(root: XmlElement, type: string): XmlElement | undefined {
  return childrenOf(root, "sysinfo").find((sysinfo) => attribute(sysinfo, "type") === type);
}

const SECTIONS = ["bios", "system", "baseBoard", "chassis"] as const;

type Smbios = Partial<Record<(typeof SECTIONS)[number], Readonly<Record<string, string>>>> & {
  readonly oemStrings?: readonly string[];
};

const smbios: Binding = {
  write(root, value) {
    const found = sysinfoOf(root, "smbios");
    if (found !== undefined) removeChild(root, found);
    at("os/smbios@mode").write(root, value === undefined ? undefined : "sysinfo");
    if (value === undefined) return;
    const given = value as Smbios;
    const sections = SECTIONS.flatMap((name) => {
      const entries = Object.entries(given[name] ?? {}).map(([key, text]) =>
        el("entry", { name: key }, text),
      );
      return entries.length === 0 ? [] : [el(name, {}, ...entries)];
    });
    const strings = (given.oemStrings ?? []).map((text) => el("entry", {}, text));
    const oem = strings.length === 0 ? undefined : el("oemStrings", {}, ...strings);
    root.children.push(el("sysinfo", { type: "smbios" }, ...sections, oem));
  },
  read(root): Smbios | undefined {
    const found = sysinfoOf(root, "smbios");
    if (found === undefined) return undefined;
    const section = (name: string): Record<string, string> | undefined => {
      const entries = childrenOf(find(found, name), "entry");
      if (entries.length === 0) return undefined;
      return Object.fromEntries(
        entries.map((entry) => [attribute(entry, "name") ?? "", textOf(entry) ?? ""]),
      );
    };
    const oem = childrenOf(find(found, "oemStrings"), "entry").map((entry) => textOf(entry) ?? "");
    return {
      ...Object.fromEntries(SECTIONS.map((name) => [name, section(name)])),
      oemStrings: oem.length === 0 ? undefined : oem,
    };
  },
};

const isIgnition = (entry: XmlElement): boolean => attribute(entry, "name") === IGNITION;

/** Entries of fw_cfg: Ignition's, or all the others. */
function fwCfg(
  isOurs: (entry: XmlElement) => boolean,
  toEntries: (value: never) => readonly XmlElement[],
  fromEntries: (entries: readonly XmlElement[]) => unknown,
): Binding {
  return {
    write(root, value) {
      const found = sysinfoOf(root, "fwcfg");
      const others = childrenOf(found).filter((entry) => !isOurs(entry));
      const entries = value === undefined ? others : [...others, ...toEntries(value as never)];
      if (found !== undefined) removeChild(root, found);
      if (entries.length > 0) root.children.push(el("sysinfo", { type: "fwcfg" }, ...entries));
    },
    read(root) {
      const entries = childrenOf(sysinfoOf(root, "fwcfg"), "entry").filter(isOurs);
      return entries.length === 0 ? undefined : fromEntries(entries);
    },
  };
}

interface FwCfgEntry {
  readonly name: string;
  readonly value?: string;
  readonly file?: string;
}

interface LaunchSecurity {
  readonly type: string;
  readonly policy?: number;
  readonly cbitpos?: number;
  readonly reducedPhysBits?: number;
  readonly dhCert?: string;
  readonly session?: string;
  readonly kernelHashes?: boolean;
}

const launchSecurity: Binding = {
  write(root, value) {
    if (value === undefined) {
      setChild(root, "launchSecurity", undefined);
      return;
    }
    const { type, policy, cbitpos, reducedPhysBits, dhCert, session, kernelHashes } = value as LaunchSecurity;
    const text = (name: string, given: string | number | undefined): XmlElement | undefined =>
      given === undefined ? undefined : el(name, {}, String(given));
    setChild(
      root,
      "launchSecurity",
      el(
        "launchSecurity",
        { type, kernelHashes: kernelHashes === true ? "yes" : undefined },
        text("cbitpos", cbitpos),
        text("reducedPhysBits", reducedPhysBits),
        text("policy", policy === undefined ? undefined : `0x${policy.toString(16).padStart(4, "0")}`),
        text("dhCert", dhCert),
        text("session", session),
      ),
    );
  },
  read(root): LaunchSecurity | undefined {
    const found = find(root, "launchSecurity");
    if (found === undefined) return undefined;
    const number = (name: string): number | undefined => {
      const text = textOf(find(found, name));
      return text === undefined ? undefined : Number(text);
    };
    return {
      type: attribute(found, "type") ?? "",
      policy: number("policy"),
      cbitpos: number("cbitpos"),
      reducedPhysBits: number("reducedPhysBits"),
      dhCert: textOf(find(found, "dhCert")),
      session: textOf(find(found, "session")),
      kernelHashes: attribute(found, "kernelHashes") === "yes" ? true : undefined,
    };
  },
};

export const firmwareBindings: Bindings = {
  os: {
    bootMenu: at("os/bootmenu@enable", asYesNo),
    bootMenuTimeout: at("os/bootmenu@timeout", asNumber),
    biosSerial: at("os/bios@useserial", asYesNo),
    rebootTimeout: at("os/bios@rebootTimeout", asNumber),
    dtb: at("os/dtb"),
  },
  firmware,
  smbios,
  fwCfg: fwCfg(
    (entry) => !isIgnition(entry),
    (items: readonly FwCfgEntry[]) =>
      items.map(({ name, value, file }) => el("entry", { name, file }, value)),
    (entries): FwCfgEntry[] =>
      entries.map((entry) => ({
        name: attribute(entry, "name") ?? "",
        value: textOf(entry) || undefined,
        file: attribute(entry, "file"),
      })),
  ),
  ignition: fwCfg(
    isIgnition,
    (text: string) => [el("entry", { name: IGNITION }, text)],
    ([entry]) => textOf(entry),
  ),
  launchSecurity,
};

/** An emulator has a version, a device of the host has a path. */
const version: Binding = {
  write(root, value) {
    const emulated = attribute(find(root, "backend"), "type") === "emulator";
    at("backend@version").write(root, emulated ? (value ?? "2.0") : undefined);
  },
  read: at("backend@version").read,
};

export const tpmBindings: Bindings = {
  type: at("backend@type"),
  version,
  model: at("@model"),
  device: at("backend/device@path"),
  persistentState: at("backend@persistent_state", asYes),
};

export const iommuBindings: Bindings = {
  model: at("@model"),
  interruptRemapping: at("driver@intremap", asOnOff),
  cachingMode: at("driver@caching_mode", asOnOff),
  eim: at("driver@eim", asOnOff),
  iotlb: at("driver@iotlb", asOnOff),
  addressBits: at("driver@aw_bits", asNumber),
};
