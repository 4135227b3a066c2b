import { DriverError, hasCode } from "../../driver/errors";
import { formatBytes } from "../../schema/table/units";
import { orAbsent, untilFree } from "../common";
import { volumeFacts } from "./lookup";
import { VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_DOMAIN_BLOCK_RESIZE_BYTES } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom, RemoteNonnullStorageVol as Vol } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { diskPath, disksOf, diskTarget } from "../xml/domain/disks";
import { attribute, find, readXml } from "../xml/tree";
import type { VolumeFacts } from "../xml/volume";

/** How long the host may take to make an image larger. */
const SLOW_MS = 600_000;

/** The volume at least as large as asked for; a smaller size is refused. A running guest that has it sees the new size at once. */
export async function grown(
  session: LibvirtSession,
  vol: Vol,
  bytes: number | undefined,
): Promise<VolumeFacts> {
  const facts = await volumeFacts(session, vol);
  if (bytes === undefined || bytes === facts.capacityBytes) return facts;
  if (bytes < facts.capacityBytes) {
    throw new DriverError(
      `it has ${formatBytes(facts.capacityBytes)} and cannot shrink to ${formatBytes(bytes)}`,
      { code: "invalid-argument" },
    );
  }
  const users = await usersOf(session, vol, facts.path);
  for (const { dom, target } of users) {
    const args = { dom, disk: target, size: BigInt(bytes), flags: VIR_DOMAIN_BLOCK_RESIZE_BYTES };
    await session.call("domain_block_resize", args, { timeoutMs: SLOW_MS });
  }
  if (users.length === 0) await resize(session, vol, bytes).catch(explainEncryption(facts));
  return volumeFacts(session, vol);
}

/** Of a volume that no guest has yet. */
export async function resize(session: LibvirtSession, vol: Vol, bytes: number): Promise<void> {
  const args = { vol, capacity: BigInt(bytes), flags: 0 };
  await untilFree(() => session.call("storage_vol_resize", args, { timeoutMs: SLOW_MS }));
}

/** libvirt knows the secret of an image only until it reads the pool anew. */
function explainEncryption({ encrypted }: VolumeFacts): (error: unknown) => never {
  return (error) => {
    if (!encrypted || !/no secret/.test(error instanceof Error ? error.message : "")) throw error;
    throw new DriverError("libvirt has forgotten the secret of this encrypted image", {
      code: "invalid-state",
      remedy: "Change its size while a VM that has it runs: then the guest's QEMU makes it larger.",
      cause: error,
    });
  };
}

/** The running guests that have the volume open, and where. */
async function usersOf(
  session: LibvirtSession,
  vol: Vol,
  path: string,
): Promise<readonly { readonly dom: Dom; readonly target: string }[]> {
  const { domains } = await session.call("connect_list_all_domains", {
    need_results: 1,
    flags: VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  });
  const found = await Promise.all(
    domains.map(async (dom) => {
      const answer = await orAbsent(session.call("domain_get_xml_desc", { dom, flags: 0 })).catch(
        (error: unknown) => {
          if (hasCode(error, "invalid-state")) return undefined;
          throw error;
        },
      );
      const disks = answer === undefined ? [] : disksOf(readXml(answer.xml));
      return disks
        .filter((disk) => {
          const source = find(disk, "source");
          const named = attribute(source, "pool") === vol.pool && attribute(source, "volume") === vol.name;
          return named || diskPath(disk) === path;
        })
        .flatMap((disk) => diskTarget(disk) ?? [])
        .map((target) => ({ dom, target }));
    }),
  );
  return found.flat();
}
