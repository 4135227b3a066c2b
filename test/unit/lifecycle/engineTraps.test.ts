import { describe, expect, test } from "@jest/globals";
import { registerDriver } from "../../../provider/driver/connect";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { vmHost } from "../../../provider/lifecycle/vmHost";
import type { HostConnection } from "../../../provider/schema/address/connection";
import { createMemoryHost } from "../../support/memoryDriver";

/** What the SDK's provider process does to providers, without an engine around it. */
const host = createMemoryHost();
const opened: HostConnection[] = [];
registerDriver("libvirt", (connection) => {
  opened.push(connection);
  return host.session();
});

const SHELL = "exports.handler=…";
const owner = "shop/dev/Vm/web";

/** Inputs as the engine carries them: checked, and with its own key. */
async function inputsOf(args: Plain): Promise<Plain> {
  const { inputs, failures } = await providerFor(vm).check({}, { __provider: SHELL, ...args });
  expect(failures).toEqual([]);
  return { __provider: SHELL, ...inputs };
}

describe("the engine's provider process", () => {
  test("hands a provider out before its configuration is there: every verb waits for it", async () => {
    const provider = providerFor(vmHost);
    const config = { get: (key: string) => (key === "vmhost:password" ? "of the stack" : undefined) };
    const address = "qemu+ssh://race/system";
    const { inputs } = await providerFor(vmHost).check({}, { address });
    // Not awaited: the SDK calls the next verb in the meantime.
    const configured = provider.configure({ config });
    const made = provider.create(inputs);
    await Promise.all([configured, made]);
    expect(opened.filter((each) => each.address === address).map(({ password }) => password)).toEqual([
      "of the stack",
    ]);
  });

  test("gives state that an older version has written to newer code", async () => {
    const provider = providerFor(vm);
    const inputs = await inputsOf({ host: "qemu+ssh://old/system", owner, name: "old", running: false });
    const { id } = await provider.create(inputs);
    // Fields that came later are missing, and there is one that has been given up since.
    const old = {
      __provider: SHELL,
      host: { address: "qemu+ssh://old/system" },
      owner,
      name: "old",
      memory: 2048,
      given: "up",
      stateVersion: 1,
    };
    const read = await provider.read(id, old);
    expect(read).toMatchObject({ id, inputs: { owner, name: "old", memory: 2048 }, props: { uuid: id } });
    expect(read.inputs).not.toHaveProperty("given");
    await provider.delete(id, old);
    expect(await provider.read(id, old)).toEqual({ id: "", props: {} });
  });

  test("keeps what an update has reached when the rest of it fails, with the engine's own key", async () => {
    const provider = providerFor(vm);
    const args = { host: "qemu+ssh://half/system", owner, name: "half", running: true };
    const before = await inputsOf(args);
    const { id, outs } = await provider.create(before);
    const news = await inputsOf({ ...args, description: "new", waitFor: { timeout: "1s" } });
    const failed = provider.update(id, { __provider: SHELL, ...outs }, news);
    await expect(failed).rejects.toMatchObject({
      id,
      properties: { __provider: SHELL, description: "new", unfinished: true, uuid: id },
      reasons: [expect.stringContaining("no usable address within 1 s")],
    });
    await provider.delete(id, outs);
  });

  test("says of a look-up that finds nothing that there is nothing, where the SDK would call it found", async () => {
    await expect(
      providerFor(vm).read("nobody", { __provider: SHELL, host: "qemu+ssh://get/system" }),
    ).rejects.toThrow('nothing with the id or name "nobody" exists on qemu+ssh://get/system');
  });
});
