import type { MessageEvent, WebSocket } from "undici";
import type { CommandResult, GuestCommand } from "../../driver/contract";
import { DriverError, hasCode, isDriverError, type DriverErrorDetails } from "../../driver/errors";
import { at, type LxdClient } from "../api/client";
import { given } from "../common";

/** How much of what a command writes is kept: the end of it. */
const KEPT_BYTES = 64 * 1024;
/** How long the end of a command that was killed, and the last of what one has written, may take. */
const GRACE_MS = 10_000;
const SIGKILL = 9;

/**
 * Runs a command in an instance. What it writes comes over websockets, so that nothing of it stays on the server; the server ends
 * a command whose control breaks off.
 */
export async function run(
  client: LxdClient,
  instance: string,
  command: GuestCommand,
): Promise<CommandResult> {
  const { environment, workingDir: cwd, uid: user, gid: group, timeoutSeconds } = command;
  const { label = "a command" } = command;
  const what = { operation: "run", target: `${label} in VM "${instance}"` };
  const started = await client.begin("POST", `${at("instances", instance)}/exec`, {
    body: given({
      command: command.command,
      environment,
      cwd,
      user,
      group,
      "wait-for-websocket": true,
      interactive: false,
    }),
    what,
  });
  const secrets = started?.metadata?.["fds"] as Readonly<Record<string, string>> | undefined;
  if (started === undefined || secrets === undefined)
    throw new DriverError("the server did not begin to run it", { code: "unsupported", ...what });
  const written = [new Written(), new Written()] as const;
  const socket = (name: string, listen: (socket: WebSocket) => void = () => undefined): Promise<WebSocket> =>
    client.socket(`${at("operations", started.id)}/websocket`, { secret: secrets[name] }, listen);
  const opened = await Promise.allSettled([
    socket("0"),
    socket("1", (stdout) => written[0].listen(stdout)),
    socket("2", (stderr) => written[1].listen(stderr)),
    socket("control"),
  ]);
  const sockets = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const [stdin, , , control] = sockets;
  try {
    if (stdin === undefined || control === undefined)
      throw new DriverError("the connection broke before it ran", { code: "connection-lost" });
    // There is nothing to read for it.
    stdin.send("");
    const wait = { deadlineMs: timeoutSeconds * 1000, what };
    const ended = await client.outcome(started, wait).catch(async (error: unknown) => {
      if (!hasCode(error, "timeout")) throw error;
      control.send(JSON.stringify({ command: "signal", signal: SIGKILL }));
      await client.outcome(started, { deadlineMs: GRACE_MS }).catch(() => undefined);
      throw tooLong(timeoutSeconds, what);
    });
    const [out, err] = await Promise.all(written.map((each) => each.text()));
    return { exitStatus: Number(ended.metadata?.["return"]), stdout: out ?? "", stderr: err ?? "" };
  } catch (error) {
    throw isDriverError(error) && error.transient ? cutOff(error, what) : error;
  } finally {
    for (const each of sockets) each.close();
  }
}

/** What comes over a websocket up to its end: an empty text, or its close. */
class Written {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private end = Promise.resolve();

  listen(socket: WebSocket): void {
    this.end = new Promise((resolve) => {
      socket.addEventListener("close", () => resolve());
      socket.addEventListener("message", ({ data }: MessageEvent) => {
        if (data instanceof ArrayBuffer) this.keep(Buffer.from(data));
        else resolve();
      });
    });
  }

  async text(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GRACE_MS)));
    await Promise.race([this.end, late]);
    clearTimeout(timer);
    const all = Buffer.concat(this.chunks);
    return all.subarray(Math.max(0, all.length - KEPT_BYTES)).toString();
  }

  private keep(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    while (this.bytes - (this.chunks[0]?.length ?? 0) >= KEPT_BYTES)
      this.bytes -= this.chunks.shift()?.length ?? 0;
  }
}

function tooLong(seconds: number, what: Partial<DriverErrorDetails>): DriverError {
  return new DriverError(`it did not end within ${seconds} s, and was killed`, { code: "timeout", ...what });
}

/** It may have done its work, or half of it; nobody but the program's author can tell whether once more is right. */
function cutOff(error: DriverError, what: Partial<DriverErrorDetails>): DriverError {
  return new DriverError(`the connection broke while it ran (${error.message}); the server kills it then`, {
    code: "failed",
    ...what,
    remedy: "The next `pulumi up` runs it again.",
    cause: error,
  });
}
