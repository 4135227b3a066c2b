import { judgeNetboot, type Link } from "../../../capacity/netboot";
import type { HostConnection } from "../../../schema/address/connection";
import { hasUnknown } from "../../../schema/table/unknown";
import type { CheckedInputs, Context } from "../../kind/handler";
import { hostKindIn } from "../../kind/inputs";
import { isPlain, type Plain } from "../../engine/state";
import { surroundings } from "./surroundings";
import { warn } from "../../../driver/warn";

/** `netboot` in the words that each kind of host has for it. What it set is taken back with it. */
export function bootOrderOf(spec: Plain, olds: Plain): Plain {
  const { netboot, interfaces, os } = spec;
  if (hostKindIn(spec) === "lxd") {
    if (netboot !== true || !Array.isArray(interfaces)) return {};
    const [first, ...others] = interfaces as unknown[];
    return isPlain(first) ? { interfaces: [{ ...first, bootOrder: 1 }, ...others] } : {};
  }
  const boot = netboot === true ? ["network", "hd"] : olds["netboot"] === true ? ["hd"] : undefined;
  if (boot === undefined || !(os === undefined || isPlain(os)) || os?.["boot"] !== undefined) return {};
  const ordered = [spec["disks"], interfaces]
    .flat()
    .some((device) => isPlain(device) && device["bootOrder"] !== undefined);
  return ordered ? {} : { os: { ...os, boot } };
}

/** Says of a VM that boots from the network whether that can work: an output, a warning, or a refusal where it is asked for (R82, R88). */
export async function netbootOf(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs> {
  const items = Array.isArray(news["interfaces"]) ? (news["interfaces"] as unknown[]) : [];
  const host = news["host"] as HostConnection;
  if (!bootsFromNetwork(news, items)) return { inputs: news, complaints: [] };
  const before = olds["netbootReady"];
  const kept = { ...news, ...(typeof before === "boolean" ? { netbootReady: before } : {}) };
  if (hasUnknown(host) || hasUnknown(items)) return { inputs: kept, complaints: [] };
  const around = await surroundings(host, context);
  if (around === undefined) return { inputs: kept, complaints: [] };
  const { ready, refused, warning } = judgeNetboot(around, items as Link[]);
  const inputs = { ...news, netbootReady: ready };
  if (refused !== undefined && news["netboot"] === true)
    return { inputs, complaints: [{ path: ["netboot"], message: refused }] };
  const words = warning ?? refused;
  const name = String(news["owner"]).split("/").at(-1) ?? "";
  if (words !== undefined) warn(`VM "${name}" may not boot from the network: ${words}`);
  return { inputs, complaints: [] };
}

function bootsFromNetwork({ netboot, os }: Plain, interfaces: readonly unknown[]): boolean {
  if (netboot === true) return true;
  const boot = isPlain(os) ? os["boot"] : undefined;
  if (Array.isArray(boot)) return boot.includes("network");
  return interfaces.some((item) => isPlain(item) && typeof item["bootOrder"] === "number");
}
