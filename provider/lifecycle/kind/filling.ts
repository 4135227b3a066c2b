import { isAdopted } from "../../schema/table/adopted";
import type { Change } from "../engine/diff";
import type { Plain } from "../engine/state";
import { hostKindIn } from "./inputs";
import { autoName } from "./naming";

/** Fills in the name: the one it had, else one made of the owner. */
export function fillName(news: Plain, olds: Plain): Plain {
  return named(news, olds, (owner) => autoName(owner, hostKindIn(news)));
}

/** The same for objects of LXD whose names are short. */
export function fillShortName(longest: number) {
  return (news: Plain, olds: Plain): Plain => named(news, olds, (owner) => autoName(owner, "lxd", longest));
}

/** Of an object that is taken over, what the program does not say of its power and start stays as it is: no default holds. */
export function fillAdopted(news: Plain, olds: Plain, given: Plain): Plain {
  const filled = fillName(news, olds);
  if (!isAdopted(filled)) return filled;
  const open = ["active", "autostart"].filter((name) => given[name] === undefined);
  return Object.fromEntries(Object.entries(filled).filter(([name]) => !open.includes(name)));
}

/** Leaving a field out of an object that was taken over changes nothing of it. */
export function adoptedFields(changes: readonly Change[], news: Plain): readonly Change[] {
  if (!isAdopted(news)) return changes;
  return changes.filter(({ path: [name] }) => !isOpen(news[String(name)]));
}

/** Nothing, or the empty list that the gate makes of it. */
function isOpen(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function named(news: Plain, olds: Plain, make: (owner: string) => string): Plain {
  if (news["name"] !== undefined) return news;
  const taken = typeof news["adopt"] === "string" ? news["adopt"] : undefined;
  return { ...news, name: olds["name"] ?? taken ?? make(String(news["owner"])) };
}
