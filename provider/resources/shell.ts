import type { Kind } from "../schema/table/kinds";

/**
 * The whole of what is kept in state of our code: a constant sentence that loads the package from the program's own
 * node_modules. The SDK would serialize an object with methods into the same property; written by hand the text has no
 * captured values, no path of any machine, and is the same after every build, so it never shows up as a difference.
 */
export function shellText(kind: Kind): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("pulumi-vmhost/runtime").provider("${kind}")`;
}

/** The key under which the dynamic provider of the SDK looks for that text. */
export const SHELL_KEY = "__provider";

/** The type in URNs: `pulumi-nodejs:dynamic/vmhost:Vm`. */
export function typeToken(kind: Kind): string {
  return `pulumi-nodejs:dynamic/vmhost:${kind}`;
}
