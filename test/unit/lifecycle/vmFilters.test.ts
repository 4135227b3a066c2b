import { describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { nwFilter } from "../../../provider/lifecycle/nwFilter";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

/** A host with those filters, which counts how often it is asked for them. */
function hostWith(filters: readonly string[]): { host: Plain; asked: () => number; filters: string[] } {
  const [memory, there] = [createMemoryHost(), [...filters]];
  let count = 0;
  const driver: HostDriver = {
    ...memory.driver,
    nwFilters: async () => {
      count++;
      return there.map((name) => ({ id: name, name }) as never);
    },
  };
  return { host: machineAt(() => driver), asked: () => count, filters: there };
}

const vm = (host: Plain, filter: string): Plain => ({
  host,
  memory: 64,
  interfaces: [{ bridge: "br0" }, { bridge: "br0", filter }],
});

describe("a network filter that an interface names", () => {
  test("and the host has not is refused in preview, at its place", async () => {
    const { host } = hostWith(["clean-traffic"]);
    expect(await new Stack("dev").preview("web", vm(host, "clean-trafic"))).toEqual([
      expect.stringMatching(
        /^interfaces\[1\]\.filter: kvm1 \(\S+\) has no network filter "clean-trafic"; where this program makes it/,
      ),
    ]);
  });

  test("is asked for once, and anew before anything is refused", async () => {
    const { host, asked, filters } = hostWith(["clean-traffic"]);
    const stack = new Stack("dev");
    expect(await stack.preview("web", vm(host, "clean-traffic"))).toEqual([]);
    expect(await stack.preview("db", vm(host, "clean-traffic"))).toEqual([]);
    expect(asked()).toBe(1);
    filters.push("mine");
    expect(await stack.preview("cache", vm(host, "mine"))).toEqual([]);
    expect(asked()).toBe(2);
  });

  test("may be one that the same program makes", async () => {
    const { host } = hostWith([]);
    await providerFor(nwFilter).check({}, { host, owner: "shop/dev/NwFilter/mine", name: "mine", rules: [] });
    expect(await new Stack("dev").preview("web", vm(host, "mine"))).toEqual([]);
  });

  test("is no matter of a host that does not answer, nor of one that the VM has already", async () => {
    const memory = createMemoryHost();
    const lost = (): Promise<never> =>
      Promise.reject(new DriverError("the line is dead", { code: "unreachable" }));
    const host = machineAt(() => ({ ...memory.driver, nwFilters: lost }));
    expect(await new Stack("dev").preview("web", vm(host, "any"))).toEqual([]);
    const other = hostWith(["old"]);
    const stack = new Stack("dev");
    await stack.up("web", vm(other.host, "old"));
    other.filters.pop();
    expect(await stack.preview("web", { ...vm(other.host, "old"), title: "more" })).toEqual([]);
  });
});
