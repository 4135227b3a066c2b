import type { MessageEvent, WebSocket } from "undici";
import type { CommandResult, GuestCommand } from "../../../driver/contract";
import { DriverError, hasCode, isDriverError, type DriverErrorDetails } from "../../../driver/errors";
import type { Operation } from "../../api/answers";
import { at, type LxdClient } from "../../api/client";
import { given } from "../../common";

/** How much of what a command writes is kept: the end of it. */
const KEPT_BYTES = 64 * 1024;
/** How long the end of a command that was killed, and the last of what one has written, may take. */
const GRACE_MS = 10_000;
const SIGKILL = 9;

type What = Partial<DriverErrorDetails>;

/**
 * Runs a command in an instance. LXD before 5.14 may lose what a short one writes to websockets (its own client's, too); where that is
 * wanted it goes to files of such a server instead.
 */
export async function run(
  client: LxdClient,
  instance: string,
  command: GuestCommand,
): Promise<CommandResult> {
  const { environment, workingDir: cwd, uid: user, gid: group, label = "a command" } = command;
  const recorded = command.keepOutput === true && !(await client.has("operation_wait"));
  const what = { operation: "run", target: `${label} in VM "${instance}"` };
  const started = await client.begin("POST", `${at("instances", instance)}/exec`, {
    body: given({
      command: command.command,
      environment,
      cwd,
      user,
      group,
      "wait-for-websocket": !recorded,
      "record-output": recorded,
      interactive: false,
    }),
    what,
  });
  if (started === undefined)
    throw new DriverError("the server did not begin to run it", { code: "unsupported", ...what });
  const wait = { deadlineMs: command.timeoutSeconds * 1000, what };
  return recorded
    ? withFiles(client, instance, started, wait)
    : overSockets(client, started, { ...wait, what });
}

interface Wait {
  readonly deadlineMs: number;
  readonly what: What;
}

/** What it writes is in two files of the server's, which are read and taken away. */
async function withFiles(
  client: LxdClient,
  instance: string,
  started: Operation,
  wait: Wait,
): Promise<CommandResult> {
  const files = ["stdout", "stderr"].map(
    (name) => `${at("instances", instance)}/logs/exec_${started.id}.${name}`,
  );
  try {
    const ended = await client.outcome(started, wait);
    const [stdout = "", stderr = ""] = await Promise.all(
      files.map(async (file) => {
        const tail = new Tail();
        for await (const chunk of client.bytes(file, wait.what)) tail.keep(chunk);
        return tail.text();
      }),
    );
    return { exitStatus: Number(ended.metadata?.["return"]), stdout, stderr };
  } catch (error) {
    if (!hasCode(error, "timeout"))
      throw isDriverError(error) && error.transient ? cutOff(error, wait.what) : error;
    const message = `it did not end within ${wait.deadlineMs / 1000} s, and runs on: this version of LXD does not end it`;
    throw new DriverError(message, { code: "timeout", ...wait.what });
  } finally {
    await Promise.all(files.map((file) => client.remove(file).catch(() => undefined)));
  }
}

/** What it writes comes over websockets, so that nothing of it stays on the server, which ends a command whose control breaks off. */
async function overSockets(client: LxdClient, started: Operation, wait: Wait): Promise<CommandResult> {
  const { deadlineMs, what } = wait;
  const secrets = (started.metadata?.["fds"] ?? {}) as Readonly<Record<string, string>>;
  const written = [new Written(), new Written()] as const;
  const socket = (name: string, listen: (socket: WebSocket) => void = () => undefined): Promise<WebSocket> =>
    client.socket(`${at("operations", started.id)}/websocket`, { secret: secrets[name] }, listen);
  // The server waits for the other three, and may be done before a control that comes last is there.
  const control = await socket("control").catch(() => undefined);
  const others = await Promise.allSettled([
    socket("0"),
    socket("1", (stdout) => written[0].listen(stdout)),
    socket("2", (stderr) => written[1].listen(stderr)),
  ]);
  const opened = others.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const [stdin] = opened;
  try {
    if (opened.length < others.length || stdin === undefined || control === undefined)
      throw await notBegun(client, started, what);
    // There is nothing to read for it.
    stdin.send("");
    const ended = await client.outcome(started, wait).catch(async (error: unknown) => {
      if (!hasCode(error, "timeout"))
        throw isDriverError(error) && error.transient ? cutOff(error, what) : error;
      control.send(JSON.stringify({ command: "signal", signal: SIGKILL }));
      await client.outcome(started, { deadlineMs: GRACE_MS }).catch(() => undefined);
      throw tooLong(deadlineMs / 1000, what);
    });
    const [out, err] = await Promise.all(written.map((each) => each.text()));
    return { exitStatus: Number(ended.metadata?.["return"]), stdout: out ?? "", stderr: err ?? "" };
  } finally {
    for (const each of [control, ...opened]) each?.close();
  }
}

/** A command begins when all its websockets are open; one that could not has been given up with a reason, or the connection has. */
async function notBegun(client: LxdClient, started: Operation, what: What): Promise<DriverError> {
  try {
    await client.outcome(started, { deadlineMs: GRACE_MS, what });
  } catch (error) {
    if (isDriverError(error) && !hasCode(error, "timeout")) return error;
    return new DriverError("the connection broke before it ran", { code: "connection-lost", ...what });
  }
  return new DriverError("it has run, and the connection for what it wrote broke", {
    code: "failed",
    ...what,
  });
}

/** The last of what a command writes. */
class Tail {
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  keep(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    while (this.bytes - (this.chunks[0]?.length ?? 0) >= KEPT_BYTES)
      this.bytes -= this.chunks.shift()?.length ?? 0;
  }

  text(): string {
    const all = Buffer.concat(this.chunks);
    return all.subarray(Math.max(0, all.length - KEPT_BYTES)).toString();
  }
}

/** What comes over a websocket up to its end: an empty text, or its close. */
class Written {
  private readonly tail = new Tail();
  private end = Promise.resolve();

  listen(socket: WebSocket): void {
    this.end = new Promise((resolve) => {
      socket.addEventListener("close", () => resolve());
      socket.addEventListener("message", ({ data }: MessageEvent) => {
        if (data instanceof ArrayBuffer) this.tail.keep(Buffer.from(data));
        else resolve();
      });
    });
  }

  async text(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GRACE_MS)));
    await Promise.race([this.end, late]);
    clearTimeout(timer);
    return this.tail.text();
  }
}

function tooLong(seconds: number, what: What): DriverError {
  return new DriverError(`it did not end within ${seconds} s, and was killed`, { code: "timeout", ...what });
}

/** It may have done its work, or half of it; nobody but the program's author can tell whether once more is right. */
function cutOff(error: DriverError, what: What): DriverError {
  return new DriverError(`the connection broke while it ran (${error.message}); the server kills it then`, {
    code: "failed",
    ...what,
    remedy: "The next `pulumi up` runs it again.",
    cause: error,
  });
}
