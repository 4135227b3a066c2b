import { describe, expect, test } from "@jest/globals";
import { drifted, fromEngine, inputsOf, toState } from "../../../provider/lifecycle/engine/state";
import { vmFields } from "../../../provider/schema/vm";

describe("state", () => {
  test("is plain JSON: undefined is left out at every depth", () => {
    const value = { a: undefined, b: { c: undefined, d: 1 }, e: [undefined, { f: undefined }] };
    expect(toState(value)).toStrictEqual({ b: { d: 1 }, e: [{}] });
  });

  test.each([10n, new Date(), () => 1, Number.NaN, Symbol("x")])(
    "refuses what the engine would lose or mangle (%p)",
    (value) => {
      expect(() => toState({ deep: [{ value }] })).toThrow(/deep\.0\.value/);
    },
  );

  test("the engine's own key never reaches a handler", () => {
    expect(fromEngine({ __provider: "text", cores: 1 })).toEqual({ cores: 1 });
  });

  test("inputs are read out of outputs, computed values inside lists left behind", () => {
    const outs = {
      cores: 2,
      address: "10.0.0.2",
      interfaces: [{ name: "eth0", mac: "52:54:00:00:00:01", addresses: ["10.0.0.2"] }],
    };
    expect(inputsOf(vmFields, outs)).toEqual({
      cores: 2,
      interfaces: [{ name: "eth0", mac: "52:54:00:00:00:01" }],
    });
  });

  test("drift: the host's values in the program's words", () => {
    const inputs = {
      cores: 2,
      description: "mine",
      disks: [{ name: "root", size: 10, target: "vda" }],
      interfaces: [],
    };
    const observed = {
      cores: 3,
      description: undefined,
      emulator: "/usr/bin/qemu",
      disks: [
        { name: "root", size: 20, target: "vda", format: "qcow2" },
        { name: "vdb", size: 5 },
      ],
    };
    expect(drifted(vmFields, inputs, observed)).toEqual({
      cores: 3,
      disks: [{ name: "root", size: 20, target: "vda" }],
      interfaces: [],
    });
  });
});
