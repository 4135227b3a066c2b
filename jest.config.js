/** Tests run on the TypeScript sources (swc strips the types); `npm run check` is what type-checks them. */
const transform = { "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2023", parser: { syntax: "typescript" } }, module: { type: "commonjs" } }] };
const project = (name, extra = {}) => ({
  displayName: name,
  testEnvironment: "node",
  roots: ["<rootDir>/test/" + name],
  testMatch: ["**/*.test.ts"],
  transform,
  ...extra,
});
module.exports = {
  projects: [project("unit"), project("contract"), project("engine"), project("live"), project("fault")],
};
