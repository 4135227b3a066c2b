import type { NamedVmSpec } from "../../../driver/contract";
import { DriverError } from "../../../driver/errors";
import type { LxdClient } from "../../api/client";
import { doing } from "../../common";
import type { Config } from "../../objects";

/** By what names the server knows what has been renamed since LXD 5.0; its extensions tell, never its version (R48). */
export interface ServerKeys {
  /** `cloud-init.*`; before, the keys were `user.*`. */
  readonly cloudInit: boolean;
  /** `boot.mode`; before, the keys were `security.secureboot` and `security.csm`. */
  readonly bootMode: boolean;
  /** `security.csm`, before there was `boot.mode`. */
  readonly bios: boolean;
  /** `limits.cpu.nodes`. */
  readonly nodes: boolean;
}

/** Asked only where the spec has something to say about it. */
export async function keysOf(
  client: LxdClient,
  { cloudInit, firmware, config, numa }: NamedVmSpec,
): Promise<ServerKeys> {
  const boots = firmware !== undefined || Object.keys(config ?? {}).some((key) => OLD_BOOT.includes(key));
  return {
    cloudInit: cloudInit !== undefined && (await client.has("cloud_init")),
    bootMode: boots && (await client.has("instance_boot_mode")),
    bios: firmware?.type === "bios" && (await client.has("security_csm")),
    nodes: numa?.nodes !== undefined && (await client.has("numa_cpu_placement")),
  };
}

const OLD_BOOT = ["security.secureboot", "security.csm"];
const MODE = "boot.mode";

/** Keys for what starts the machine. */
export function bootKeys({ firmware, name }: NamedVmSpec, { bootMode, bios }: ServerKeys): Config {
  if (firmware === undefined) return {};
  const { type, secureBoot } = firmware;
  if (bootMode)
    return type === "bios"
      ? { [MODE]: "bios" }
      : secureBoot === undefined
        ? {}
        : { [MODE]: secureBoot ? "uefi-secureboot" : "uefi-nosecureboot" };
  if (type === "bios" && !bios)
    throw new DriverError("this LXD starts virtual machines by UEFI only (it has no security_csm)", {
      code: "unsupported",
      ...doing("configure", "VM", name),
      remedy: "Leave `firmware.type` out, or upgrade LXD to 5.21 or later.",
    });
  if (type === "bios") return { "security.csm": "true", "security.secureboot": "false" };
  return secureBoot === undefined ? {} : { "security.secureboot": String(secureBoot) };
}

export const NODES = "limits.cpu.nodes";

/** Where the instance's CPUs are chosen. */
export function nodeKeys({ numa, name }: NamedVmSpec, { nodes }: ServerKeys): Config {
  if (numa?.nodes === undefined) return {};
  if (nodes) return { [NODES]: numa.nodes };
  throw new DriverError("this LXD chooses no CPUs by NUMA node (it has no numa_cpu_placement)", {
    code: "unsupported",
    ...doing("configure", "VM", name),
    remedy: "Leave `numa.nodes` out, or upgrade LXD to 5.21 or later.",
  });
}

/** The program's own keys as this server takes them: programs written for older ones go on working. */
export function asServerTakes(raw: Config, { bootMode }: ServerKeys): Config {
  if (!bootMode || !OLD_BOOT.some((key) => key in raw)) return raw;
  const { "security.secureboot": secure = "true", "security.csm": csm = "false", ...rest } = raw;
  const mode = csm === "true" ? "bios" : secure === "true" ? "uefi-secureboot" : "uefi-nosecureboot";
  return { [MODE]: mode, ...rest };
}

/** What a key of the program has become on the server. */
export function serverValue(config: Config, key: string): string | undefined {
  const mode = config[MODE];
  if (config[key] !== undefined || mode === undefined) return config[key];
  if (key === "security.csm") return String(mode === "bios");
  return key === "security.secureboot" ? String(mode === "uefi-secureboot") : undefined;
}

export function firmwareIn(config: Config): { type: "bios" | "uefi"; secureBoot: boolean } {
  const bios = config[MODE] === "bios" || config["security.csm"] === "true";
  const secureBoot = serverValue(config, "security.secureboot") !== "false" && !bios;
  return { type: bios ? "bios" : "uefi", secureBoot };
}
