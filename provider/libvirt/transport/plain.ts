import type { Socket } from "node:net";
import { DriverError } from "../../driver/errors";
import type { Transport, TransportStream, Warnings } from "./transport";

/** A transport whose streams are sockets of their own: unix, tcp and tls differ only in how one is opened. */
export function socketTransport(label: string, warnings: Warnings, open: () => Promise<Socket>): Transport {
  const sockets = new Set<Socket>();
  let closed = false;
  return {
    get warnings() {
      return warnings.all;
    },
    async dial(): Promise<TransportStream> {
      if (closed) throw closedError(label);
      const socket = await open();
      if (closed) {
        socket.destroy();
        throw closedError(label);
      }
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return socket;
    },
    async close(): Promise<void> {
      closed = true;
      await Promise.all(
        [...sockets].map((socket) => new Promise<void>((done) => socket.once("close", done).destroy())),
      );
    },
  };
}

export function closedError(label: string): DriverError {
  return new DriverError("The connection to the host was closed", {
    code: "invalid-state",
    operation: "connect",
    host: label,
  });
}
