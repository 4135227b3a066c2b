import { isPlain, type Plain } from "../engine/state";

/** Lists that take the host's element-wise defaults, by the word under which the host has them. */
const ELEMENTS = { disks: "disk", interfaces: "nic" } as const;

/**
 * What the host says of all its VMs, under what the program says of this one (R117). Raw XML stands beside the host's (R128);
 * an adopted VM is as it is.
 */
export function withHostDefaults(news: Plain, adopted: boolean): Plain {
  const host = news["host"];
  const defaults = isPlain(host) ? host["vmDefaults"] : undefined;
  if (!isPlain(defaults) || adopted) return news;
  const { disk, nic, raw, ...fields } = defaults;
  const under: Plain = { disk, nic };
  const lists = Object.entries(ELEMENTS).flatMap(([list, word]) => {
    const [items, usual] = [news[list], under[word]];
    return Array.isArray(items) && isPlain(usual)
      ? [[list, items.map((item: unknown) => withUsual(usual, item))] as const]
      : [];
  });
  return {
    ...(merged(fields, news) as Plain),
    ...Object.fromEntries(lists),
    ...(raw === undefined ? {} : { raw: [raw, news["raw"] ?? []].flat() }),
  };
}

/** Drives for media are no disks to be tuned. */
function withUsual(usual: Plain, item: unknown): unknown {
  if (!isPlain(item) || (item["device"] !== undefined && item["device"] !== "disk")) return item;
  return merged(usual, item);
}

/** `cpu: 0.5` is short for its share. */
const spread = (value: unknown, key: string): unknown =>
  key === "cpu" && typeof value === "number" ? { share: value } : value;

function merged(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isPlain(below) || !isPlain(above)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, merged(spread(below[key], key), spread(above[key], key))]),
  );
}
