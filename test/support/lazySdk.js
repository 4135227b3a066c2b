/**
 * Preloaded into the engine's Node processes in tests: half of the SDK's start is npm's and TypeScript's libraries, which it uses
 * to turn functions into text. Nobody here does, so they are loaded when somebody does; a thousand commands start two processes
 * each. The SDK itself is the real one, and what `npm pack` gives (test/engine/package) and measurements go without this.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- preloaded, before anything else runs
const Module = require("node:module");

const LATER = new Set(["@npmcli/arborist", "typescript"]);
const load = Module._load;

Module._load = function (request, ...rest) {
  if (!LATER.has(request)) return load.call(this, request, ...rest);
  let loaded;
  const real = () => (loaded ??= load.call(this, request, ...rest));
  return new Proxy(
    {},
    {
      // So that `import *` takes it as it is, instead of asking for all that it has.
      get: (_, key) => (key === "__esModule" ? true : real()[key]),
      has: (_, key) => key in real(),
    },
  );
};
