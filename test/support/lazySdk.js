/**
 * Preloaded into the engine's Node processes in tests. Most of the SDK's start is npm's, TypeScript's and OpenTelemetry's libraries,
 * with which it turns functions into text, runs TypeScript and traces. Hardly any program here wants that, so they are loaded when
 * one does: a thousand commands start two processes each. The SDK itself is the real one, and what `npm pack` gives
 * (test/engine/package) and measurements go without this.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- preloaded, before anything else runs
const Module = require("node:module");

/** Of these, one or the other thing is asked for when it is needed. */
const WHOLE = new Set(["@npmcli/arborist", "normalize-package-data", "typescript", "./automation"]);
/** Of these, classes and functions are named in advance. */
const PARTS = new Set(
  [
    "resources",
    "sdk-trace-base",
    "sdk-trace-node",
    "exporter-zipkin",
    "instrumentation",
    "instrumentation-grpc",
  ].map((name) => `@opentelemetry/${name}`),
);

/** What is done for whom there is none here: the SDK's own TypeScript in each stack that it keeps of a promise, and a debugger that knows every function. */
const UNWANTED = new Map([
  ["source-map-support/register", {}],
  ["../../runtime/closure/v8Hooks", { isInitializedAsync: () => Promise.resolve() }],
]);

// The language host that is built from Go modules is too old to hear `typescript: false` from the engine.
if (process.env["VMHOST_TEST_LANGUAGE"] === "javascript") delete process.env["PULUMI_NODEJS_TYPESCRIPT"];

const load = Module._load;

Module._load = function (request, ...rest) {
  if (UNWANTED.has(request)) return UNWANTED.get(request);
  if (!WHOLE.has(request) && !PARTS.has(request)) return load.call(this, request, ...rest);
  let loaded;
  const real = () => (loaded ??= load.call(this, request, ...rest));
  const part = (key) =>
    new Proxy(function () {}, {
      apply: (_, self, args) => Reflect.apply(real()[key], self, args),
      construct: (_, args) => Reflect.construct(real()[key], args),
    });
  const get = (_, key) => {
    // So that `import *` takes it as it is, instead of asking for all that it has.
    if (key === "__esModule") return true;
    if (PARTS.has(request)) return part(key);
    return key === "default" ? (real().default ?? real()) : real()[key];
  };
  return new Proxy({}, { get, has: (_, key) => key in real() });
};
