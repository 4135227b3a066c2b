/** Tests run on the TypeScript sources (swc strips the types); `npm run check` is what type-checks them. */
const transform = {
  "^.+\\.ts$": [
    "@swc/jest",
    { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
  ],
};

const project = (name, extra = {}) => ({
  displayName: name,
  testEnvironment: "node",
  roots: [`<rootDir>/test/${name}`],
  testMatch: ["**/*.test.ts"],
  transform,
  ...extra,
});

/** What talks to real hosts: more time, and the shared hosts are taken away at the end. */
const slow = {
  setupFilesAfterEnv: ["<rootDir>/test/support/slow.ts"],
  globalTeardown: "<rootDir>/test/support/teardown.ts",
};

module.exports = {
  testSequencer: "<rootDir>/test/support/longestFirst.ts",
  projects: [
    project("unit"),
    project("contract", slow),
    project("engine", slow),
    project("live", slow),
    project("fault", slow),
    project("fates", slow),
  ],
};
