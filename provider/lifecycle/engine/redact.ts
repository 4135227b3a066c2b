import { hostFields } from "../../schema/address/connection";
import type { Field, Fields } from "../../schema/table/field";
import { isSecretKey } from "../../schema/table/secretKeys";
import { isPlain, type Plain } from "./state";

const HIDDEN = "[secret]";
/** Parts of a document (a line of user data, a value in it) that are shorter are words that stand anywhere. */
const LEAST_PART = 8;
/** A shorter secret is hidden where it stands by itself. */
const LEAST_ANYWHERE = 4;

/** The values of a resource's secret fields, those of its host among them; of documents also every line and every value. */
export function secretsIn(fields: Fields, values: Plain): readonly string[] {
  const found = new Set(secretsOf(fields, values));
  return [...found].filter((text) => text !== "").sort((a, b) => b.length - a.length);
}

function secretsOf(fields: Fields, values: Plain): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]): readonly string[] => {
    const value = values[name];
    if (value === undefined) return [];
    if (field.secret === true && field.eachSecret === true) return partsOf(value, LEAST_ANYWHERE);
    if (field.secret === true) return isPlain(value) ? partsOf(value) : textsOf(value);
    const inner = innerOf(name, field);
    if (inner === undefined) return rawSecretsOf(value);
    return [value].flat().flatMap((item) => (isPlain(item) ? secretsOf(inner, item) : []));
  });
}

/** Of a configuration in the host's own keys. */
function rawSecretsOf(value: unknown): readonly string[] {
  if (!isPlain(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => (isSecretKey(key) ? textsOf(inner) : []));
}

function innerOf(name: string, field: Field): Fields | undefined {
  return field.fields ?? field.each?.fields ?? (name === "host" ? hostFields : undefined);
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value !== "string") return partsOf(value);
  const lines = value.split("\n").map((line) => line.trim());
  return [value.trim(), ...(lines.length > 1 ? lines.filter(({ length }) => length >= LEAST_PART) : [])];
}

function partsOf(value: unknown, least = LEAST_PART): readonly string[] {
  if (typeof value === "string") return textsOf(value).filter(({ length }) => length >= least);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((part) => partsOf(part, least));
}

/**
 * A host may quote what it was sent. Whatever it says, in plain or as XML or JSON writes it, no secret value of the resource
 * stays in it.
 */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.flatMap(writings).reduce((result, secret) => {
    if (secret.length >= LEAST_ANYWHERE) return result.replaceAll(secret, HIDDEN);
    return result.replace(new RegExp(`(?<![\\w-])${escaped(secret)}(?![\\w-])`, "g"), HIDDEN);
  }, text);
}

function writings(secret: string): readonly string[] {
  const xml = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = xml.replaceAll('"', "&quot;");
  const json = JSON.stringify(secret).slice(1, -1);
  return [...new Set([quoted.replaceAll("'", "&apos;"), quoted, xml, json, secret])];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
