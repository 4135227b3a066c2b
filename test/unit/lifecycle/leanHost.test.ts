import { expect, test } from "@jest/globals";
import { withFullHost, withLeanHost } from "../../../provider/lifecycle/engine/leanHost";
import { hostFields, type HostConnection } from "../../../provider/schema/address/connection";
import { objectOf } from "../../../provider/schema/table/gate";

const parsed = (given: object): HostConnection => objectOf(hostFields).parse(given);

test("a host is kept without what it says by default, and comes back whole", () => {
  const host = parsed({ address: "qemu:///system", name: "kvm1", retries: 5, tags: ["a"] });
  const { host: lean, name } = withLeanHost({ host, name: "web" }) as { host: object; name: string };
  expect(lean).toEqual({ address: "qemu:///system", name: "kvm1", retries: 5, tags: ["a"] });
  expect(name).toBe("web");
  expect(withFullHost({ host: lean })).toEqual({ host });
});

test("its address is kept whatever it is, and what says the opposite of a default, too", () => {
  const host = parsed({ forceDestroy: true, cpuOvercommitRatio: 0 });
  expect(withLeanHost({ host })).toEqual({
    host: { address: "qemu:///system", forceDestroy: true, cpuOvercommitRatio: 0 },
  });
});

test("what is no host is left alone", () => {
  expect(withLeanHost({ address: "qemu:///system" })).toEqual({ address: "qemu:///system" });
  expect(withFullHost({ host: "qemu:///system" })).toEqual({ host: "qemu:///system" });
});
