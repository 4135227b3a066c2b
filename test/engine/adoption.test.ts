import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bootPath, poolPath, type ThrowawayHost } from "../../scripts/lib/throwaway-host";
import { ownHost } from "../support/host";
import { Program, type Outcome } from "../support/pulumi";

const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, Vm } = require("pulumi-vmhost");
const host = new VmHost("kvm1", { address: new pulumi.Config().require("address") });
`;

const image = `${poolPath}/old.img`;

/** By virsh, as virt-install writes them, and as OpenNebula's driver does. */
const MADE: Readonly<Record<string, string>> = {
  hand: `<domain type="qemu"><name>hand</name><memory unit="MiB">48</memory><vcpu>1</vcpu><os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><disk type="file" device="disk"><driver name="qemu" type="raw"/><source file="${image}"/><target dev="vda" bus="virtio"/><shareable/></disk>
    <interface type="network"><mac address="52:54:00:11:22:33"/><source network="default"/><model type="virtio"/></interface></devices></domain>`,
  installed: `<domain type="qemu"><name>installed</name><metadata><libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"><libosinfo:os id="http://debian.org/debian/12"/></libosinfo:libosinfo></metadata>
    <memory>65536</memory><currentMemory>65536</currentMemory><vcpu>2</vcpu><os><type arch="x86_64" machine="q35">hvm</type><boot dev="hd"/></os><features><acpi/><apic/></features>
    <cpu mode="maximum"/><clock offset="utc"><timer name="rtc" tickpolicy="catchup"/><timer name="pit" tickpolicy="delay"/><timer name="hpet" present="no"/></clock>
    <pm><suspend-to-mem enabled="no"/><suspend-to-disk enabled="no"/></pm><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type="file" device="disk"><driver name="qemu" type="raw" discard="unmap"/><source file="${image}"/><target dev="vda" bus="virtio"/><shareable/></disk><disk type="file" device="cdrom"><target dev="sda" bus="sata"/><readonly/></disk>
    <controller type="usb" model="qemu-xhci" ports="15"/><interface type="user"><mac address="52:54:00:aa:bb:01"/><model type="virtio"/></interface><console type="pty"/>
    <channel type="unix"><source mode="bind"/><target type="virtio" name="org.qemu.guest_agent.0"/></channel><input type="tablet" bus="usb"/><graphics type="vnc" port="-1"/><video><model type="vga"/></video>
    <memballoon model="virtio"/><rng model="virtio"><backend model="random">/dev/urandom</backend></rng></devices></domain>`,
  "one-17": `<domain type="qemu"><name>one-17</name><title>web-17</title><vcpu>1</vcpu><cputune><shares>1024</shares></cputune><memory>49152</memory><os><type arch="x86_64">hvm</type></os>
    <pm><suspend-to-disk enabled="no"/><suspend-to-mem enabled="no"/></pm><devices><disk type="file" device="disk"><source file="${image}"/><target dev="vda"/><boot order="1"/><driver name="qemu" type="raw" cache="none"/><shareable/></disk>
    <graphics type="vnc" listen="0.0.0.0" port="5917"/></devices><features><acpi/></features>
    <metadata><one:vm xmlns:one="http://opennebula.org/xmlns/libvirt/1.0"><one:system_datastore><![CDATA[/var/lib/one//datastores/0/17]]></one:system_datastore><one:name>web</one:name></one:vm></metadata></domain>`,
};

describe("VMs that others have made", () => {
  let host: ThrowawayHost;
  let program: Program;
  const names = Object.keys(MADE);

  beforeAll(async () => {
    host = await ownHost({ name: "adopting" });
    await writeFile(
      join(host.dir, "lib", "boot", "net.xml"),
      `<network><name>default</name><bridge name="vbr44"/></network>`,
    );
    await host.virsh(["net-define", `${bootPath}/net.xml`]);
    await host.virsh(["net-start", "default"]);
    await host.exec(["truncate", "--size", "1M", image]);
    for (const name of names) {
      await writeFile(join(host.dir, "lib", "boot", `${name}.xml`), MADE[name] ?? "");
      await host.virsh(["define", `${bootPath}/${name}.xml`]);
      await host.virsh(["start", name, "--paused"]);
    }
    const short = names.map((name) => `new Vm("${name}", { host, adopt: "${name}" });`).join("\n");
    program = new Program({ name: "adoption", source: HEAD + short, config: { address: host.address } });
  });

  afterAll(async () => {
    await program.dispose();
    await host.stop();
  });

  /** Guests and definitions, without what we write into them. */
  const everything = async (): Promise<string> =>
    (
      await Promise.all(
        names.flatMap((name) => [host.virsh(["domid", name]), host.virsh(["dumpxml", "--inactive", name])]),
      )
    )
      .join("\n")
      .replace(/<!\[CDATA\[(.*?)\]\]>/g, "$1")
      .replace(
        /\s*<vmhost:owner[\s\S]*?<\/vmhost:owner>|\s*<vmhost:owner[^>]*\/>|\s*<\/?metadata>|\s*<alias name='ua-[^>]*>/g,
        "",
      );

  let written = "";

  test("are described by the preview as a program, and nothing is touched", async () => {
    const before = await everything();
    const { code, stdout } = await program.preview();
    if (code !== 0) throw new Error(stdout);
    written = [...stdout.matchAll(/^new Vm\("[^"]+", \{\n[\s\S]*?^\}\);$/gm)]
      .map(([text]) => text)
      .join("\n");
    for (const name of names) expect(written).toContain(`adopt: "${name}"`);
    expect(written).toMatch(/memory: 48/);
    expect(written).toMatch(/mac: "52:54:00:11:22:33"/);
    expect(written).toMatch(/title: "web-17"/);
    expect(await everything()).toBe(before);
  });

  test("are taken over with that program without a restart, and everything is clean", async () => {
    const before = await everything();
    await program.setSource(HEAD + written);
    await ok(program.up());
    expect(await everything()).toBe(before);
    await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    await ok(program.refresh({ expectNoChanges: true, args: ["--diff"] }));
  });

  test("may be said in short as well: leaving out changes nothing, and so does writing down what is there", async () => {
    const short = names.map((name) => `new Vm("${name}", { host, adopt: "${name}" });`).join("\n");
    await program.setSource(HEAD + short);
    await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
    const state = JSON.stringify((await program.exportState()).deployment.resources);
    expect(state).toContain('"asFound"');
    await program.setSource(HEAD + written);
    await ok(program.preview({ expectNoChanges: true, args: ["--diff"] }));
  });

  test("one that is not there is refused in the preview", async () => {
    await program.setSource(`${HEAD}new Vm("x", { host, adopt: "nobody" });`);
    const { code, stdout } = await program.preview();
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/cannot adopt VM "nobody" on kvm1 .*does not exist there/);
  });
});

async function ok(run: Promise<Outcome>): Promise<void> {
  const { code, stdout, stderr } = await run;
  if (code !== 0) throw new Error(stdout + stderr);
}
