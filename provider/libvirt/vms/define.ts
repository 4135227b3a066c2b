import type { NamedVmSpec } from "../../driver/contract";
import { DriverError, isDriverError } from "../../driver/errors";
import type { HostConnection } from "../../schema/address/connection";
import { orAbsent } from "../common";
import { resolveImage } from "../volumes/lookup";
import { VIR_DOMAIN_DEFINE_VALIDATE, VIR_ERR_XML_INVALID_SCHEMA } from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { domainXml, type DomainContext } from "../xml/domain";
import { diskPlace, disksOf, type Medium } from "../xml/domain/disks";
import { interfacesOf } from "../xml/domain/interfaces";
import { readMark, type Mark } from "../xml/metadata";
import { attribute, find, formatXml, type XmlElement } from "../xml/tree";
import type { PlannedDisk } from "./disks";
import { SEED_DISK } from "./seed";

/** What the host runs guests with, looked up once per session. */
export interface Machinery {
  readonly arch: string;
  readonly domainTypes: readonly string[];
}

/** The definition that the spec asks for, over the current one if there is one. */
export async function definitionOf(
  session: LibvirtSession,
  spec: NamedVmSpec,
  owner: string,
  disks: readonly PlannedDisk[],
  machinery: Machinery,
  current?: XmlElement,
): Promise<XmlElement> {
  const use = `VM "${spec.name}"`;
  const image = async (reference: string | undefined): Promise<string | undefined> =>
    reference === undefined ? undefined : (await resolveImage(session, reference, use)).path;
  const [kernel, initrd] = await Promise.all([
    image(spec.os?.kernel),
    image(spec.os?.initrd),
    checkFilters(session, spec),
  ]);
  const sources = disks.flatMap(({ spec: { name }, source }): [string, Medium][] =>
    source === undefined ? [] : [[name, source]],
  );
  const arch = spec.os?.arch ?? machinery.arch;
  const context: DomainContext = {
    name: spec.name,
    arch,
    domainType: spec.domainType ?? attribute(current, "type") ?? preferredType(machinery, arch),
    defaultMacvlanMode: spec.host.defaultMacvlanMode,
    sources: new Map(sources),
    kernel,
    initrd,
    mark: markOf(spec, owner, disks, current),
  };
  return domainXml(spec, context, current);
}

/** libvirt takes any name into a definition, and finds out at the start that there is no such filter (R138). */
async function checkFilters(session: LibvirtSession, { interfaces }: NamedVmSpec): Promise<void> {
  const named = (interfaces ?? []).flatMap(({ name, filter }) =>
    filter === undefined ? [] : [{ name, filter }],
  );
  await Promise.all(
    named.map(async ({ name, filter }) => {
      if ((await orAbsent(session.call("nwfilter_lookup_by_name", { name: filter }))) !== undefined) return;
      throw new DriverError(
        `interface "${name}" names the network filter "${filter}", which the host has not`,
        {
          code: "not-found",
          remedy: "Look at `virsh nwfilter-list` on the host, or define it there.",
        },
      );
    }),
  );
}

/** Hardware virtualisation runs guests of the host's own architecture alone. */
function preferredType({ arch: own, domainTypes }: Machinery, arch: string): string {
  if (arch !== own && !(own === "x86_64" && arch === "i686") && domainTypes.includes("qemu")) return "qemu";
  return domainTypes.includes("kvm") ? "kvm" : (domainTypes[0] ?? "qemu");
}

/** Volumes that were ours stay on the list even when the program no longer names their disk: they leave with the VM. */
function markOf(
  spec: NamedVmSpec,
  owner: string,
  disks: readonly PlannedDisk[],
  current: XmlElement | undefined,
): Mark {
  const paths = (current === undefined ? [] : disksOf(current)).map(diskPlace);
  // Of seeds only the one in the drive counts: those before it are gone already.
  const earlier = (current === undefined ? [] : (readMark(current)?.volumes ?? [])).filter(
    ({ key, disk }) =>
      disk !== SEED_DISK || paths.some((path) => path?.endsWith(key.slice(key.indexOf("/")))),
  );
  const planned = disks.flatMap(({ own, spec: { name } }) =>
    own === undefined ? [] : [{ key: own.key, disk: name, ...(own.copied ? { copied: true as const } : {}) }],
  );
  const { host }: { host: HostConnection } = spec;
  return {
    owner,
    volumes: [...earlier.filter(({ key }) => !planned.some((volume) => volume.key === key)), ...planned],
    zone: spec.zone ?? host.zone,
    resourcePool: spec.resourcePool ?? host.resourcePool,
    tags: spec.tags ?? host.tags,
  };
}

/**
 * Defines over the same name and UUID. libvirt checks the XML against its own schema first, except where a part of it
 * was made by hand: what it has once accepted from somebody else is not ours to refuse.
 */
export async function define(
  session: LibvirtSession,
  definition: XmlElement,
  { validate }: { readonly validate: boolean } = { validate: true },
): Promise<Dom> {
  const flags = validate ? VIR_DOMAIN_DEFINE_VALIDATE : 0;
  try {
    return (await session.call("domain_define_xml_flags", { xml: formatXml(definition), flags })).dom;
  } catch (error) {
    throw isDriverError(error) ? explainDefine(error, definition) : error;
  }
}

