import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";
import type { Fields } from "../../schema/table/field";
import type { Change, Path } from "./diff";
import { isPlain, type Plain } from "./state";

/** What the engine shows of a change: the place of it, and whether it is for this that the object is made anew. */
export interface Detail {
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

/** Changes as the engine can show them: by their place among the inputs, before and after. */
export function detailsOf(
  fields: Fields,
  changes: readonly Change[],
  olds: Plain,
  news: Plain,
): readonly Detail[] {
  const found = new Map<string, Detail>();
  for (const { path, fate, before, after } of changes) {
    // Whose it is, is nothing that a program writes.
    if (path[0] === "owner") continue;
    const moved = movedList(fields, path, olds, news);
    const place = propertyPath(moved ?? path);
    const kind =
      moved !== undefined
        ? "update"
        : before === undefined
          ? "add"
          : after === undefined
            ? "delete"
            : "update";
    const replaces = fate === "replace" || found.get(place)?.replaces === true;
    found.set(place, { path: place, kind, replaces });
  }
  // Inside of what is shown as a whole, nothing is shown again.
  const places = [...found.keys()];
  const isInside = (path: string): boolean =>
    places.some((outer) => path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`));
  return [...found.values()].filter(({ path }) => !isInside(path));
}

/** A list of which an element has another place than before, or is gone: its places mean something else on either side. */
function movedList(fields: Fields, path: Path, olds: Plain, news: Plain): Path | undefined {
  let [table, before, after]: [Fields, unknown, unknown] = [fields, olds, news];
  for (const [index, part] of path.entries()) {
    if (typeof part === "number" || !isPlain(before) || !isPlain(after)) return undefined;
    const field = table[part];
    [before, after] = [before[part], after[part]];
    if (field?.each !== undefined) {
      const { key } = field.each;
      const [were, are] = [keysOf(before, key), keysOf(after, key)];
      const stayed = isDeepStrictEqual(were, are.slice(0, were.length));
      return stayed && index + 1 < path.length ? undefined : path.slice(0, index + 1);
    }
    table = field?.fields ?? {};
  }
  return undefined;
}

function keysOf(list: unknown, key: string): readonly unknown[] {
  return Array.isArray(list) ? list.map((item: unknown) => (isPlain(item) ? item[key] : item)) : [];
}

/** A path as the engine reads it. */
function propertyPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!/^[A-Za-z_$][\w$]*$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** The engine's answer to a diff, as far as it is of use here. */
interface Answer {
  setDeletebeforereplace(value: unknown): unknown;
  setHasdetaileddiff(value: boolean): unknown;
  getDetaileddiffMap(): { set(path: string, detail: unknown): unknown };
}

interface Messages {
  readonly DiffResponse: { readonly prototype: Answer };
  readonly PropertyDiff: {
    new (): { setKind(kind: number): void; setInputdiff(value: boolean): void };
    readonly Kind: Readonly<Record<string, number>>;
  };
}

/** Carries what is to be shown through the SDK, in the one place of the answer that is always filled in. */
class WithDetails {
  constructor(readonly details: readonly Detail[]) {}
}

let shown = false;

/**
 * The engine can show which fields change, and shows all fields that differ where it is not told; the host's settings, which
 * every object carries, among them. The SDK for dynamic providers passes on whether and for which fields an object is replaced and
 * leaves the rest empty, so it is put into the message that the SDK fills in. Where the SDK is made otherwise, all is shown as before.
 * The list of fields (`diffs`) is left empty: by it the engine would replace what our guard has not been asked about.
 */
export function showDetails(main: string | undefined = require.main?.filename): void {
  if (shown || main === undefined || !/[\\/]cmd[\\/]dynamic-provider[\\/]/.test(main)) return;
  try {
    const { DiffResponse, PropertyDiff } = createRequire(main)("../../proto/provider_pb") as Messages;
    const answer = DiffResponse.prototype;
    const set = answer.setDeletebeforereplace;
    if ([set, answer.setHasdetaileddiff, answer.getDetaileddiffMap].includes(undefined as never)) return;
    answer.setDeletebeforereplace = function (this: Answer, value: unknown): unknown {
      if (!(value instanceof WithDetails)) return set.call(this, value);
      const { Kind } = PropertyDiff;
      for (const { path, kind, replaces } of value.details) {
        const message = new PropertyDiff();
        message.setKind(Kind[`${kind.toUpperCase()}${replaces ? "_REPLACE" : ""}`] ?? Kind["UPDATE"] ?? 0);
        message.setInputdiff(true);
        this.getDetaileddiffMap().set(path, message);
      }
      this.setHasdetaileddiff(true);
      return set.call(this, true);
    };
    shown = true;
  } catch {
    // An SDK that keeps its messages elsewhere.
  }
}

/** `true`, with what is to be shown where that can be. */
export function carrying(details: readonly Detail[]): boolean {
  return shown && details.length > 0 ? (new WithDetails(details) as unknown as boolean) : true;
}
