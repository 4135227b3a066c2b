import type { LibvirtSecretSpec } from "../../schema/libvirtSecret";
import { attribute, el, find, setText, textOf, type XmlElement } from "./tree";

type Usage = NonNullable<LibvirtSecretSpec["usage"]>;

/** What the usage's own element is called. */
const ID: Readonly<Record<string, string>> = { volume: "volume", iscsi: "target" };

export function secretXml(spec: LibvirtSecretSpec, uuid: string): XmlElement {
  const { usage } = spec;
  const yesNo = (value: boolean): string => (value ? "yes" : "no");
  const secret = el(
    "secret",
    { ephemeral: yesNo(spec.ephemeral), private: yesNo(spec.private) },
    el("uuid", {}, uuid),
  );
  setText(secret, "description", spec.description);
  if (usage !== undefined)
    secret.children.push(el("usage", { type: usage.type }, el(ID[usage.type] ?? "name", {}, usage.id)));
  return secret;
}

export function readSecret(secret: XmlElement): Partial<LibvirtSecretSpec> {
  const usage = find(secret, "usage");
  const type = attribute(usage, "type");
  return {
    description: textOf(find(secret, "description")),
    private: attribute(secret, "private") === "yes",
    ephemeral: attribute(secret, "ephemeral") === "yes",
    usage:
      type === undefined || type === "none"
        ? undefined
        : { type: type as Usage["type"], id: textOf(find(usage, ID[type] ?? "name")) ?? "" },
  };
}
