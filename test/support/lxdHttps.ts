import type { ThrowawayLxd } from "../../scripts/lib/lxd.ts";
import { openPort, type PortInto } from "./portInto.ts";

/** A throwaway LXD's HTTPS port as one of this machine. */
export interface HttpsPort extends PortInto {
  readonly address: string;
}

export async function openHttps(lxd: ThrowawayLxd): Promise<HttpsPort> {
  await lxd.lxc(["config", "set", "core.https_address=127.0.0.1:8443"]);
  const into = await openPort(lxd.host, 8443);
  return { ...into, address: `https://127.0.0.1:${into.port}` };
}
