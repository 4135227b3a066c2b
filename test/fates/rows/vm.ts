import { kept, row, type Row } from "../row";

const vm = (...args: Parameters<typeof row> extends [unknown, ...infer Rest] ? Rest : never): Row =>
  row("Vm", ...args);

/** What else waits for the next start is there after it. */
const trigger = vm("restartTrigger", "once", "twice", /name='serial'>two</, {
  on: "running-trigger",
  needs: { shutdownTimeout: 1, forceDestroy: true },
  where: async ({ live }) => live,
});
const restarted: Row = {
  ...trigger,
  a: { ...trigger.a, smbios: { system: { serial: "one" } } },
  b: { ...trigger.b, smbios: { system: { serial: "two" } } },
};

const uuid = (end: string): string => `11111111-2222-4333-8444-5555555555${end}`;

export const rows: readonly Row[] = [
  vm("title", "one", "two <&>", /<title>two &lt;&amp;&gt;</),
  vm("description", "one", "zwei", /<description>zwei</),
  vm("cores", 1, 2, /<vcpu[^>]*current='2'[^>]*>4</, { on: "running-cores", needs: { maxCores: 4 } }),
  vm("maxCores", 4, 5, /<vcpu[^>]*>5</),
  // The guest itself gives it back.
  vm("memory", 192, 160, /<currentMemory[^>]*>163840</, { on: "booted", needs: { maxMemory: 192 } }),
  vm("maxMemory", 32, 36, /<memory[^>]*>36864</),
  vm("domainType", undefined, "kvm", /<domain type='kvm'/, { lacks: "KVM" }),
  vm("emulator", "/usr/bin/qemu-system-x86_64", "/usr/bin/kvm", /<emulator>\/usr\/bin\/kvm</),
  vm("console", true, false, /^(?![\s\S]*<console)/, { on: "console" }),
  vm("guestAgent", true, false, /^(?![\s\S]*guest_agent)/, { on: "agent" }),
  vm("autostart", false, true, /Autostart: +enable/, { where: async ({ xml }) => xml }),
  vm("running", false, "paused", /State: +paused/, { on: "power", where: async ({ xml }) => xml }),
  // The only kind of instance there is on libvirt.
  vm("instanceType", "virtual-machine", "virtual-machine", /./),
  vm("name", "fates-name", "fates-named", /<name>fates-named</, { on: "name" }),
  vm("uuid", uuid("01"), uuid("02"), new RegExp(`<uuid>${uuid("02")}<`)),
  vm("adopt", undefined, true, /./),
  vm("zone", "here", "there", /zone='there'|zone="there"/),
  vm("resourcePool", "first", "second", /pool=["']second/),
  vm("tags", ["a"], ["a", "tag-b"], /vmhost:tag name=["']tag-b/),
  vm("host", undefined, "$other", /<domain type='test'/, { needs: { domainType: undefined } }),
  // The host that it is on is the one that is chosen.
  vm("hosts", undefined, ["$host"], /./),
  vm("spread", "apart-a", "apart-b", /vmhost:tag name=["']apart-b/, { on: "spread" }),
  kept("Vm", "pack", false, true),
  kept("Vm", "waitFor.address", false, true, { on: "wait" }),
  kept("Vm", "waitFor.source", "any", "lease", { on: "wait" }),
  kept("Vm", "waitFor.agent", false, true, { on: "wait" }),
  kept("Vm", "waitFor.timeout", 300, 60, { on: "wait" }),
  kept("Vm", "shutdownTimeout", 300, 77),
  kept("Vm", "forceDestroy", false, true),
  kept("Vm", "cancelNoAcpi", false, true),
  kept("Vm", "shutdownOnDestroy", false, true),
  restarted,
  kept("Vm", "validateStart", undefined, false, { on: "running" }),
  kept("Vm", "restart", "ifNeeded", "never", { on: "restart" }),
  kept("Vm", "allowDataLoss", false, true),
  kept("Vm", "migrate.storage", "copy", "shared"),
  kept("Vm", "migrate.unsafe", false, true),
  kept("Vm", "migrate.autoConverge", false, true),
  kept("Vm", "migrate.compressed", false, true),
  kept("Vm", "migrate.tls", false, true),
];
