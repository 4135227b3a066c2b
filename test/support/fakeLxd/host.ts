import { background, failure, FakeLxd, operation, success, type Asked, type Reply } from "./server";
import { small } from "./resources";
import { serverOf, type Generation, type ServerOptions } from "./servers";

type Plain = Readonly<Record<string, unknown>>;
type Named = Plain & { readonly name: string };

export interface HostOptions extends ServerOptions {
  readonly resources?: object;
  readonly instances?: readonly Named[];
  readonly networks?: readonly Named[];
}

/** Which changes of a collection go on in the background, by the extension that says so; all others are done at once. */
const IN_BACKGROUND: Readonly<Record<string, string>> = {
  "storage-pools": "storage_and_network_operations",
  networks: "storage_and_network_operations",
};

/**
 * A server of a generation with objects in it: enough of LXD for lists, lookups and the creation of pools and networks.
 * What a generation does at once or in the background follows from its extensions, as in LXD itself.
 */
export class FakeHost extends FakeLxd {
  readonly objects = new Map<string, Named[]>();
  /** What it thinks of us; a test's handler may change its mind. */
  auth: "trusted" | "untrusted";
  private readonly extensions: readonly string[];

  constructor(
    readonly generation: Generation,
    private readonly options: HostOptions = {},
  ) {
    super();
    this.auth = options.auth ?? "trusted";
    const { resources = small, instances = [], networks = [] } = options;
    const server = serverOf(generation, options) as { api_extensions: readonly string[] };
    this.extensions = server.api_extensions;
    this.on("GET /1.0", () => success(serverOf(this.generation, { ...this.options, auth: this.auth })));
    this.on("GET /1.0/resources", success(resources));
    this.objects.set("instances", [...instances]);
    this.objects.set("networks", [...networks]);
    this.objects.set("storage-pools", [{ name: "base", driver: "dir", config: {}, status: "Created" }]);
    this.otherwise = (asked) => this.rest(asked);
  }

  private rest({ method, path, query, body }: Asked): Reply {
    const [collection = "", name, more] = path
      .replace("/1.0/", "")
      .split("/")
      .map((part) => decodeURIComponent(part));
    const all = this.objects.get(collection);
    if (all === undefined) return failure(404, "not found");
    if (method === "POST" && name === undefined)
      return this.made(
        collection,
        all,
        collection === "instances" ? at(query["target"], body as Named) : (body as Named),
      );
    const found = all.find((each) => each.name === name);
    if (name === undefined)
      return success(query["recursion"] === undefined ? all.map((each) => `${path}/${each.name}`) : all);
    if (found === undefined) return failure(404, "not found");
    if (method === "POST" && more === undefined && collection === "instances")
      return this.moved(all, found, body as Named & { readonly migration?: boolean }, query["target"]);
    if (method === "PUT" && more === undefined) {
      all.splice(all.indexOf(found), 1, { ...found, ...(body as Plain) });
      return success(null);
    }
    if (more === "state") return success({ hwaddr: "00:16:3e:00:00:01", state: "up" });
    if (more !== undefined) return success([]);
    return success(found, `etag-${JSON.stringify(found).length}`);
  }

  /** Another name, or another member of the cluster; LXD tells one from the other by `migration`. */
  private moved(
    all: Named[],
    found: Named,
    { name, migration = false }: { readonly name: string; readonly migration?: boolean },
    target: string | undefined,
  ): Reply {
    if (found["status"] !== "Stopped") return failure(400, "Instance is running");
    if (!migration && all.some((each) => each.name === name))
      return failure(409, `Name "${name}" already in use`);
    all.splice(all.indexOf(found), 1, migration ? at(target, found) : { ...found, name });
    return background(operation(200));
  }

  private made(collection: string, all: Named[], body: Named): Reply {
    const { source: _source, ...given } = body;
    const object =
      collection === "instances"
        ? instance(body.name, given)
        : { description: "", status: "Created", managed: true, ...body, config: body["config"] ?? {} };
    const extension = IN_BACKGROUND[collection];
    if (extension === undefined || !this.extensions.includes(extension)) {
      all.push(object);
      return success(null);
    }
    const started = operation(103);
    setImmediate(() => {
      all.push(object);
      this.announce({ ...started, status_code: 200 });
    });
    return background(started);
  }
}

/** An instance on a member of the cluster, of which a group has the second. */
function at(target: string | undefined, object: Named): Named {
  return target === undefined ? object : { ...object, location: target.startsWith("@") ? "m2" : target };
}

/** Instances in the form of LXD 5.0's list (`recursion=1`), as its own answer has it. */
export function instance(name: string, more: Plain = {}): Named {
  const config = { "volatile.uuid": uuidOf(name), ...(more["config"] as Plain | undefined) };
  const devices = (more["devices"] as Plain | undefined) ?? {
    root: { type: "disk", path: "/", pool: "base" },
  };
  return {
    architecture: "x86_64",
    created_at: "2026-11-28T11:00:00Z",
    description: "",
    ephemeral: false,
    expanded_config: config,
    expanded_devices: devices,
    last_used_at: "1970-01-01T00:00:00Z",
    location: "none",
    name,
    profiles: ["default"],
    project: "default",
    stateful: false,
    status: "Stopped",
    status_code: 102,
    type: "container",
    ...more,
    config,
    devices,
  };
}

export function uuidOf(name: string): string {
  const number = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2 ** 32, 7);
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}
