import { expect, test } from "@jest/globals";
import { complaints, passed } from "./complaints";

test("the project of the documentation passes, in its units", () => {
  const input = {
    name: "web",
    limits: { instances: 10, memory: "16GiB", disk: 100 },
    features: { networks: true },
  };
  expect(passed("LxdProject", input)).toMatchObject({
    limits: { instances: 10, memory: 16_384, disk: 100 * 2 ** 30 },
    features: { networks: true },
  });
});

test.each([
  [{ name: "a b" }, "name: must be 1 to 63 letters, digits, dots, - or _"],
  [{ restrictions: { nesting: "allow" } }, "restrictions: need `restricted: true`"],
  [
    { restricted: true, features: { profiles: false } },
    "restricted: needs `features.profiles`: LXD restricts no project without profiles of its own",
  ],
  [{ config: { "limits.cpu": 4 } }, 'config.limits.cpu: "limits.cpu" is set by the field `limits.cores`'],
  [{ limits: { memory: "lots" } }, /^limits\.memory: "lots" is no size/],
  [{ restrictions: { nics: "allow" }, restricted: true }, /^restrictions\.nics: unknown property/],
] as const)("%j is refused in preview", (input, message) => {
  const told = complaints("LxdProject", input);
  expect(told).toHaveLength(1);
  expect(told[0]).toEqual(message instanceof RegExp ? expect.stringMatching(message) : message);
});
