import type { PowerState } from "../../driver/contract";
import { askedOnce } from "../askedOnce";
import {
  VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_PAUSED,
  VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
  VIR_CONNECT_LIST_DOMAINS_RUNNING,
} from "../rpc/constants.gen";
import type { LibvirtSession } from "../session";

/** What of a domain is not in its definition. */
export interface Standing {
  readonly state: PowerState;
  readonly persistent: boolean;
  readonly autostart: boolean;
}

/** The same as far as lists tell it: of a domain that has crashed, or is suspended, they do not tell the state. */
type Listed = Omit<Standing, "state"> & Partial<Standing>;

/** The standing of each domain of the host, by UUID: five questions, however many domains there are. */
export function standings(session: LibvirtSession): Promise<ReadonlyMap<string, Listed>> {
  return askedOnce(session, "domains", "how all domains stand", async () => {
    const list = async (flags: number) =>
      (await session.call("connect_list_all_domains", { need_results: 1, flags })).domains;
    const among = async (flags: number): Promise<ReadonlySet<string>> =>
      new Set((await list(flags)).map(({ uuid }) => uuid));
    const [all, persistent, autostart, running, paused] = await Promise.all([
      list(0),
      among(VIR_CONNECT_LIST_DOMAINS_PERSISTENT),
      among(VIR_CONNECT_LIST_DOMAINS_AUTOSTART),
      among(VIR_CONNECT_LIST_DOMAINS_RUNNING),
      among(VIR_CONNECT_LIST_DOMAINS_PAUSED),
    ]);
    return new Map(
      all.map(({ uuid, id }): [string, Listed] => {
        const off = id < 0 ? "stopped" : undefined;
        const state = running.has(uuid) ? "running" : paused.has(uuid) ? "paused" : off;
        const told = { persistent: persistent.has(uuid), autostart: autostart.has(uuid) };
        return [uuid, state === undefined ? told : { ...told, state }];
      }),
    );
  });
}
