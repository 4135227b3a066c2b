import { row, type Args, type Row, withoutGroup } from "../row";

const vm = (field: string, a: unknown, b: unknown, shows: RegExp, on: string, needs: Args = {}): Row =>
  row("Vm", field, a, b, shows, { on, needs });

const path = (name: string): string => `/var/lib/libvirt/images/fates/fates/${name}`;
const code = "/usr/share/OVMF/OVMF_CODE_4M.fd";
/** Only where the CPU has it. */
const sev = (field: string, b: unknown): Row => ({
  ...row("Vm", `launchSecurity.${field}`, undefined, b, /./, { on: `sev-${field}`, lacks: "SEV" }),
  a: {},
  b: { launchSecurity: { type: "sev", policy: 3, [field]: b } },
});
const entry = (value: Args): Args => ({ fwCfg: [{ name: "opt/org.example/key", ...value }] });
const fwCfg = (field: string, a: Args, b: Args, shows: RegExp): Row => ({
  ...vm("fwCfg", {}, {}, shows, `fw-${field}`),
  field: `fwCfg[].${field}`,
  a,
  b,
});

export const rows: readonly Row[] = [
  vm("os.bootMenu", false, true, /<bootmenu enable='yes'/, "running"),
  vm("os.bootMenuTimeout", 1000, 2000, /timeout='2000'/, "menu", { os: { bootMenu: true } }),
  vm("os.biosSerial", false, true, /useserial='yes'/, "running"),
  vm("os.rebootTimeout", 1000, 2000, /rebootTimeout='2000'/, "running"),
  vm("os.dtb", path("one"), path("two"), /<dtb>\S+two</, "dtb", { os: { kernel: "fates/one" } }),
  vm("firmware.type", "bios", "uefi", /<os firmware='efi'|<loader[^>]*pflash/, "running-firmware"),
  withoutGroup(vm("firmware.type", "bios", "uefi", /<os firmware='efi'|<loader[^>]*pflash/, "running-bios")),
  vm("firmware.secureBoot", false, true, /secure='yes'|enabled='yes' name='secure-boot'/, "secure"),
  vm("firmware.enrolledKeys", false, true, /enabled='yes' name='enrolled-keys'/, "keys", {
    firmware: { secureBoot: true },
  }),
  vm("firmware.loader", code, "/usr/share/OVMF/OVMF_CODE.fd", /OVMF_CODE.fd</, "loader"),
  vm("firmware.nvram", path("vars-a"), path("vars-b"), /vars-b</, "nvram"),
  vm(
    "firmware.nvramTemplate",
    "/usr/share/OVMF/OVMF_VARS_4M.fd",
    "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
    /template='\S+ms.fd'/,
    "template",
    { firmware: { loader: code } },
  ),
  vm("tpm.type", "emulator", "passthrough", /<backend type='passthrough'/, "tpm-type"),
  vm("tpm.version", "1.2", "2.0", /version='2.0'/, "tpm-version"),
  vm("tpm.model", "tpm-tis", "tpm-crb", /<tpm model='tpm-crb'/, "tpm-model"),
  vm("tpm.device", "/dev/tpm0", "/dev/tpm1", /path='\/dev\/tpm1'/, "tpm-device", {
    tpm: { type: "passthrough" },
  }),
  vm("tpm.persistentState", false, true, /persistent_state='yes'/, "tpm-state"),
  vm("iommu.model", "intel", "virtio", /<iommu model='virtio'/, "iommu-model"),
  vm("iommu.interruptRemapping", false, true, /intremap='on'/, "iommu", { features: { ioapic: "qemu" } }),
  vm("iommu.cachingMode", false, true, /caching_mode='on'/, "running-iommu"),
  vm("iommu.eim", false, true, /eim='on'/, "iommu-eim", {
    features: { ioapic: "qemu" },
    iommu: { interruptRemapping: true },
  }),
  vm("iommu.iotlb", false, true, /iotlb='on'/, "running-iommu"),
  vm("iommu.addressBits", 39, 48, /aw_bits='48'/, "running-iommu"),
  vm("smbios.bios", { vendor: "one" }, { vendor: "two" }, /name='vendor'>two</, "running"),
  vm("smbios.system", { product: "one" }, { product: "three" }, /name='product'>three</, "running"),
  vm("smbios.baseBoard", { product: "one" }, { product: "four" }, /name='product'>four</, "running"),
  vm("smbios.chassis", { serial: "one" }, { serial: "five" }, /name='serial'>five</, "running"),
  vm("smbios.oemStrings", ["one"], ["six"], />six</, "running"),
  {
    ...fwCfg("name", entry({ value: "a" }), {}, /opt\/org.example\/other/),
    b: { fwCfg: [{ name: "opt/org.example/other", value: "a" }] },
  },
  fwCfg("value", entry({ value: "one" }), entry({ value: "two" }), />two<\/entry>/),
  fwCfg("file", entry({ file: path("one") }), entry({ file: path("two") }), /file='\S+two'/),
  vm("ignition", '{"a":1}', '{"a":2}', /com.coreos\/config'>\{&quot;a&quot;:2\}/, "ignition"),
  sev("type", "sev"),
  sev("policy", 3),
  sev("cbitpos", 47),
  sev("reducedPhysBits", 1),
  sev("dhCert", "AAAA"),
  sev("session", "BBBB"),
  sev("kernelHashes", true),
];
