import type { Socket } from "node:net";
import { background, frame, operation, type FakeLxd } from "./server";

export interface Ran {
  readonly status: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

const FDS = { "0": "in", "1": "out", "2": "err", control: "control" };

/** Lets a server run commands: over four websockets, as LXD does; what they answer is the test's. */
export function runsCommands(
  lxd: FakeLxd,
  instance: string,
  answer: (body: { readonly command: readonly string[] }) => Ran,
): void {
  const pending = new Map<string, { readonly ran: Ran; readonly sockets: Map<string, Socket> }>();
  lxd.on(`POST /1.0/instances/${instance}/exec`, ({ body }) => {
    const started = { ...operation(103), metadata: { fds: FDS } };
    const ran = answer(body as { command: readonly string[] });
    pending.set(`/1.0/operations/${started.id}/websocket`, { ran, sockets: new Map() });
    return background(started);
  });
  lxd.onSocket = (path, query, socket) => {
    const exec = pending.get(path);
    if (exec === undefined) return void socket.destroy();
    const { sockets, ran } = exec;
    sockets.set(String(query.get("secret")), socket);
    if (sockets.size < Object.keys(FDS).length) return;
    for (const [fd, text] of [
      ["out", ran.stdout],
      ["err", ran.stderr],
    ] as const) {
      if (text !== undefined) sockets.get(fd)?.write(frame(Buffer.from(text)));
      sockets.get(fd)?.write(frame(""));
    }
    const id = path.split("/").at(-2);
    lxd.announce({ ...operation(200, "", id), metadata: { return: ran.status } });
  };
}
