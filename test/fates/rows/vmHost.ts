import { kept, row, type Row } from "../row";

const host = (field: string, a: unknown, b: unknown, needs = {}): Row =>
  kept("VmHost", field, a, b, { needs });

/** A host is never changed: all there is to see is what we keep, and that it is the same machine still. */
export const rows: readonly Row[] = [
  row(
    "VmHost",
    "address",
    undefined,
    "qemu+unix:///system?socket=$another-way",
    /"address":"[^"]*another-way/,
    {
      on: "address",
      where: "state",
    },
  ),
  host("sshPrivateKey", "key-a", "key-b"),
  host("sshPassphrase", "phrase-a", "phrase-b"),
  host("sshKeyFile", "/keys/a", "/keys/b"),
  host("password", "word-a", "word-b"),
  host("sshKnownHosts", "a ssh-ed25519 AAAA", "b ssh-ed25519 AAAA"),
  host("hostKeyPolicy", "strict", "accept-new"),
  host("cpuOvercommitRatio", 1, 2),
  host("memoryOvercommitRatio", 1, 1.5),
  host("reservedCpu", 0, 1),
  host("reservedMemory", 0, 512),
  host("overcommitScope", "allocated", "running"),
  host("allowVmLargerThanHost", false, true),
  host("networkChoice", "legacy", "dhcp"),
  host("knownInterfaces", [{ name: "br-a" }], [{ name: "br-b" }]),
  host("defaultStoragePool", "fates", "fates2"),
  host("defaultMacvlanMode", "bridge", "vepa"),
  host("vmDefaults", { memory: 64 }, { memory: 96 }),
  host("zone", "a", "b"),
  host("resourcePool", "a", "b"),
  host("tags", ["a"], ["b"]),
  host("maxParallelActions", 10, 5),
  host("retries", 3, 4),
  host("migrationAddress", "192.0.2.1", "kvm2.example"),
  host("connectTimeout", 30, 40),
  host("shutdownTimeout", 300, 60),
  host("forceDestroy", false, true),
  host("cancelNoAcpi", false, true),
  host("location", "cellar", "attic"),
  host("allowUnreachable", false, true),
];
