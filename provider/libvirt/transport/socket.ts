import * as net from "node:net";
import { DriverError } from "../../driver/errors";
import type { Deadline } from "./deadline";

/** Long enough to cost nothing, short enough to keep a NAT entry; the kernel sends it, so that it holds no process open. */
const TCP_KEEPALIVE_MS = 15_000;

/** Connects a socket before the deadline; the failure is `translate`d with the system's error. */
export function connectSocket(
  options: net.NetConnectOpts,
  deadline: Deadline,
  translate: (error: NodeJS.ErrnoException) => DriverError,
  late: () => DriverError,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(options);
    const fail = (error: DriverError): void => {
      calm();
      socket.destroy();
      reject(error);
    };
    const calm = deadline.alarm(() => fail(late()));
    socket.once("error", (error: NodeJS.ErrnoException) => fail(translate(error)));
    socket.once("connect", () => {
      calm();
      socket.removeAllListeners("error");
      // A reset between here and the caller's own listener must not bring the process down.
      socket.on("error", () => undefined);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
      resolve(socket);
    });
  });
}

/** `connectSocket` to a host and port, with the failures of names, routes and closed ports said in words. */
export function connectTcp(
  host: string,
  port: number,
  deadline: Deadline,
  about: { readonly label: string; readonly service: string },
): Promise<net.Socket> {
  const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const details = { operation: "connect", target, host: about.label } as const;
  return connectSocket(
    { host, port },
    deadline,
    (error) => unreachable(error, target, about),
    () =>
      new DriverError(`No answer from ${target} within ${deadline.seconds}`, {
        ...details,
        code: "timeout",
        remedy: "check the host, its firewall and the route to it",
      }),
  );
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ECONNREFUSED: [
    "refused the connection",
    "nothing listens on that port: check the port and that the service runs",
  ],
  ENOTFOUND: [
    "is not a known host name",
    "check the host name in the address and the resolver of this machine",
  ],
  EAI_AGAIN: [
    "cannot be resolved now",
    "the name server did not answer: try again or check /etc/resolv.conf",
  ],
  EHOSTUNREACH: ["cannot be reached", "there is no route to the host: check its address and the network"],
  ENETUNREACH: ["cannot be reached", "there is no route to the host: check its address and the network"],
  ETIMEDOUT: ["does not answer", "check the host, its firewall and the route to it"],
};

function unreachable(
  error: NodeJS.ErrnoException,
  target: string,
  about: { readonly label: string; readonly service: string },
): DriverError {
  const [what, remedy] = REASONS[error.code ?? ""] ?? [
    `cannot be connected to: ${error.code ?? error.message}`,
    "check the address",
  ];
  return new DriverError(`${target} (${about.service}) ${what}`, {
    code: "unreachable",
    operation: "connect",
    target,
    host: about.label,
    remedy,
    cause: error,
  });
}
