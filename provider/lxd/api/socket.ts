import type { WebSocket } from "undici";
import { DriverError } from "../../driver/errors";
import type { Query, Requests } from "./requests";
import { webSocket } from "./undici";

const OPEN_MS = 30_000;

/** A websocket of an operation's, open. Whoever listens has to before it is: the first message may come along with that. */
export function openSocket(
  { origin, waits }: Requests,
  path: string,
  query: Query,
  listen: (socket: WebSocket) => void,
): Promise<WebSocket> {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) given.set(key, value);
  const url = `${origin.replace(/^http/, "ws")}${path}?${given.toString()}`;
  const socket = webSocket(url, { dispatcher: waits });
  socket.binaryType = "arraybuffer";
  listen(socket);
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer);
      reject(new DriverError("the server opens no websocket for it", { code: "connection-lost" }));
      socket.close();
    };
    const timer = setTimeout(fail, OPEN_MS);
    // Once it is open, whoever reads it sees it close.
    socket.addEventListener("error", fail);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
