import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Client, ServerHostKeyAlgorithm } from "ssh2";
import { DriverError, isDriverError } from "../../../driver/errors";
import type { Deadline } from "../deadline";
import { connectTcp } from "../socket";
import { Authentication } from "./auth";
import { HostKeyChecker } from "./hostKeys";
import { collectIdentities } from "./keys";
import { loadSsh2 } from "./libraries";
import type { Hop } from "./route";

/** What has been logged in to, the nearest first, over the one socket of this machine. */
export interface LoggedIn {
  readonly socket: Socket;
  readonly clients: readonly Client[];
}

/** Through each hop to the next. Where one refuses, nothing stays open. */
export async function logInAlong(
  route: readonly Hop[],
  label: string,
  deadline: Deadline,
): Promise<LoggedIn> {
  const clients: Client[] = [];
  const [first] = route;
  if (first === undefined) throw new RangeError("a route has at least one hop");
  const socket = await connectTcp(first.host, first.port, deadline.within(first.connectTimeoutMs), {
    label,
    service: "ssh",
  });
  try {
    let stream: Duplex = socket;
    for (const [index, hop] of route.entries()) {
      const before = clients.at(-1);
      if (index > 0 && before !== undefined) stream = await forward(before, hop, label, deadline);
      clients.push(await logIn(hop, stream, label, deadline.within(hop.connectTimeoutMs)));
    }
    return { socket, clients };
  } catch (error) {
    for (const client of clients) client.on("error", () => undefined).destroy();
    socket.destroy();
    if (isDriverError(error)) throw error;
    throw new DriverError("The ssh connection was lost while it was being made", {
      code: "unreachable",
      operation: "connect",
      host: label,
      remedy: "look into the ssh server's log on the host",
      cause: error,
    });
  }
}

function forward(client: Client, hop: Hop, label: string, deadline: Deadline): Promise<Duplex> {
  const target = `${hop.host}:${hop.port}`;
  return new Promise((resolve, reject) => {
    const fail = (code: "timeout" | "unreachable", message: string, cause?: Error): void =>
      reject(
        new DriverError(message, {
          code,
          operation: "connect",
          target,
          host: label,
          remedy: "check that the jump host reaches it and allows forwarding (AllowTcpForwarding)",
          cause,
        }),
      );
    const calm = deadline.alarm(() =>
      fail("timeout", `The jump host did not reach ${target} within ${deadline.seconds}`),
    );
    client.forwardOut("127.0.0.1", 0, hop.host, hop.port, (error, channel) => {
      calm();
      if (error === undefined) return resolve(channel);
      fail("unreachable", `The jump host cannot reach ${target}: ${error.message}`, error);
    });
  });
}

/** One hop: banner, host key, login. */
async function logIn(hop: Hop, sock: Duplex, label: string, deadline: Deadline): Promise<Client> {
  const { Client } = loadSsh2();
  const hostKey = new HostKeyChecker(hop.hostKey);
  const identities = await collectIdentities(hop.identities);
  const login = new Authentication({
    user: hop.user,
    ...identities,
    ...(hop.password === undefined ? {} : { password: hop.password }),
    ...(hop.authOnly === undefined ? {} : { only: hop.authOnly }),
  });
  const client = new Client();
  const target = `${hop.host}:${hop.port}`;
  let stage: "banner" | "handshake" | "login" = "banner";
  let refusal: DriverError | undefined;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: DriverError): void => {
      calm();
      client.removeAllListeners().on("error", () => undefined);
      client.destroy();
      sock.destroy();
      reject(error);
    };
    const details = { operation: "connect", target, host: label } as const;
    const calm = deadline.alarm(() =>
      fail(
        new DriverError(`${target} ${SILENT[stage]} within ${deadline.seconds}`, {
          ...details,
          code: "timeout",
          remedy: "check that an ssh server listens on this port and that the host is not overloaded",
        }),
      ),
    );
    client.on("error", (error: Error & { level?: string }) => {
      if (refusal !== undefined) return fail(refusal);
      if (error.level === "agent") return; // ssh2 tells of it and goes on with the next key
      if (login.exhausted || /too many authentication failures/i.test(error.message))
        return fail(login.refused(label, target, error));
      if (error.level === "client-authentication") return;
      fail(explain(error, stage, details));
    });
    client.on("close", () =>
      fail(
        stage === "login"
          ? login.refused(label, target)
          : explain(new Error("the server closed the connection"), stage, details),
      ),
    );
    client.on("handshake", () => (stage = "login"));
    client.on("ready", () => {
      calm();
      client
        .removeAllListeners("error")
        .removeAllListeners("close")
        .on("error", () => undefined);
      resolve();
    });
    client.connect({
      sock,
      username: hop.user,
      readyTimeout: 0, // the deadline above spans all hops
      strictVendor: false, // other servers may know OpenSSH's extension; one that does not says so
      algorithms: { serverHostKey: [...hostKey.algorithms()] as ServerHostKeyAlgorithm[] },
      hostVerifier: (key: Buffer) => {
        stage = "handshake";
        refusal = hostKey.check(key);
        return refusal === undefined;
      },
      authHandler: login.handler,
    });
  });
  return client;
}

const SILENT = {
  banner: "accepted the connection, but sent no ssh handshake",
  handshake: "did not finish the ssh handshake",
  login: "did not answer the login",
} as const;

function explain(
  error: Error & { level?: string },
  stage: keyof typeof SILENT,
  details: { readonly operation: string; readonly target: string; readonly host: string },
): DriverError {
  if (isDriverError(error)) return error;
  const what = stage === "banner" ? "is not a usable ssh server" : "broke off the ssh connection";
  return new DriverError(`${details.target} ${what}: ${error.message}`, {
    ...details,
    code: "unreachable",
    remedy:
      stage === "banner"
        ? "check that an ssh server listens on this port; one that closes at once may be limiting connections (MaxStartups) or this address"
        : "look into the ssh server's log on the host",
    cause: error,
  });
}
