import type { LibvirtAddress } from "../../../schema/address/address";
import type { SshSession } from "./session";
import { SOCKET_NAME, SYSTEM_SOCKETS } from "../unix";

/** What is there on the far side, asked once when the direct way is shut. */
export interface Survey {
  /** The daemon's socket: the first candidate that exists, else the first one. */
  readonly socket: string;
  readonly state: "ok" | "denied" | "missing" | "not-a-socket";
  /** There is a socket of the modular daemons beside it. */
  readonly modular: boolean;
  readonly user: string;
  readonly helper: boolean;
  readonly netcat: boolean;
}

const MARK = "vmhost-survey";
const SAFE = /^\/[A-Za-z0-9_./-]+$/;
const MAX_ANSWER = 4000;

/** Where the far side's daemon listens; undefined where only the far side knows (a session daemon). */
export function remoteSockets(address: LibvirtAddress): readonly string[] | undefined {
  if (address.socket !== undefined) return [address.socket];
  return address.path === "/session" ? undefined : SYSTEM_SOCKETS;
}

/**
 * A fixed script for any Bourne shell; only socket paths are put in, and those have no character that a shell knows.
 * It has no single quote and no "!", so that csh and fish pass it on unharmed.
 */
export function surveyCommand(sockets: readonly string[] | undefined): string {
  for (const path of sockets ?? []) if (!SAFE.test(path)) throw new RangeError("unsafe socket path");
  const runtime = "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}";
  const cache = "${XDG_CACHE_HOME:-$HOME/.cache}";
  const candidates =
    sockets?.join(" ") ?? `"${runtime}/libvirt/${SOCKET_NAME}" "${cache}/libvirt/${SOCKET_NAME}"`;
  const script =
    `echo ${MARK}; echo "user $(id -un)"; ` +
    `for s in ${candidates}; do d=\${s%/*}; ` +
    `if [ -S "$s" ]; then if [ -w "$s" ]; then t=ok; else t=denied; fi; ` +
    `elif [ -e "$s" ]; then t=not-a-socket; ` +
    `elif [ -d "$d" ] && [ -x "$d" ]; then t=missing; ` +
    `elif [ -d "$d" ]; then t=denied; else t=missing; fi; ` +
    `echo "socket $t $s"; if [ -S "$d/virtqemud-sock" ]; then echo modular; fi; done; ` +
    `if command -v virt-ssh-helper >/dev/null 2>&1; then echo helper; fi; ` +
    `if command -v nc >/dev/null 2>&1 && nc -h 2>&1 | grep -q -e -U; then echo netcat; fi`;
  return `sh -c '${script}'`;
}

/**
 * Undefined when the far side says nothing: a forced command. Words that are not the script's are those of an account that
 * cannot run programs.
 */
export async function survey(
  session: SshSession,
  sockets: readonly string[] | undefined,
): Promise<Survey | { readonly refusal: string } | undefined> {
  const answer = await run(session, surveyCommand(sockets));
  const words =
    answer
      .trim()
      .split("\n")[0]
      ?.replace(/[^\x20-\x7e]/g, "?")
      .slice(0, 200) ?? "";
  return readSurvey(answer) ?? (words === "" ? undefined : { refusal: words });
}

export function readSurvey(answer: string): Survey | undefined {
  const lines = answer.split("\n").map((line) => line.trim());
  if (!lines.includes(MARK)) return undefined;
  const found = lines.flatMap((line) => {
    const parts = /^socket (ok|denied|missing|not-a-socket) (\S+)$/.exec(line);
    const path = parts?.[2] ?? "";
    return parts === null || !SAFE.test(path) ? [] : [{ state: parts[1] as Survey["state"], socket: path }];
  });
  const best = found.find(({ state }) => state !== "missing") ?? found[0];
  if (best === undefined) return undefined;
  const user = lines.find((line) => line.startsWith("user "))?.slice(5) ?? "";
  return {
    ...best,
    modular: lines.includes("modular"),
    user: /^[\w.@\\-]+$/.test(user) ? user : "the user",
    helper: lines.includes("helper"),
    netcat: lines.includes("netcat"),
  };
}

async function run(session: SshSession, command: string): Promise<string> {
  const channel = await session.exec(command);
  const holder = { lost: (): void => void channel.destroy() };
  session.hold(holder, true);
  try {
    return await new Promise<string>((resolve) => {
      let answer = "";
      channel.on(
        "data",
        (chunk: Buffer) => (answer = (answer + chunk.toString("utf8")).slice(0, MAX_ANSWER)),
      );
      channel.stderr.resume();
      channel.on("error", () => resolve(answer));
      channel.on("close", () => resolve(answer));
      channel.end(); // a forced command that waits for input sees its end at once
    });
  } finally {
    session.release(holder);
  }
}
