import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sharedHost } from "../support/host";
import { Program } from "../support/pulumi";

/** What bad input gets: refused in preview, at its own property path, in words; no host is asked for any of it. */
const HEAD = `
const pulumi = require("@pulumi/pulumi");
const { VmHost, LibvirtNetwork, StoragePool, StorageVolume, Vm } = require("pulumi-vmhost");
const host = "qemu+unix:///system?socket=/nonexistent";
`;

describe("bad input is refused in preview", () => {
  const programs: Program[] = [];

  async function previewOf(source: string): Promise<{ code: number | null; text: string }> {
    const program = new Program({ name: "bad", source: HEAD + source, config: {} });
    programs.push(program);
    const { code, stdout, stderr } = await program.preview({});
    return { code, text: stdout + stderr };
  }

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.dispose()));
  });

  // All mistakes of one resource come together, so each kind needs one preview.
  test.each([
    [
      "a Vm",
      `new Vm("vm", { host, corse: 2, memory: "2 parsecs", description: "bell \\u0007",
        interfaces: [{ network: "n", mac: "52:54:00:zz" }, { bridge: "br0", macvlanMode: "passthru" }],
        disks: [{ size: 1, target: "vdb" }, { size: 1, target: "vdb" }, { size: "x" }] });`,
      [
        /corse .*did you mean "cores"/,
        /memory .*"2 parsecs" is no size; write it as "2GiB"/,
        /description .*control character/,
        /interfaces\[0\]\.mac: .*"52:54:00:zz" is no MAC address/,
        /interfaces\[1\]\.macvlanMode: .*needs `macvlan`/,
        /disks\[1\]\.target: .*"vdb" is taken by disks\[0\]/,
        /disks\[2\]\.size: .*"x" is no size/,
      ],
    ],
    [
      "a VmHost, whose address names a command",
      `new VmHost("h", { address: "qemu+ssh://h/system?command=/bin/sh", cpuOvercommitRatio: 11 });`,
      [/cpuOvercommitRatio .*must be between 0 and 10/, /address .*parameter "command"/],
    ],
    [
      "a LibvirtNetwork, whose range is outside of its subnet",
      `new LibvirtNetwork("n", { host, ips: [{ cidr: "10.0.0.1/24", dhcp: { ranges: [{ start: "10.0.1.5", end: "10.0.0.9" }] } }] });`,
      [/ips\[0\]\.dhcp\.ranges\[0\]\.start: .*10\.0\.1\.5 is outside of 10\.0\.0\.1\/24/],
    ],
    [
      "a StorageVolume without content or size",
      `new StorageVolume("v", { host, pool: "p" });`,
      [/'v' has a problem: size: is required for an empty volume/],
    ],
    [
      "a StorageVolume of a file that is not here",
      `new StorageVolume("v", { host, pool: "p", source: "./debian.qcow2" });`,
      [
        /source value \{\.\/debian\.qcow2\} has a problem: is not there .* looked for \/\S+\/debian\.qcow2, where/,
      ],
    ],
  ])("of %s", async (_what, source, patterns) => {
    const { code, text } = await previewOf(source);
    expect(code).not.toBe(0);
    for (const pattern of patterns) expect(text).toMatch(pattern);
    expect(text).not.toMatch(/\n\s+at .*\.js:\d+|<nil>/);
  });

  test("an Output in the name of a resource is refused with what it needs", async () => {
    const { code, text } = await previewOf(
      `const pool = new StoragePool("pool", { host }); new Vm(\`on-${"$"}{pool.name}\`, { host });`,
    );
    expect(code).not.toBe(0);
    expect(text).toMatch(/Vm: its first argument, the name, is made of an Output/);
    expect(text).not.toMatch(/\n\s+at .*\.js:\d+/);
  });

  test("the option import is refused with the ways that work", async () => {
    const { code, text } = await previewOf(`new Vm("vm", { host }, { import: "web" });`);
    expect(code).not.toBe(0);
    expect(text).toMatch(/`import` does not work for this provider.*adopt: true.*Vm\.get\("vm"/s);
    expect(text).not.toMatch(/\n\s+at .*\.js:\d+/);
  });
});

