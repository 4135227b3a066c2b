import * as pulumi from "@pulumi/pulumi";
import { LibvirtNetwork, Snapshot, StoragePool, StorageVolume, Vm, VmHost } from "../../../provider/index";

/**
 * Programs as the README's readers write them: that they compile is half of what is tested here (`npm run check` does),
 * what the engine is given is the other half.
 */
const registered = new Map<string, Record<string, unknown>>();

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => {
      registered.set(name, inputs as Record<string, unknown>);
      return { id: `${name}-id`, state: { ...inputs, name } };
    },
    call: () => ({}),
  });
});

function given<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

test("resources stand in for hosts, pools, volumes and networks, and every option may be left out", async () => {
  const kvm1 = new VmHost("kvm1", { address: "qemu+ssh://ubuntu@192.0.2.2/system", cpuOvercommitRatio: 4 });
  const lan = new LibvirtNetwork("lan", { host: kvm1, forward: { mode: "nat" } });
  const pool = new StoragePool("pool1", { host: kvm1, path: "/var/lib/libvirt/pool1" });
  const debian = new StorageVolume("debian", { host: kvm1, pool, source: "./debian-13.qcow2" });
  const web = new Vm("web", {
    host: kvm1,
    cores: 2,
    memory: "2GiB",
    cpu: { mode: "host-passthrough", pin: { 0: [2], 1: [3] } },
    hugepages: true,
    firmware: { type: "uefi", secureBoot: true },
    tpm: true,
    raw: "<devices><watchdog model='i6300esb' action='reset'/></devices>",
    disks: [
      { pool, backing: debian, size: "20GiB" },
      { name: "data", size: 100, discard: "unmap" },
    ],
    interfaces: [{ network: lan }, { macvlan: "eno2" }, { bridge: "br0", mac: "52:54:00:aa:bb:cc" }],
    waitFor: { address: true, timeout: "5m" },
  });
  const idle = new Vm("idle", { host: kvm1, cpu: { mode: "maximum" } });
  const lines = new Vm("lines", { host: kvm1, serials: [{ name: "log", type: "file", path: "/tmp/log" }] });
  const leased = new LibvirtNetwork("leased", {
    host: kvm1,
    ips: [
      { cidr: "10.1.1.1/24", dhcp: { ranges: [{ start: "10.1.1.2", end: "10.1.1.9", leaseTime: "12h" }] } },
    ],
  });
  const light = new Vm("light", { host: kvm1, cpu: { topology: { sockets: 1 } } });
  const before = new Snapshot("before-upgrade", { vm: web, memory: false, quiesce: true });

  await Promise.all([idle, lines, leased, light, before].map(({ id }) => given(id)));
  expect(registered.get("web")).toMatchObject({
    host: { address: "qemu+ssh://ubuntu@192.0.2.2/system", cpuOvercommitRatio: 4, name: "kvm1" },
    disks: [{ pool: "pool1", backing: expect.stringContaining("debian") as string }, { name: "data" }],
    interfaces: [{ network: "lan" }, { macvlan: "eno2" }, { bridge: "br0" }],
  });
  expect(registered.get("before-upgrade")).toMatchObject({ vm: "web-id", quiesce: true });
});

/** Arguments as a component hands them on: what may be left out may be undefined, and every text may come later. */
interface AppArgs {
  readonly mac?: pulumi.Input<string>;
  readonly description?: string;
}

test("what may be left out may be undefined, and what is inside of lists and maps may come later", async () => {
  const args: AppArgs = {};
  const later = pulumi.output("later");
  const nothing = pulumi.output<string | undefined>(undefined);
  const lxd1 = new VmHost("lxd1", { address: "unix://", tags: ["a", later] });
  const app = new Vm("app", {
    host: lxd1,
    description: args.description,
    title: nothing,
    interfaces: [{ network: "lan", mac: args.mac }],
    exec: [{ name: "migrate", command: ["/bin/migrate", later], environment: { DATABASE_URL: later } }],
    config: { "user.note": later },
  });

  await Promise.all([lxd1, app].map(({ id }) => given(id)));
  expect(registered.get("lxd1")).toMatchObject({ tags: ["a", "later"] });
  const inputs = registered.get("app") as Record<string, { value?: unknown }>;
  expect(inputs).not.toHaveProperty("title");
  expect(inputs).not.toHaveProperty("description");
  expect(inputs["config"]).toEqual({ "user.note": "later" });
  expect(JSON.stringify(inputs["exec"])).toContain('"DATABASE_URL":"later"');
});
