import { chmod } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Numbers of the protocol (docs/interop/vhost-user.rst of QEMU). */
const ASKS = { features: 1, vringBase: 11, protocolFeatures: 15, memorySlots: 36 };
const HEADER = 12;
const REPLY = 5;
const FEATURES = (1n << 32n) | (1n << 30n);
/** Memory may be plugged in slots, more of them than a machine begins with. */
const PROTOCOL_FEATURES = 1n << 15n;
const SLOTS = 32n;
const AGAIN_MS = 100;

/** As much of a switch in user space as QEMU wants to see: it shakes hands, and moves no packet. */
export class VhostUserPeer {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private over = false;

  /** For QEMU as the client. */
  async listen(path: string): Promise<this> {
    const server = (this.server = createServer((socket) => this.serve(socket)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    await chmod(path, 0o777);
    return this;
  }

  /** For QEMU as the server, whenever it is one. */
  call(path: string): this {
    if (this.over) return this;
    const socket = connect(path);
    socket.on("error", () => undefined);
    socket.on("connect", () => this.serve(socket));
    socket.on("close", () => setTimeout(() => this.call(path), AGAIN_MS).unref());
    return this;
  }

  end(): void {
    this.over = true;
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    let rest = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32LE(8)) {
        const end = HEADER + rest.readUInt32LE(8);
        const answer = answerTo(rest.readUInt32LE(0), rest.subarray(HEADER, end));
        if (answer !== undefined) socket.write(answer);
        rest = rest.subarray(end);
      }
    });
  }
}

function answerTo(request: number, body: Buffer): Buffer | undefined {
  const value: Readonly<Record<number, bigint>> = {
    [ASKS.features]: FEATURES,
    [ASKS.protocolFeatures]: PROTOCOL_FEATURES,
    [ASKS.memorySlots]: SLOTS,
    // The number of the queue, at the place where it began.
    [ASKS.vringBase]: body.length < 4 ? 0n : BigInt(body.readUInt32LE(0)),
  };
  const said = value[request];
  if (said === undefined) return undefined;
  const answer = Buffer.alloc(HEADER + 8);
  for (const [at, number] of [request, REPLY, 8].entries()) answer.writeUInt32LE(number, at * 4);
  answer.writeBigUInt64LE(said, HEADER);
  return answer;
}