describe("a preview knows what a program knows", () => {
  let program: Program;

  beforeAll(() => {
    program = new Program({
      name: "unknowns",
      source: `${HEAD}
const made = new VmHost("made", { address: host, password: "hunter2" });
const lan = new LibvirtNetwork("lan", { host: made });
const pool = new StoragePool("pool", { host: made });
const base = new StorageVolume("base", { host: made, pool, size: 1 });
new Vm("vm", { host: made, memory: lan.id.apply((id) => id.length), disks: [{ pool, backing: base }], interfaces: [{ network: lan, mac: lan.id }] });
`,
      config: {},
    });
  });

  afterAll(() => program.dispose());

  test("values not known yet pass everywhere, and no secret is shown", async () => {
    const { code, stdout, stderr } = await program.preview({ diff: true });
    expect(stdout + stderr).not.toContain("hunter2");
    expect(code).toBe(0);
    expect(stdout).toMatch(/6 to create|\+ 6/);
  });
});

/** A definition may say all of this; without the preview it would be found out when the VM starts. */
describe("what the host has not is refused in preview", () => {
  let program: Program;

  beforeAll(async () => {
    const host = await sharedHost();
    await host.exec(["ip", "link", "add", "pv-lacks", "type", "bridge"]);
    program = new Program({
      name: "lacks",
      source: `${HEAD}
const real = new VmHost("real", { address: "${host.address}" });
const lan = new LibvirtNetwork("lan", { host: real, bridge: { name: "br-lacks" } });
new Vm("vm", { host: real, domainType: "qemu", cpu: { mode: "custom", model: "Haswel" }, interfaces: [
  { network: "nowhere" }, { bridge: "nowhere0" }, { network: lan, vlan: { tags: [5] } }, { macvlan: "nowhere1" },
  { network: lan, bandwidth: { inbound: { average: 9, floor: 5 } } }, { network: lan }, { bridge: "br-lacks" },
] });
`,
      config: {},
    });
  });

  afterAll(async () => {
    await program.dispose();
    await (await sharedHost()).exec(["ip", "link", "del", "pv-lacks"]);
  });

  test("each at its place", async () => {
    const { code, stdout, stderr } = await program.preview({});
    const text = stdout + stderr;
    expect(code).not.toBe(0);
    for (const pattern of [
      /cpu\.model: .*knows no CPU model "Haswel"; did you mean "Haswell"\?/,
      /interfaces\[0\]\.network: .*has no network "nowhere"/,
      /interfaces\[1\]\.bridge: .*has no device "nowhere0"/,
      /interfaces\[2\]\.vlan: .*the network "lan-\w+" \(none\) has no VLANs/,
      /interfaces\[3\]\.macvlan: .*has no device "nowhere1"/,
      /interfaces\[4\]\.bandwidth\.inbound\.floor: .*needs `bandwidth\.inbound`/,
    ])
      expect(text).toMatch(pattern);
    expect(text).not.toMatch(/interfaces\[[56]\]/);
  });

  test("what another VM has, and devices that are not there, too", async () => {
    const { address } = await sharedHost();
    const held = new Program({
      name: "held",
      source: `${HEAD}
const real = new VmHost("real", { address: "${address}" });
const first = new Vm("first", { host: real, memory: 1, graphics: { port: 5993 } });
new Vm("second", { host: real, memory: 1, graphics: { port: 5993 }, hostDevices: [{ name: "key", usb: "1234:beef" },
  { name: "card", pci: "00ff:1f:1f.7" }, { name: "maybe", usb: "1234:dead", optional: true }] }, { dependsOn: first });
`,
      config: {},
    });
    const { code, stdout, stderr } = await held.preview({}).finally(() => held.dispose());
    const text = stdout + stderr;
    expect(code).not.toBe(0);
    for (const pattern of [
      /'second' has a problem: graphics\.port: port 5993 of real .* is that of VM "first"/,
      /'second' has a problem: hostDevices\[0\]\.usb: real .* has no USB device 1234:beef/,
      /'second' has a problem: hostDevices\[1\]\.pci: real .* has no PCI device 00ff:1f:1f\.7/,
    ])
      expect(text).toMatch(pattern);
    expect(text).not.toMatch(/hostDevices\[2\]|'first' has a problem/);
  });
});
