import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** How many files a process of its own has loaded whose paths fit, after it has run a line of a program on the sources. */
export function loadedBy(line: string, files: RegExp): number {
  const program = `
    const { transformSync } = require("@swc/core");
    require.extensions[".ts"] = (module, file) => module._compile(transformSync(require("fs").readFileSync(file, "utf8"), { module: { type: "commonjs" }, jsc: { target: "es2023", parser: { syntax: "typescript" } } }).code, file);
    ${line}
    process.stdout.write(String(Object.keys(require.cache).filter((file) => ${files}.test(file)).length));`;
  const cwd = join(__dirname, "../..");
  return Number(execFileSync(process.execPath, ["-e", program], { cwd, encoding: "utf8" }));
}
