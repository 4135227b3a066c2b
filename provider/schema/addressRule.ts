import type { Complaint } from "./gate";
import { isUnknown } from "./unknown";

/** What a URI on this input could be made to do is kept small: query parameters by allow-list (R14). */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  unix: ["socket"],
  ssh: ["keyfile", "known_hosts", "known_hosts_verify", "socket", "no_tty", "proxy"],
  tcp: [],
  tls: ["pkipath", "no_verify"],
};

export function* addressRule({ address }: { readonly address?: string }): Iterable<Complaint> {
  if (address === undefined || isUnknown(address)) return;
  const message = addressComplaint(address);
  if (message !== undefined) yield { path: ["address"], message };
}

function addressComplaint(address: string): string | undefined {
  const [, driver, transport, rest] = /^([a-z]+)(?:\+([a-z0-9]+))?:\/\/(.*)$/i.exec(address) ?? [];
  if (driver === undefined || rest === undefined)
    return `"${address}" is no address; write it as qemu:///system or qemu+ssh://user@host/system`;
  const [authority = ""] = rest.split(/[/?]/);
  const kind = transport ?? (authority === "" ? "unix" : "tls");
  const allowed = PARAMETERS[kind];
  if (allowed === undefined) return `transport "${kind}" is not known; use unix, ssh, tls or tcp`;
  if (kind !== "unix" && authority === "")
    return `transport "${kind}" needs a host: ${driver}+${kind}://user@host/system`;
  if (/:[^@\]]*@/.test(authority))
    return "must not hold a password; give it as `password` (a secret) or `pulumi config set --secret vmhost:password`";
  const query = rest.includes("?") ? rest.slice(rest.indexOf("?") + 1) : "";
  for (const name of new URLSearchParams(query).keys()) {
    if (!allowed.includes(name)) {
      const known =
        allowed.length === 0
          ? "no parameters are"
          : `only ${allowed.join(", ")} ${allowed.length === 1 ? "is" : "are"}`;
      return `parameter "${name}" is not accepted for ${kind}: ${known} (others could name a program to run)`;
    }
  }
  return undefined;
}
