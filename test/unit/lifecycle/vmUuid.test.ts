import { describe, expect, test } from "@jest/globals";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { createMemoryHost } from "../../support/memoryDriver";
import { machineAt, Stack } from "./program";

const ONE = "11111111-2222-4333-8444-555555555501";
const TWO = "11111111-2222-4333-8444-555555555502";

const vm = (host: Plain, uuid?: string): Plain => ({
  host,
  memory: 64,
  ...(uuid === undefined ? {} : { uuid }),
});

function hostOf(): Plain {
  const { driver } = createMemoryHost();
  return machineAt(() => driver);
}

describe("a VM's UUID", () => {
  test("is refused in preview where it is none", async () => {
    expect(await new Stack("dev").preview("web", vm(hostOf(), "1-2-3"))).toEqual([
      expect.stringMatching(/^uuid: "1-2-3" is no UUID; write it as /),
    ]);
  });

  test("is one VM's of a host, not two of a program", async () => {
    const [host, stack] = [hostOf(), new Stack("dev")];
    expect(await stack.preview("web", vm(host, ONE))).toEqual([]);
    expect(await stack.preview("db", vm(host, ONE.toUpperCase()))).toEqual([
      expect.stringMatching(/^uuid: is that of VM "web" of this program too, on the same host/),
    ]);
    expect(await stack.preview("db", vm(hostOf(), ONE))).toEqual([]);
    expect(await stack.preview("web", vm(host, TWO))).toEqual([]);
    expect(await stack.preview("db", vm(host, ONE))).toEqual([]);
  });

  test("is refused in preview where another VM of the host has it", async () => {
    const host = hostOf();
    await new Stack("other").up("theirs", { ...vm(host, ONE), name: "theirs" });
    const stack = new Stack("dev");
    expect(await stack.preview("web", vm(host, ONE))).toEqual([
      expect.stringMatching(
        /^uuid: is that of VM "theirs", which is on kvm1 \(\S+\) already; choose another/,
      ),
    ]);
    expect(await stack.preview("web", vm(host, TWO))).toEqual([]);
    expect(await stack.preview("web", vm(host))).toEqual([]);
    // Made by a run that was cut off: it is this very VM.
    const resumed = new Stack("other");
    expect(await resumed.preview("theirs", { ...vm(host, ONE), name: "theirs" })).toEqual([]);
  });

  test("is what it is in one that is taken over", async () => {
    const host = hostOf();
    await new Stack("other").up("theirs", { ...vm(host, ONE), name: "theirs" });
    const adopted = (uuid: string): Plain => ({ host, adopt: "theirs", uuid });
    expect(await new Stack("dev").preview("web", adopted(TWO))).toEqual([
      `uuid: VM "theirs" has the UUID ${ONE}, which it keeps; leave it out, or name that one`,
    ]);
  });
});
