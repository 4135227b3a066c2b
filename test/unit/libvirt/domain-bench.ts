import { readFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../../../provider/lifecycle/engine/check";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import type { DomainContext } from "../../../provider/libvirt/xml/domain";
import { parseXml, type XmlElement } from "../../../provider/libvirt/xml/tree";
import type { VmSpec } from "../../../provider/schema/vm";

export const ODD_TEXT = `it's <b>"odd"</b> & größer – 試験 🐧`;
const FOLDER = "/var/lib/libvirt/images/p1";
export const HALT = "<os><loader type='rom'>/var/lib/libvirt/boot/halt.rom</loader></os>";

/** XML as a real daemon (libvirt 9.0.0, QEMU 7.2) has printed it. */
export function fixture(name: string): XmlElement {
  return parseXml(readFileSync(join(__dirname, "fixtures", `${name}.xml`), "utf8"));
}

/** A spec that has passed the gate. */
export function specOf(name: string, input: Plain = {}, olds: Plain = {}): VmSpec {
  const owner = `p/s/Vm/${name}`;
  const news = { host: { address: "qemu:///system" }, owner, name, memory: 64, ...input };
  const { inputs, failures } = check(vm as never, olds, news);
  if (failures.length > 0) throw new Error(`The gate refuses the test's input: ${JSON.stringify(failures)}`);
  return inputs as unknown as VmSpec;
}

/** What would have been looked up on the host: a volume for each disk. */
export function contextOf(spec: VmSpec, more: Partial<DomainContext> = {}): DomainContext {
  const name = String(spec.name);
  const file = (disk: string): string => `${name}-b71bde1-${disk}.qcow2`;
  const own = (spec.disks ?? []).filter(({ device }) => device === "disk");
  return {
    name,
    arch: "x86_64",
    domainType: "kvm",
    defaultMacvlanMode: "bridge",
    sources: new Map(
      own.map(({ name: disk }) => [disk, { path: `${FOLDER}/${file(disk)}`, format: "qcow2", block: false }]),
    ),
    mark: {
      owner: spec.owner,
      volumes: own.map(({ name: disk }) => ({ key: `p1/${file(disk)}`, disk })),
      zone: spec.zone,
      resourcePool: spec.resourcePool,
      tags: spec.tags,
    },
    ...more,
  };
}

/** The program behind fixtures/domain-ours.xml. */
export const OURS = {
  title: ODD_TEXT,
  description: `${ODD_TEXT}\nline two`,
  cores: 2,
  maxCores: 4,
  memory: 128,
  maxMemory: 256,
  zone: ODD_TEXT,
  tags: ["a", "b & c"],
  resourcePool: "rp",
  disks: [
    { size: "64MiB" },
    { name: "data", size: "32MiB", bus: "scsi", cache: "none", io: "native", discard: "unmap", serial: "S1" },
    { name: "cd", device: "cdrom" },
  ],
  interfaces: [{ network: "n1" }, { name: "up", bridge: "virbr8", model: "e1000e", targetDev: "tapx" }],
  raw: [
    HALT,
    "<cputune>\n <shares>200</shares><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='1' cpuset='0-1'/></cputune>",
    "<devices><watchdog model='i6300esb' action='none'/></devices>",
    "<clock><timer name='hpet' present='no'/></clock>",
    "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-name'/><qemu:arg value='x'/></qemu:commandline>",
  ],
};
