import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { poll } from "../../scripts/lib/processes.ts";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host.ts";

/** A TCP port of a throwaway host as one of this machine: its own network namespace is entered through a socket in its folder. */
export interface PortInto {
  readonly port: number;
  close(): Promise<void>;
}

const INSIDE = `
const net = require("node:net");
net.createServer((near) => {
  const far = net.connect({ port: Number(process.argv[2]), host: "127.0.0.1", noDelay: true });
  for (const [a, b] of [[near, far], [far, near]]) { a.on("error", () => b.destroy()); a.pipe(b); }
}).listen(process.argv[1]);`;

export async function openPort(host: ThrowawayHost, inner: number): Promise<PortInto> {
  const path = join(host.dir, `port-${inner}`);
  // Ends with its host.
  void host.exec([process.execPath, "-e", INSIDE, path, String(inner)], { allowFailure: true });
  const ready = await poll(
    () =>
      new Promise<boolean>((resolve) => {
        const probe = createConnection(path, () => resolve((probe.destroy(), true)));
        probe.on("error", () => resolve(false));
      }),
    60_000,
  );
  if (ready !== true) throw new Error(`Nothing leads to port ${inner} of ${host.name}`);
  const open = new Set<Socket>();
  // What is held back until the last part was acknowledged costs every answer 40 ms.
  const server = createServer({ noDelay: true }, (near) => {
    const far = createConnection(path);
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
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const each of open) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
