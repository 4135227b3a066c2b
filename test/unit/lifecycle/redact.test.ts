import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "@jest/globals";
import type { HostDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { asking } from "../../../provider/lifecycle/ask/inventory";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import { redacted, secretsIn } from "../../../provider/lifecycle/engine/redact";
import { storageVolume } from "../../../provider/lifecycle/storageVolume";
import { seen } from "../../../provider/lifecycle/kind/seen";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { vmHost } from "../../../provider/lifecycle/vmHost";
import { lower, withSecrets } from "../../../provider/resources/base";
import { lxdNetworkFields } from "../../../provider/schema/lxdNetwork";
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

describe("what is said", () => {
  test("has no secret of the stack's configuration in it", async () => {
    const host = machineAt(() => quoting("who is of-the-stack?"), { maxParallelActions: 1 });
    const provider = providerFor(vm);
    await provider.configure({
      config: { get: (key) => (key === "vmhost:password" ? "of-the-stack" : undefined) },
    });
    const message = await provider
      .update("id", spec({ host }), spec({ host }))
      .catch((error: unknown) => (error as Error).message);
    expect(message).toContain("who is [secret]?");
  });

  test("in answer to a question has none of the host's or the stack's either", async () => {
    const host = machineAt(() => quoting("of-the-host, of-the-stack"), { password: "of-the-host" });
    const config = { get: (key: string) => (key === "vmhost:key" ? "of-the-stack" : undefined) };
    const asked = asking(host, config, ({ vms }) => vms.change("id", {} as never, {} as never));
    await expect(asked).rejects.toThrow("failed to validate: [secret], [secret]");
  });

  test("by a check that cannot end is one sentence as well, without the secrets of what was checked", async () => {
    const fail = (): never => {
      throw new DriverError("it says: of-the-host", { code: "failed" });
    };
    const provider = providerFor({ ...vm, place: fail });
    const host = { address: "qemu:///system", password: "of-the-host" };
    const error = await provider.check({}, spec({ host })).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ stack: "", message: "the request failed: it says: [secret]" });
  });

  test.each([
    ["https://ann:one@host/image", "", /^source must not have a user/],
    ["https://host/image?key=two", "", /^source would replace the volume/],
    ["https://host/image", "source", /^would replace the volume/],
  ])(
    "of the source %s names a property that the engine prints where it has no key",
    async (source, at, words) => {
      const volume = (from: string): Plain => ({
        owner: "a/b/StorageVolume/v",
        host: "qemu:///system",
        pool: "p",
        source: from,
      });
      // Nothing of this is a question to the host.
      const provider = providerFor({ ...storageVolume, existing: undefined });
      const { inputs } = await provider.check({}, volume("https://host/other"));
      const { failures } = await provider.check(inputs, volume(source));
      expect(failures).toEqual([{ property: at, reason: expect.stringMatching(words) as unknown }]);
    },
  );

  test.each([
    ["qemu+ssh://ann:one@host/system", ""],
    ["qemu+ssh://ann@host:22/elsewhere", "address"],
  ])("of the address %s the same", async (address, at) => {
    const { failures } = await providerFor(vmHost).check({}, { address });
    expect(failures.map(({ property }) => property)).toEqual([at]);
  });
});

describe("keys of LXD's own", () => {
  const config = {
    "bgp.peers.one.password": "of-the-peer",
    "environment.DB_PASSWORD": "of-the-base",
    "bgp.peers.one.asn": "65001",
  };

  test("that say so are secrets in errors, and are not kept of what is only looked at", () => {
    expect(secretsIn(lxdNetworkFields, { config })).toEqual(["of-the-peer", "of-the-base"]);
    const observed = { id: "lan", name: "lan", spec: { config }, owner: undefined };
    const { outs } = seen({ fields: lxdNetworkFields }, { host: "unix://" }, observed as never, {});
    expect(outs["config"]).toEqual({ "bgp.peers.one.asn": "65001" });
  });

  test("that say so are encrypted in state", async () => {
    const { config: raw } = withSecrets(lower({ config })) as { config: Record<string, unknown> };
    const marked = await Promise.all(
      Object.values(raw).map((value) => pulumi.Output.isInstance(value) && pulumi.isSecret(value)),
    );
    expect(marked).toEqual([true, true, false]);
  });
});

describe("secrets of a group that is known later", () => {
  const given = { userData: "#cloud-config\npassword: hunter22" };

  test.each([
    ["an output", pulumi.output(given), true],
    ["a promise", Promise.resolve(given), true],
    ["an output without any", pulumi.output({ metaData: "a: b" }), false],
  ])("are encrypted in state: %s", async (_, cloudInit, secret) => {
    const lowered: pulumi.Output<unknown> = pulumi.output(lower({ cloudInit }));
    expect(await pulumi.isSecret(lowered)).toBe(secret);
    const now = await new Promise((resolve) => lowered.apply(resolve));
    expect(now).toEqual({ cloudInit: secret ? given : { metaData: "a: b" } });
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
