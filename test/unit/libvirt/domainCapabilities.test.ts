import { expect, test } from "@jest/globals";
import { featuresXml, readCpuModels } from "../../../provider/libvirt/xml/domainCapabilities";
import { readXml } from "../../../provider/libvirt/xml/tree";

/** Of libvirt 9.0 with QEMU 7.2, less most of its models and features. */
const CAPABILITIES = `<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <domain>kvm</domain>
  <machine>pc-q35-7.2</machine>
  <arch>x86_64</arch>
  <cpu>
    <mode name='host-passthrough' supported='yes'>
      <enum name='hostPassthroughMigratable'>
        <value>on</value>
        <value>off</value>
      </enum>
    </mode>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>kvm64</model>
      <vendor>Intel</vendor>
      <feature policy='require' name='vme'/>
      <feature policy='disable' name='pni'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='yes' vendor='unknown'>pentium3</model>
      <model usable='no' vendor='Intel'>Haswell</model>
      <model usable='unknown'>max</model>
    </mode>
  </cpu>
</domainCapabilities>`;

test("CPU models of a host are read from its domain capabilities", () => {
  expect(readCpuModels(readXml(CAPABILITIES))).toEqual([
    { name: "pentium3", usable: true },
    { name: "Haswell", usable: false },
    { name: "max" },
  ]);
});

test("a host without such CPUs has none", () => {
  const none = CAPABILITIES.replaceAll("supported='yes'", "supported='no'");
  expect(readCpuModels(readXml(none))).toEqual([]);
});

test("features are looked up by a CPU that has them all", () => {
  const cpu = readXml(featuresXml("pentium3", ["vmx", "vmxx"]));
  expect(cpu.attributes).toEqual({ mode: "custom", match: "exact" });
  expect(featuresXml("pentium3", ["vmxx"])).toContain('<feature policy="disable" name="vmxx"/>');
});
