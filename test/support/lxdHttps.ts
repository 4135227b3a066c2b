import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { poll } from "../../scripts/lib/processes.ts";
import type { ThrowawayLxd } from "../../scripts/lib/lxd.ts";

/** A throwaway LXD's HTTPS port as one of this machine: its own network namespace is entered through a socket in its folder. */
export interface HttpsPort {
  readonly port: number;
  readonly address: string;
  close(): Promise<void>;
}

const INSIDE = `
const net = require("node:net");
net.createServer((near) => {
  const far = net.connect(8443, "127.0.0.1");
  for (const [a, b] of [[near, far], [far, near]]) { a.on("error", () => b.destroy()); a.pipe(b); }
}).listen(process.argv[1]);`;

export async function openHttps(lxd: ThrowawayLxd): Promise<HttpsPort> {
  await lxd.lxc(["config", "set", "core.https_address=127.0.0.1:8443"]);
  const socket = join(lxd.host.dir, "https.socket");
  // Ends with its host.
  void lxd.host.exec([process.execPath, "-e", INSIDE, socket], { allowFailure: true });
  const ready = await poll(
    () =>
      new Promise<boolean>((resolve) => {
        const probe = createConnection(socket, () => resolve((probe.destroy(), true)));
        probe.on("error", () => resolve(false));
      }),
    10_000,
  );
  if (ready !== true) throw new Error("Nothing leads to LXD's port");
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = createConnection(socket);
    for (const [a, b] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(a);
      a.on("close", () => open.delete(a));
      a.on("error", () => b.destroy());
      a.pipe(b);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `https://127.0.0.1:${port}`,
    async close() {
      for (const each of open) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