/** What to do about a definition that the host refuses. */
function explainDefine(error: DriverError, definition: XmlElement): DriverError {
  if (error.hostCode === VIR_ERR_XML_INVALID_SCHEMA) {
    return error.with({ remedy: "Check `raw`: libvirt takes only what its schema for domains knows." });
  }
  if (/is already (defined|active) with uuid/.test(error.message)) {
    return error.with({
      code: "already-exists",
      remedy: "Choose another `uuid` or leave it out; the VM that has it can be taken over with `adopt`.",
    });
  }
  if (/No PCI buses available|machine type/.test(error.message)) {
    const machine = attribute(find(definition, "os", "type"), "machine") ?? "";
    return error.with({
      remedy: `Does the host's QEMU know machine "${machine}"? Ask it with \`-machine help\`, or leave \`os.machine\` out.`,
    });
  }
  if (/No emulator found|could not find capabilities/.test(error.message)) {
    return error.with({ remedy: "Install the QEMU for this architecture on the host, or change `os.arch`." });
  }
  return error;
}

/** The socket of an interface on a switch in user space. */
const VHOST_USER = /id=char(net\d|ua-nic-)|vhost-user/;

const START_REMEDIES: readonly (readonly [RegExp, (definition: XmlElement) => string])[] = [
  [
    VHOST_USER,
    () =>
      "QEMU's user must be able to make or call the socket of `vhostUser` (`path`), and the switch must be there at the VM's start.",
  ],
  [
    /Unable to get index for interface|Cannot get interface MTU/,
    () => "The host has no network device of this name; look at `ip link` there.",
  ],
  [
    /Network not found|network '.*' is not active/,
    (definition) =>
      `Declare the network as a LibvirtNetwork, or start it with \`virsh net-start\` (interfaces use: ${networksOf(definition).join(", ")}).`,
  ],
  [
    /Unknown CPU model/,
    () => "`virsh cpu-models <arch>` on the host lists the models that it knows, by their exact names.",
  ],
  [
    /Failed to reserve port \d+/,
    () =>
      "Another VM or program of the host has this port: leave `port` of `graphics` out, and the host chooses a free one.",
  ],
  [
    /Cannot access storage file|unable to stat|Could not open|No such file/,
    () => "Check that the file is there on the host and that QEMU's user may read it.",
  ],
  [
    /pflash|master var store/,
    () =>
      'The host knows no variables for this `firmware.loader`: name `nvramTemplate`; a plain ROM wants `firmware.type: "bios"`, also where what is in it is UEFI.',
  ],
  [
    /is not a valid device model name/,
    () => "The host's QEMU does not know this `model`; virtio is always there.",
  ],
  [
    /Could not access KVM|failed to initialize kvm/i,
    () => 'The host cannot use KVM now; make /dev/kvm accessible, or set `domainType: "qemu"`.',
  ],
  [
    /creating macv(tap|lan) interface .*: Invalid argument/,
    () =>
      "In mode passthru a device is for one guest alone, and another guest of the host is on this one (`ip -d link show type macvtap` there); choose another device, or another `macvlanMode` for both.",
  ],
  [
    /creating macv(tap|lan) interface .*: Device or resource busy/,
    () => "The device is part of a bridge or bond of the host; name that one instead.",
  ],
  [
    /failed to set MSR 0x10a\b/,
    () =>
      'The host\'s KVM refuses a feature that it says its CPU has (known of virtual machines on AMD with QEMU before 8); leave the feature out: `cpu: { features: [{ name: "arch-capabilities", policy: "disable" }] }`.',
  ],
  [
    /failed to set MSR /,
    () =>
      'The host\'s KVM refuses a feature that it says its CPU has; give the guest a named model (`cpu: { mode: "custom", model: … }`, see `virsh cpu-models x86_64`), or `domainType: "qemu"`.',
  ],
  [
    /image magic is incorrect/,
    () =>
      "The guest's saved memory cannot be read back. On the host, the module options `kvm_intel nested=0 emulate_invalid_guest_state=0` and `kvm ignore_msrs=1` have helped; `virsh managedsave-remove` gives the memory up, and the guest starts from its disks.",
  ],
];

/** What to do about a definition that the host has taken but cannot start. */
export function explainStart(error: DriverError, definition: XmlElement): DriverError {
  if (error.code === "no-capacity") {
    return error.with({
      remedy: "The host has not enough free memory for it: make `memory` smaller, or stop another VM.",
    });
  }
  if (error.code === "timeout" && hasVhostUser(definition)) {
    return error.with({
      remedy:
        "QEMU waits for the switch behind the socket of `vhostUser`: start the switch first; a VM that waits so is ended by `virsh destroy` on the host.",
    });
  }
  const remedy = START_REMEDIES.find(([text]) => text.test(error.message))?.[1](definition);
  return remedy === undefined ? error : error.with({ remedy });
}

function hasVhostUser(definition: XmlElement): boolean {
  return interfacesOf(definition).some((nic) => attribute(nic, "type") === "vhostuser");
}

function networksOf(definition: XmlElement): string[] {
  return interfacesOf(definition).flatMap((nic) => attribute(find(nic, "source"), "network") ?? []);
}
