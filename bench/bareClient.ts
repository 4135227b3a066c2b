import { createRequire } from "node:module";
import { createConnection } from "node:net";
import { stat } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "../scripts/lib/paths.ts";
import type { LibvirtSession } from "../provider/libvirt/session.ts";
import { inFlight, timed } from "./figures.ts";
import type { Stand } from "./stand.ts";

/** How many calls are in flight: the daemon serves five of each connection. */
const WIDTH = 10;
const SOCKETS = 2;

/** What a domain and its overlay look like on the host: made by the measured program, and made again by the bare client. */
export interface Model {
  readonly domains: readonly string[];
  /** Name and XML, in the order of the domains. */
  readonly overlays: readonly { readonly name: string; readonly xml: string }[];
  readonly network: string;
  readonly pool: string;
}

/** A session of the built package's own client: frames and codecs, and nothing of the lifecycle above them. */
export function openSession({ host }: Pick<Stand, "host">): LibvirtSession {
  const load = createRequire(join(checkoutDir(), "package.json"));
  const { LibvirtSession: Session } = load("./dist/libvirt/session.js") as {
    LibvirtSession: typeof LibvirtSession;
  };
  return new Session({
    uri: "qemu:///system",
    label: "bench",
    maxSockets: SOCKETS,
    dial: () =>
      new Promise((resolve, reject) => {
        const socket = createConnection(host.socket, () => resolve(socket)).on("error", reject);
      }),
  });
}

/** Reads the definitions of what is there now, so that the bare client makes exactly the same. */
export async function readModel(session: LibvirtSession): Promise<Model> {
  const { domains } = await session.call("connect_list_all_domains", { need_results: 1, flags: 0 });
  const { net } = await session.call("network_lookup_by_name", { name: "bench" });
  const { pool } = await session.call("storage_pool_lookup_by_name", { name: "bench" });
  const { vols } = await session.call("storage_pool_list_all_volumes", { pool, need_results: 1, flags: 0 });
  const overlays = vols.filter(({ name }) => name.startsWith("vm"));
  return {
    // 2: the inactive definition.
    domains: await inFlight(
      WIDTH,
      domains.map((dom) => async () => (await session.call("domain_get_xml_desc", { dom, flags: 2 })).xml),
    ),
    overlays: await inFlight(
      WIDTH,
      overlays.map((vol) => async () => ({
        name: vol.name,
        xml: withoutPlace((await session.call("storage_vol_get_xml_desc", { vol, flags: 0 })).xml),
      })),
    ),
    network: (await session.call("network_get_xml_desc", { net, flags: 1 })).xml,
    pool: (await session.call("storage_pool_get_xml_desc", { pool, flags: 0 })).xml,
  };
}

/** What libvirt tells about a volume but does not want to hear. */
function withoutPlace(xml: string): string {
  return xml.replace(/<(key|physical|allocation)[^>]*>[^<]*<\/\1>/g, "");
}

/** Makes everything with the fewest calls there are; milliseconds. */
export async function makeAll(session: LibvirtSession, model: Model, { image }: Stand): Promise<number> {
  const { size } = await stat(image);
  const { ms } = await timed(async () => {
    const { pool } = await session.call("storage_pool_define_xml", { xml: model.pool, flags: 0 });
    await session.call("storage_pool_build", { pool, flags: 0 });
    await session.call("storage_pool_create", { pool, flags: 0 });
    const xml = `<volume><name>base.qcow2</name><capacity>${16 * 1024 * 1024}</capacity><target><format type='qcow2'/></target></volume>`;
    const { vol } = await session.call("storage_vol_create_xml", { pool, xml, flags: 0 });
    await session.upload(
      "storage_vol_upload",
      { vol, offset: 0n, length: BigInt(size), flags: 0 },
      createReadStream(image),
    );
    const { net } = await session.call("network_define_xml", { xml: model.network });
    await session.call("network_create", { net });
    await inFlight(
      WIDTH,
      model.domains.map((domain) => async () => {
        const overlay = model.overlays.find(({ name }) => domain.includes(`/${name}'`));
        if (overlay === undefined) throw new Error("a domain has no overlay");
        await session.call("storage_vol_create_xml", { pool, xml: overlay.xml, flags: 0 });
        const { dom } = await session.call("domain_define_xml_flags", { xml: domain, flags: 0 });
        await session.call("domain_create_with_flags", { dom, flags: 0 }, { timeoutMs: 300_000 });
      }),
    );
  });
  return ms;
}

/** The device that the change has added, as it is plugged in: its place is the running guest's to choose. */
function added(domain: string, tag: "disk" | "interface"): string {
  const all = domain.match(new RegExp(`<${tag}\\b[^]*?</${tag}>`, "g")) ?? [];
  const found = all.find((each) => /<alias name='ua-\w+-more'/.test(each));
  if (found === undefined) throw new Error(`a domain has no new ${tag}`);
  return found.replace(/<address [^>]*\/>/, "");
}

/** Gives each running domain what the second model has beyond the first, with the fewest calls there are; milliseconds. */
export async function changeAll(session: LibvirtSession, before: Model, after: Model): Promise<number> {
  const { pool } = await session.call("storage_pool_lookup_by_name", { name: "bench" });
  const fresh = after.overlays.filter(({ name }) => !before.overlays.some((each) => each.name === name));
  const { ms } = await timed(async () => {
    await inFlight(
      WIDTH,
      after.domains.map((domain) => async () => {
        const volume = fresh.find(({ name }) => domain.includes(`/${name}'`));
        if (volume === undefined) throw new Error("a domain has no new volume");
        await session.call("storage_vol_create_xml", { pool, xml: volume.xml, flags: 0 });
        // 1: checked against libvirt's own schema first.
        const { dom } = await session.call("domain_define_xml_flags", { xml: domain, flags: 1 });
        // 1: the running guest.
        for (const tag of ["disk", "interface"] as const)
          await session.call("domain_attach_device_flags", { dom, xml: added(domain, tag), flags: 1 });
        const nvcpus = Number(/<vcpu[^>]*>(\d+)</.exec(domain)?.[1]);
        await session.call("domain_set_vcpus_flags", { dom, nvcpus, flags: 1 });
        const memory = BigInt(/<currentMemory[^>]*>(\d+)</.exec(domain)?.[1] ?? 0);
        await session.call("domain_set_memory_flags", { dom, memory, flags: 1 });
      }),
    );
  });
  return ms;
}

/** Takes it all away again; milliseconds. */
export async function removeAll(session: LibvirtSession): Promise<number> {
  const { domains } = await session.call("connect_list_all_domains", { need_results: 1, flags: 0 });
  const { net } = await session.call("network_lookup_by_name", { name: "bench" });
  const { pool } = await session.call("storage_pool_lookup_by_name", { name: "bench" });
  const { vols } = await session.call("storage_pool_list_all_volumes", { pool, need_results: 1, flags: 0 });
  const { ms } = await timed(async () => {
    await inFlight(
      WIDTH,
      domains.map((dom) => async () => {
        await session.call("domain_destroy_flags", { dom, flags: 0 }, { timeoutMs: 300_000 });
        await session.call("domain_undefine_flags", { dom, flags: 0 });
      }),
    );
    await inFlight(
      WIDTH,
      vols.map((vol) => () => session.call("storage_vol_delete", { vol, flags: 0 })),
    );
    await session.call("network_destroy", { net });
    await session.call("network_undefine", { net });
    await session.call("storage_pool_destroy", { pool });
    await session.call("storage_pool_delete", { pool, flags: 0 });
    await session.call("storage_pool_undefine", { pool });
  });
  return ms;
}
