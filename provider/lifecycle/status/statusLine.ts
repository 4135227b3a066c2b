import { createRequire } from "node:module";

/** The engine's log service as the SDK has it; the types are no part of its public face. */
interface LogRequest {
  setSeverity(severity: number): void;
  setMessage(message: string): void;
  setEphemeral(ephemeral: boolean): void;
}
interface Engine {
  log(request: LogRequest, options: { readonly deadline: number }, done: () => void): void;
  close(): void;
}
interface EngineProto {
  readonly LogRequest: new () => LogRequest;
  readonly LogSeverity: { readonly INFO: number };
}

const DEADLINE_MS = 5000;

/** Puts text into the engine's status line; what is said next takes its place, and nothing is left of it in the end. */
export interface StatusLine {
  say(text: string): void;
  close(): void;
}

/**
 * The SDK's own log does not know the engine in a provider's process, though the process is told its address. A provider that
 * cannot reach it works without a word.
 */
export function statusLine(address: string | undefined = process.argv[2]): StatusLine {
  const nothing: StatusLine = { say: () => undefined, close: () => undefined };
  if (address === undefined || !/^(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(address)) return nothing;
  try {
    const sdk = createRequire(require.resolve("@pulumi/pulumi/package.json"));
    const { LogRequest, LogSeverity } = sdk("./proto/engine_pb.js") as EngineProto;
    const { EngineClient } = sdk("./proto/engine_grpc_pb.js") as {
      readonly EngineClient: new (address: string, credentials: unknown) => Engine;
    };
    const { credentials } = sdk("@grpc/grpc-js") as {
      readonly credentials: { createInsecure(): unknown };
    };
    const engine = new EngineClient(address, credentials.createInsecure());
    return {
      say: (text) => {
        const request = new LogRequest();
        request.setSeverity(LogSeverity.INFO);
        request.setMessage(text);
        request.setEphemeral(true);
        engine.log(request, { deadline: Date.now() + DEADLINE_MS }, () => undefined);
      },
      close: () => engine.close(),
    };
  } catch {
    return nothing;
  }
}
