import { asNumber, at, element } from "../bind";
import { attribute, childrenOf, el, find, textOf, type XmlElement } from "../tree";

interface Card {
  readonly mode: string;
  readonly type?: string;
  readonly connection?: string;
  readonly host?: string;
  readonly service?: number;
  readonly certificates?: readonly string[];
  readonly database?: string;
}

/** The one device to which libvirt's schema gives no alias: it is written as a whole, and known by what was given. */
export const smartcard = element("devices/smartcard", toXml, fromXml);

function toXml(card: Card, current: XmlElement | undefined): XmlElement {
  const { mode, connection, host, service, certificates = [], database } = card;
  const type = mode === "passthrough" ? (card.type ?? "spicevmc") : undefined;
  const tcp = type === "tcp" ? el("source", { mode: connection ?? "connect", host, service }) : undefined;
  return el(
    "smartcard",
    { mode, type },
    tcp,
    ...certificates.map((name) => el("certificate", {}, name)),
    database === undefined ? undefined : el("database", {}, database),
    find(current, "address"),
  );
}

function fromXml(card: XmlElement): Card {
  const certificates = childrenOf(card, "certificate").map((each) => textOf(each) ?? "");
  return {
    mode: attribute(card, "mode") ?? "",
    type: attribute(card, "type"),
    connection: attribute(find(card, "source"), "mode"),
    host: attribute(find(card, "source"), "host"),
    service: at("source@service", asNumber).read(card) as number | undefined,
    certificates: certificates.length === 0 ? undefined : certificates,
    database: textOf(find(card, "database")),
  };
}
