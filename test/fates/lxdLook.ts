import type { Args } from "./row";

/** In what lxc shows: a key of LXD's that has a value. */
export function lxdKey(name: string, value: string): RegExp {
  return new RegExp(`"${name.replaceAll(".", "\\.")}": "${value.replace(/[.|]/g, "\\$&")}"`);
}

/** Another project of the server is another host to programs. */
export async function projectOf({ outs }: { readonly outs: Args }): Promise<string> {
  return JSON.stringify((outs["host"] as Args)["project"] ?? "default");
}
