import * as modules from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Half of our start is V8 compiling the same modules at each run of the engine, so Node keeps what it has compiled. In the
 * user's own cache: Node's default is a folder that everybody on the machine may write to. NODE_DISABLE_COMPILE_CACHE=1
 * turns it off; where the folder cannot be written, nothing is kept.
 */
const FOLDER = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-vmhost", "compiled");

/** The engine ends its providers without asking, so what is compiled is not left for the end. */
const WRITTEN_AFTER_MS = 500;

// Node 22.0 has neither of the two, and the first 22s not the second.
const { enableCompileCache, flushCompileCache }: Partial<typeof modules> = modules;
enableCompileCache?.(FOLDER);
setTimeout(() => flushCompileCache?.(), WRITTEN_AFTER_MS).unref();
