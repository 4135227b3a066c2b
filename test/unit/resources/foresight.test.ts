import { expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { completed } from "../../../provider/resources/foresight";
import { UNKNOWN } from "../../../provider/schema/table/unknown";

test("what the engine tells stays, and what it cannot tell is as it was foreseen", () => {
  expect(completed("told", "foreseen")).toBe("told");
  expect(completed(pulumi.unknown, "foreseen")).toBe("foreseen");
  expect(completed(pulumi.unknown, null)).toBeUndefined();
  expect(completed(pulumi.unknown, undefined)).toBe(pulumi.unknown);
  expect(completed(pulumi.unknown, UNKNOWN)).toBe(pulumi.unknown);
});

test("into the elements of a list goes what is computed of each", () => {
  expect(
    completed([{ mac: "a" }, { mac: "b" }], [{ addresses: ["10.0.0.2"] }, { addresses: UNKNOWN }]),
  ).toEqual([
    { mac: "a", addresses: ["10.0.0.2"] },
    { mac: "b", addresses: pulumi.unknown },
  ]);
});
