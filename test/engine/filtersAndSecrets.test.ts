import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

/** The value is in the program's configuration as a secret; `side` chooses between before and after. */
const SOURCE = `
const pulumi = require("@pulumi/pulumi");
const { NwFilter, LibvirtSecret } = require("pulumi-vmhost");
const config = new pulumi.Config();
const host = config.require("host");
const b = config.require("side") === "b";
const base = new NwFilter("base", {
  host,
  name: "fs-base",
  rules: [{ action: "drop", direction: "in", protocol: "tcp", match: { dstportstart: 23 } }],
});
new NwFilter("web", {
  host,
  name: "fs-web",
  chain: "ipv4",
  priority: -700,
  filters: [base],
  rules: [
    { action: "accept", direction: "in", priority: 100, stateMatch: false, protocol: "tcp", match: { srcipaddr: "$IP", dstportstart: b ? 8443 : 443 } },
    { action: "drop", direction: "inout", protocol: "all" },
  ],
});
const ceph = new LibvirtSecret("ceph", {
  host,
  usage: { type: "ceph", id: "client.fs" },
  description: b ? "new" : "old",
  secretValue: config.require("value"),
});
new LibvirtSecret("told", { host, private: false, secretValue: Buffer.from(config.require("value")).toString("base64"), encoding: "base64" });
exports.ceph = ceph.uuid;
`;

describe("filters and secrets", () => {
  let host: ThrowawayHost;
  let program: Program;

  beforeAll(async () => {
    host = await sharedHost();
    program = new Program({
      name: "filters",
      source: SOURCE,
      config: { host: host.address, side: "a", value: { secret: "swordfish-1" } },
    });
  });
  afterAll(() => program.dispose());

  const secrets = async (): Promise<string[]> =>
    (await host.virsh(["secret-list"])).match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
  const must = async (run: Promise<{ code: number | null; stdout: string }>): Promise<string> => {
    const { code, stdout } = await run;
    expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
    return stdout;
  };

  test("are made, changed in place, seen to have been changed, and taken away; a value is never told", async () => {
    const told = [await must(program.up())];
    const before = await secrets();
    expect(before).toHaveLength(2);
    const filter = await host.virsh(["nwfilter-dumpxml", "fs-web"]);
    expect(filter).toMatch(
      /<filter name='fs-web' chain='ipv4' priority='-700'>[^]*<filterref filter='fs-base'\/>/,
    );
    expect(filter).toMatch(
      /action='accept' direction='in' priority='100' statematch='false'>\s*<tcp srcipaddr='\$IP' dstportstart='443'/,
    );
    const { ceph } = (await program.outputs()) as { ceph: string };
    expect(await host.virsh(["secret-dumpxml", ceph])).toMatch(
      /private='yes'>[^]*old[^]*<usage type='ceph'>\s*<name>client.fs</,
    );
    const open = before.find((uuid) => uuid !== ceph) ?? "";
    const value = async (): Promise<string> =>
      Buffer.from((await host.virsh(["secret-get-value", open])).trim(), "base64").toString();
    expect(await value()).toBe("swordfish-1");
    told.push(await must(program.preview({ expectNoChanges: true })));
    told.push(await must(program.refresh({ expectNoChanges: true })));

    await program.setConfig("side", "b");
    await program.setConfig("value", { secret: "swordfish-2" });
    told.push(await must(program.up()));
    expect(await secrets()).toEqual(before);
    expect(await value()).toBe("swordfish-2");
    expect(await host.virsh(["nwfilter-dumpxml", "fs-web"])).toContain("dstportstart='8443'");
    expect(await host.virsh(["secret-dumpxml", ceph])).toContain("new");

    // Somebody opens the door by hand.
    await host.exec([
      "sh",
      "-c",
      `virsh -c qemu:///system nwfilter-dumpxml fs-web | sed s/8443/22/ > /var/lib/libvirt/fs.xml && virsh -c qemu:///system nwfilter-define /var/lib/libvirt/fs.xml`,
    ]);
    expect(await host.virsh(["nwfilter-dumpxml", "fs-web"])).toContain("dstportstart='22'");
    told.push(await must(program.refresh()));
    told.push(await must(program.up()));
    expect(await host.virsh(["nwfilter-dumpxml", "fs-web"])).toContain("dstportstart='8443'");

    told.push(JSON.stringify(await program.exportState()));
    for (const text of told) expect(text).not.toMatch(/swordfish|c3dvcmRmaXNo/);
    await must(program.destroy());
    expect(await secrets()).toEqual([]);
    expect(await host.virsh(["nwfilter-list"])).not.toContain("fs-");
  });

  test("what libvirt would pass over is refused in preview", async () => {
    await program.setSource(`
const { NwFilter } = require("pulumi-vmhost");
new NwFilter("open", { host: "qemu:///system", rules: [{ action: "accept", direction: "in", protocol: "tcp", match: { dstport: 22 } }] });
`);
    const { code, stdout } = await program.preview();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/rules\[0\]\.match\.dstport: is nothing that a rule of protocol "tcp" knows/);
  });
});
