import { attribute, childrenOf, el, ensureChild, find, setChild, type XmlElement } from "./tree";

/** Our namespace in `<metadata>`; other programs' elements there are never touched. */
const NAMESPACE = "urn:pulumi-vmhost:1";
const OWNER = "vmhost:owner";

/** What we write on an object of the host, so that a later run knows it again. */
export interface Mark {
  /** `project/stack/Kind/name`. */
  readonly owner: string;
  /** Volumes that were made, or are about to be made, for this VM. They leave with it. */
  readonly volumes?: readonly OwnedVolume[];
  readonly zone?: string;
  readonly resourcePool?: string;
  readonly tags?: readonly string[];
  /** The program's raw XML, to take out again what it has put in. */
  readonly raw?: readonly string[];
  /** Fields of the model that the program says, by path, to take away again what it says no more. */
  readonly given?: readonly string[];
}

export interface OwnedVolume {
  /** `pool/name`. */
  readonly key: string;
  /** The disk that it was made for. */
  readonly disk: string;
  /** Whether it began as a copy, which a host that died may have left half-made. */
  readonly copied?: true;
}

/** Whether a disk has another image than the volume made for it: somebody has taken a snapshot by hand, say. */
export function isElsewhere(key: string | undefined, path: string | undefined): boolean {
  return key !== undefined && path !== undefined && !path.endsWith(key.slice(key.indexOf("/")));
}

export function readMark(object: XmlElement): Mark | undefined {
  const mark = find(object, "metadata", OWNER);
  const owner = attribute(mark, "resource");
  if (mark === undefined || owner === undefined) return undefined;
  const texts = (name: string, key: string): string[] =>
    childrenOf(mark, name).flatMap((child) => attribute(child, key) ?? []);
  return {
    owner,
    volumes: childrenOf(mark, "vmhost:volume").map((child) => ({
      key: attribute(child, "key") ?? "",
      disk: attribute(child, "disk") ?? "",
      ...(attribute(child, "copied") === undefined ? {} : { copied: true as const }),
    })),
    zone: attribute(mark, "zone"),
    resourcePool: attribute(mark, "pool"),
    tags: texts("vmhost:tag", "name"),
    raw: texts("vmhost:raw", "xml"),
    given: attribute(mark, "given")?.split(" "),
  };
}

export function writeMark(object: XmlElement, mark: Mark): void {
  setChild(ensureChild(object, "metadata"), OWNER, markElement(mark));
}

function markElement(mark: Mark): XmlElement {
  return el(
    OWNER,
    {
      "xmlns:vmhost": NAMESPACE,
      resource: mark.owner,
      zone: mark.zone,
      pool: mark.resourcePool,
      given: mark.given?.length ? mark.given.join(" ") : undefined,
    },
    ...(mark.volumes ?? []).map(({ key, disk, copied }) =>
      el("vmhost:volume", { key, disk, copied: copied && "yes" }),
    ),
    ...(mark.tags ?? []).map((name) => el("vmhost:tag", { name })),
    ...(mark.raw ?? []).map((xml) => el("vmhost:raw", { xml })),
  );
}
