import { describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { providerFor } from "../../../provider/lifecycle/provider";
import { redacted, secretsIn } from "../../../provider/lifecycle/redact";
import type { Plain } from "../../../provider/lifecycle/state";
import { vm } from "../../../provider/lifecycle/vm";
import { vmFields } from "../../../provider/schema/vm";
import { machineAt } from "./program";

/** Says what libvirt says when it quotes the definition it was sent. */
function quoting(text: string): HostDriver {
  const refuse = (): Promise<never> =>
    Promise.reject(new DriverError(`XML document failed to validate: ${text}`, { code: "invalid-argument" }));
  return {
    kind: "libvirt",
    vms: { change: refuse },
  } as unknown as HostDriver;
}

const password = `s3cr<t&"x'`;
const spec = (more: Plain): Plain => ({
  owner: "shop/dev/Vm/web",
  name: "web",
  memory: 64,
  cores: 1,
  disks: [],
  interfaces: [],
  ...more,
});

describe("what a host quotes", () => {
  test("has no password in it, however it is written", async () => {
    const xml = `<graphics passwd='s3cr&lt;t&amp;&quot;x&apos;'/> ${password} {"password":"s3cr<t&\\"x'"}`;
    const host = machineAt(() => quoting(xml), { maxParallelActions: 1 });
    const given = spec({ host, graphics: { type: "vnc", password } });
    const message = await providerFor(vm)
      .update("id", given, given)
      .catch((error: unknown) => (error as Error).message);
    expect(message).toContain("failed to validate: <graphics passwd='[secret]'/> [secret] {");
    expect(message).not.toMatch(/s3cr/);
  });

  test("hides the password that was, as well as the one that is to be", async () => {
    const host = machineAt(() => quoting("passwd='before1' passwd='after12'"), { maxParallelActions: 1 });
    const side = (text: string): Plain => spec({ host, graphics: { type: "vnc", password: text } });
    const message = await providerFor(vm)
      .update("id", side("before1"), side("after12"))
      .catch((error: unknown) => (error as Error).message);
    expect(message).toContain("passwd='[secret]' passwd='[secret]'");
  });
});

describe("secret values", () => {
  test("are those of the table: screens, user data by line and by value, the host's own", () => {
    const found = secretsIn(vmFields, {
      title: "plain",
      host: { address: "qemu:///system", password: "of-the-host" },
      graphics: { type: "vnc", password: "screen" },
      cloudInit: { userData: "#cloud-config\npassword: hunter22\nok: 1" },
    });
    expect(found).toEqual(expect.arrayContaining(["of-the-host", "screen", "password: hunter22"]));
    expect(found).not.toContain("plain");
    expect(found).not.toContain("ok: 1");
    const object = secretsIn(vmFields, {
      cloudInit: { userData: { chpasswd: { list: ["root:hunter22"] } } },
    });
    expect(object).toEqual(["root:hunter22"]);
  });

  test("of a few letters are hidden where they stand by themselves", () => {
    expect(redacted("passwd='abc' of abcdef", ["abc"])).toBe("passwd='[secret]' of abcdef");
  });
});
