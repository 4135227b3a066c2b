import { connect } from "node:net";

/**
 * A provider whose engine was killed goes on with what it has begun, and makes objects that no state will ever hold. So
 * it ends with its engine; what it leaves half-made is recognised and completed by the next run. The launcher's shell
 * stands between the two processes, so the engine's own port, the provider's first argument, is what is watched.
 */
export function endWithEngine(address: string | undefined = process.argv[2]): void {
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(address ?? "") ?? [];
  if (host === undefined || port === undefined) return;
  watch(host.replace(/[[\]]/g, ""), Number(port));
}

function watch(host: string, port: number): void {
  let reached = false;
  const socket = connect(port, host, () => (reached = true));
  socket.unref();
  socket.on("error", () => undefined);
  // The engine closes connections that say nothing; as long as it takes new ones, it lives.
  socket.on("close", () => {
    if (reached) setTimeout(() => watch(host, port), 100).unref();
    else process.exit(1);
  });
  socket.resume();
}
