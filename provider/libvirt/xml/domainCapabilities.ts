import type { CpuModel } from "../../driver/cpus";
import { attribute, childrenOf, el, find, formatXml, textOf, type XmlElement } from "./tree";

/** `<domainCapabilities><cpu>`: the models that a guest can be given. */
export function readCpuModels(capabilities: XmlElement): readonly CpuModel[] {
  const custom = childrenOf(find(capabilities, "cpu"), "mode").find(
    (mode) => attribute(mode, "name") === "custom" && attribute(mode, "supported") === "yes",
  );
  return childrenOf(custom, "model").map(readModel);
}

function readModel(model: XmlElement): CpuModel {
  const usable = attribute(model, "usable");
  const name = textOf(model) ?? "";
  return usable === "yes" || usable === "no" ? { name, usable: usable === "yes" } : { name };
}

/** A CPU of which only its features are of interest: with any model they are looked up all the same. */
export function featuresXml(model: string, names: readonly string[]): string {
  const features = names.map((name) => el("feature", { policy: "disable", name }));
  return formatXml(el("cpu", { mode: "custom", match: "exact" }, el("model", {}, model), ...features));
}
