// Generated from provider/schema by `npm run generate`; do not edit.
import type * as pulumi from "@pulumi/pulumi";
import type { HostConnection, LibvirtNetworkRef, LibvirtSecretRef, LxdNetworkRef, LxdProjectRef, NwFilterRef, StoragePoolRef, StorageVolumeRef, VmHostRef, VmRef } from "./refs";

/** Inputs that are encrypted in state whatever the program says. */
export const SECRET_INPUTS: readonly string[] = ["sshPrivateKey","sshPassphrase","password","key","trustToken","trustPassword","secretValue","ignition","userData","environment"];

export interface VmHostArgs {
  /**
   * Where the hypervisor is: `qemu:///system`, `qemu+unix:///system?socket=/path`, `qemu+ssh://user@host[:port]/system`, `qemu+tls://host/system`, `qemu+tcp://host/system`, `test:///default`; for LXD `https://host:8443`, or `unix://` on this machine. The same machine under another address is no change for its VMs.
   *
   * Source: libvirt connection URI; R13–R16
   */
  address?: pulumi.Input<string | undefined>;
  /**
   * An SSH private key (the text, not a path). Prefer the agent, key files, or `pulumi config set --secret vmhost:sshPrivateKey`.
   */
  sshPrivateKey?: pulumi.Input<string | undefined>;
  /**
   * The passphrase of the SSH key.
   */
  sshPassphrase?: pulumi.Input<string | undefined>;
  /**
   * A key file on the machine that runs Pulumi; tried before ~/.ssh/config's and the default ones.
   */
  sshKeyFile?: pulumi.Input<string | undefined>;
  /**
   * The SSH password. Prefer keys, or `pulumi config set --secret vmhost:password`.
   *
   * Source: R23
   */
  password?: pulumi.Input<string | undefined>;
  /**
   * Lines of a known_hosts file that pin the host's key. Default: the user's and the system's known_hosts.
   *
   * Source: R25
   */
  sshKnownHosts?: pulumi.Input<string | undefined>;
  /**
   * What to do with an unknown SSH host key: refuse it (`strict`, the default), remember it (`accept-new`), or trust anything (`ignore`, insecure).
   *
   * Source: R25
   */
  hostKeyPolicy?: pulumi.Input<"strict" | "accept-new" | "ignore" | undefined>;
  /**
   * The LXD project that the host's VMs, volumes and images live in. Default `default`.
   *
   * Source: ?project=; R46
   */
  project?: LxdProjectRef | pulumi.Input<string | undefined>;
  /**
   * The client certificate that the server trusts. Needed for an `https://` address.
   *
   * Source: R40
   */
  certificate?: pulumi.Input<string | undefined>;
  /**
   * The private key of `certificate`, without a passphrase. Prefer `pulumi config set --secret vmhost:key`.
   *
   * Source: R40, R41
   */
  key?: pulumi.Input<string | undefined>;
  /**
   * SHA-256 fingerprint of the server's certificate (`lxc info`, certificate_fingerprint). Default: the certificate must be one that this machine's authorities vouch for.
   *
   * Source: R25, R43
   */
  serverFingerprint?: pulumi.Input<string | undefined>;
  /**
   * Virtual cores allowed per physical core, 0 to 10. Default 1; below 1 keeps cores free, 0 forbids VMs.
   *
   * Source: R49, R50
   */
  cpuOvercommitRatio?: pulumi.Input<number | undefined>;
  /**
   * VM memory allowed per physical memory, 0 to 10. Default 1.
   *
   * Source: R49, R50
   */
  memoryOvercommitRatio?: pulumi.Input<number | undefined>;
  /**
   * Cores kept away from VMs before the ratio counts: a number, or a share such as "10%"; a negative one adds. Default 0.
   *
   * Source: RESERVED_CPU; R58
   */
  reservedCpu?: pulumi.Input<number | string | undefined>;
  /**
   * Memory kept away from VMs before the ratio counts: a size (a bare number is MiB), or a share such as "10%"; a negative one adds. Default 0.
   *
   * Source: RESERVED_MEM; R58
   */
  reservedMemory?: pulumi.Input<number | string | undefined>;
  /**
   * Which VMs count against the limits: all of them (`allocated`, the default), or only those that are on (`running`), which then may not all be able to start.
   *
   * Source: R53, R56
   */
  overcommitScope?: pulumi.Input<"allocated" | "running" | undefined>;
  /**
   * No warning about a VM that alone has more cores or memory than the machine, which a ratio above 1 allows. Default false.
   *
   * Source: R59
   */
  allowVmLargerThanHost?: pulumi.Input<boolean | undefined>;
  /**
   * What an interface of a VM gets that names nothing: the network `maas`, then `default` (`legacy`), or only what is known to have DHCP that is not libvirt's own (`dhcp`, the default where `knownInterfaces` tell of DHCP): those networks on such a bridge, then the first such bridge, then the first such device by macvtap.
   *
   * Source: R80, R81, R90
   */
  networkChoice?: pulumi.Input<"legacy" | "dhcp" | undefined>;
  /**
   * What the hypervisor cannot tell of the host's network devices: DHCP, VLAN, fabric, space, subnets, tags. Added to what it tells, by name; VMs' `constraints` are matched against both.
   *
   * Source: R26, R63
   */
  knownInterfaces?: pulumi.Input<{ name: pulumi.Input<string>; type?: pulumi.Input<"bridge" | "bond" | "vlan" | "physical" | undefined>; dhcp?: pulumi.Input<boolean | undefined>; vlan?: pulumi.Input<string | number | undefined>; fabric?: pulumi.Input<string | undefined>; space?: pulumi.Input<string | undefined>; subnets?: pulumi.Input<pulumi.Input<string>[] | undefined>; tags?: pulumi.Input<pulumi.Input<string>[] | undefined>; sriov?: pulumi.Input<boolean | undefined>}[] | undefined>;
  /**
   * Name or UUID of the pool for disks that name none. It must exist when such a disk is made.
   *
   * Source: R103
   */
  defaultStoragePool?: StoragePoolRef | pulumi.Input<string | undefined>;
  /**
   * Mode of macvlan interfaces that name none; existing interfaces keep theirs. Default `bridge`, and on LXD nothing else. In `private` guests on one device do not see each other; `vepa` needs a switch that sends frames back; in `passthru` a device is for one guest alone.
   *
   * Source: R91–R97
   */
  defaultMacvlanMode?: pulumi.Input<"private" | "vepa" | "bridge" | "passthru" | undefined>;
  /**
   * Failure zone of the host; travels to its VMs' metadata.
   *
   * Source: R35
   */
  zone?: pulumi.Input<string | undefined>;
  /**
   * Logical group of the host; VMs inherit it.
   *
   * Source: R7
   */
  resourcePool?: pulumi.Input<string | undefined>;
  /**
   * Labels of the host; travel to its VMs.
   *
   * Source: R35
   */
  tags?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * What holds for all VMs of the program on this host unless a VM says otherwise: any of a Vm's fields, and `disk` and `nic` for each of its disks and interfaces. Raw XML is added to a VM's own. A changed default changes the VMs.
   *
   * Source: R117, R126–R128
   */
  vmDefaults?: pulumi.Input<Partial<Omit<VmArgs, "host" | "name" | "adopt" | "disks" | "interfaces" | "cloudInit">> & { disk?: pulumi.Input<Partial<VmDiskArgs> | undefined>; nic?: pulumi.Input<Partial<VmInterfaceArgs> | undefined>} | undefined>;
  /**
   * How many changing actions run on this host at a time, across all resources of the program. Default 10.
   *
   * Source: R162
   */
  maxParallelActions?: pulumi.Input<number | undefined>;
  /**
   * How often a step that may be repeated is tried again after a lost connection or a busy host. Default 3.
   *
   * Source: R163
   */
  retries?: pulumi.Input<number | undefined>;
  /**
   * Name or IP address at which other hosts' QEMU reaches this one when a VM moves here (TCP 49152–49215). Default: the host name that libvirt tells.
   *
   * Source: VIR_MIGRATE_PARAM_URI; R160
   */
  migrationAddress?: pulumi.Input<string | undefined>;
  /**
   * How long to wait for the host to answer when connecting. Default 30s.
   */
  connectTimeout?: pulumi.Input<string | number | undefined>;
  /**
   * How long a guest may take to shut down. Default 300s; a Vm can say otherwise.
   *
   * Source: R156
   */
  shutdownTimeout?: pulumi.Input<string | number | undefined>;
  /**
   * Switch guests off hard that do not shut down in time. Default false; a Vm can say otherwise.
   *
   * Source: FORCE_DESTROY; R158, R164
   */
  forceDestroy?: pulumi.Input<boolean | undefined>;
  /**
   * Switch guests without ACPI off hard at once. Default false; a Vm can say otherwise.
   *
   * Source: CANCEL_NO_ACPI; R159, R164
   */
  cancelNoAcpi?: pulumi.Input<boolean | undefined>;
  /**
   * Make a key and a certificate for this host, in place of `certificate` and `key`. The first `up` ends with the command that makes the server trust it, or uses `trustToken`; later ones go on with the same pair. Default false.
   *
   * Source: R38, R44
   */
  generateCertificate?: pulumi.Input<boolean | undefined>;
  /**
   * A token of `lxc config trust add` on the server. Used once, when the server does not trust the certificate yet; it also pins the server's certificate.
   *
   * Source: R43
   */
  trustToken?: pulumi.Input<string | undefined>;
  /**
   * The server's trust password (LXD before 6.1). Used once, when the server does not trust the certificate yet.
   *
   * Source: R42
   */
  trustPassword?: pulumi.Input<string | undefined>;
  /**
   * Make the project when it is missing. It stays when the VmHost goes. Default false.
   *
   * Source: R46
   */
  createProject?: pulumi.Input<boolean | undefined>;
  /**
   * Where the machine stands; free text.
   *
   * Source: R31
   */
  location?: pulumi.Input<string | undefined>;
  /**
   * Let a refresh keep the last known facts, with a warning, when the host does not answer. Default false: an error.
   */
  allowUnreachable?: pulumi.Input<boolean | undefined>;
}

export interface LibvirtNetworkForwardNatPortsArgs {
  /**
   * First source port.
   */
  start: pulumi.Input<number>;
  /**
   * Last source port.
   */
  end: pulumi.Input<number>;
}

export interface LibvirtNetworkForwardNatAddressArgs {
  /**
   * First source address.
   */
  start: pulumi.Input<string>;
  /**
   * Last source address.
   */
  end: pulumi.Input<string>;
}

export interface LibvirtNetworkForwardArgs {
  /**
   * `nat`, `route`, `open`, `none` (isolated), `bridge` (of a host's bridge, or macvtap with `dev`), `private`, `vepa`, `passthrough`, `hostdev` (PCI functions of the host, one for each guest).
   *
   * Source: <forward mode>
   */
  mode: pulumi.Input<"nat" | "route" | "open" | "none" | "bridge" | "private" | "vepa" | "passthrough" | "hostdev">;
  /**
   * The host's devices to forward through.
   *
   * Source: <forward dev>, <interface dev>; R77
   */
  dev?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Source ports that NAT may use.
   *
   * Source: <nat><port start end>; R66
   */
  natPorts?: pulumi.Input<LibvirtNetworkForwardNatPortsArgs | undefined>;
  /**
   * Source addresses that NAT uses. Default: that of the host's device.
   *
   * Source: <nat><address start end>
   */
  natAddress?: pulumi.Input<LibvirtNetworkForwardNatAddressArgs | undefined>;
  /**
   * NAT for IPv6 as well.
   *
   * Source: <nat ipv6>
   */
  natIpv6?: pulumi.Input<boolean | undefined>;
  /**
   * The SR-IOV device whose functions guests are given, in mode `hostdev` and the macvtap modes.
   *
   * Source: <pf dev>
   */
  physicalFunction?: pulumi.Input<string | undefined>;
  /**
   * PCI functions that guests are given, in mode `hostdev`.
   *
   * Source: <forward><address type=pci>
   */
  addresses?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Mode `hostdev`: the host takes a function from its own driver for a guest, and gives it back.
   *
   * Source: <forward managed>
   */
  managed?: pulumi.Input<boolean | undefined>;
}

export interface LibvirtNetworkBridgeArgs {
  /**
   * The bridge device. Default: one that is free, chosen by libvirt.
   *
   * Source: <bridge name>; R67
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Spanning tree. libvirt's default is on.
   *
   * Source: <bridge stp>
   */
  stp?: pulumi.Input<boolean | undefined>;
  /**
   * Forward delay in seconds. libvirt's default is 0.
   *
   * Source: <bridge delay>
   */
  delay?: pulumi.Input<number | undefined>;
}

export interface LibvirtNetworkDnsHostArgs {
  /**
   * The address that the names stand for.
   */
  ip: pulumi.Input<string>;
  /**
   * Names of the host.
   */
  names: pulumi.Input<pulumi.Input<string>[]>;
}

export interface LibvirtNetworkDnsTxtArgs {
  /**
   * Name of the record.
   */
  name: pulumi.Input<string>;
  /**
   * Its text.
   */
  value: pulumi.Input<string>;
}

export interface LibvirtNetworkDnsArgs {
  /**
   * libvirt's DNS server. Default true.
   *
   * Source: <dns enable>; R69
   */
  enabled?: pulumi.Input<boolean | undefined>;
  /**
   * Ask other servers for names without a dot as well. libvirt's default is true.
   *
   * Source: <dns forwardPlainNames>
   */
  forwardPlainNames?: pulumi.Input<boolean | undefined>;
  /**
   * Servers to ask instead of the host's own, each for everything or for one `domain`; a domain without an `address` is never asked for elsewhere.
   *
   * Source: <forwarder addr domain>
   */
  forwarders?: pulumi.Input<{ address?: pulumi.Input<string | undefined>; domain?: pulumi.Input<string | undefined>}[] | undefined>;
  /**
   * Names that the server knows. Changed without touching the bridge.
   *
   * Source: <dns><host>
   */
  hosts?: pulumi.Input<pulumi.Input<LibvirtNetworkDnsHostArgs>[] | undefined>;
  /**
   * TXT records. Changed without touching the bridge.
   *
   * Source: <txt name value>
   */
  txt?: pulumi.Input<pulumi.Input<LibvirtNetworkDnsTxtArgs>[] | undefined>;
  /**
   * SRV records. Changed without touching the bridge.
   *
   * Source: <srv>
   */
  srv?: pulumi.Input<{ service: pulumi.Input<string>; protocol: pulumi.Input<string>; domain?: pulumi.Input<string | undefined>; target?: pulumi.Input<string | undefined>; port?: pulumi.Input<number | undefined>; priority?: pulumi.Input<number | undefined>; weight?: pulumi.Input<number | undefined>}[] | undefined>;
}

export interface LibvirtNetworkIpDhcpRangeArgs {
  /**
   * First address.
   */
  start: pulumi.Input<string>;
  /**
   * Last address.
   */
  end: pulumi.Input<string>;
  /**
   * How long an address is lent, such as `"12h"`; 0 is for ever. libvirt's default is an hour.
   *
   * Source: <lease expiry unit>
   */
  leaseTime?: pulumi.Input<string | number | undefined>;
}

export interface LibvirtNetworkIpDhcpHostArgs {
  /**
   * The guest's MAC address.
   */
  mac?: pulumi.Input<string | undefined>;
  /**
   * The address it gets.
   */
  ip: pulumi.Input<string>;
  /**
   * Its host name.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * IPv6: the DUID by which the guest is known instead of a MAC address.
   *
   * Source: <host id>
   */
  id?: pulumi.Input<string | undefined>;
  /**
   * How long an address is lent, such as `"12h"`; 0 is for ever. libvirt's default is an hour.
   *
   * Source: <lease expiry unit>
   */
  leaseTime?: pulumi.Input<string | number | undefined>;
}

export interface LibvirtNetworkIpDhcpBootpArgs {
  /**
   * The file that guests boot.
   *
   * Source: <bootp file>
   */
  file: pulumi.Input<string>;
  /**
   * The TFTP server that has it. Default: the host.
   *
   * Source: <bootp server>
   */
  server?: pulumi.Input<string | undefined>;
}

export interface LibvirtNetworkIpDhcpArgs {
  /**
   * Addresses handed out.
   *
   * Source: <dhcp><range>
   */
  ranges?: pulumi.Input<pulumi.Input<LibvirtNetworkIpDhcpRangeArgs>[] | undefined>;
  /**
   * Guests with a fixed address.
   *
   * Source: <dhcp><host>
   */
  hosts?: pulumi.Input<pulumi.Input<LibvirtNetworkIpDhcpHostArgs>[] | undefined>;
  /**
   * What guests boot over the network.
   *
   * Source: <bootp>; R76
   */
  bootp?: pulumi.Input<LibvirtNetworkIpDhcpBootpArgs | undefined>;
}

export interface LibvirtNetworkIpArgs {
  /**
   * The host's own address on the network, with the prefix length.
   *
   * Source: <ip address prefix>; R70
   */
  cidr: pulumi.Input<string>;
  /**
   * libvirt's DHCP server on this subnet. Default: none.
   *
   * Source: <dhcp>; R70, R71
   */
  dhcp?: pulumi.Input<LibvirtNetworkIpDhcpArgs | undefined>;
  /**
   * Folder of the host whose files are served by TFTP.
   *
   * Source: <tftp root>; R76
   */
  tftpRoot?: pulumi.Input<string | undefined>;
  /**
   * Names of addresses of this subnet are never asked for elsewhere.
   *
   * Source: <ip localPtr>
   */
  localPtr?: pulumi.Input<boolean | undefined>;
}

export interface LibvirtNetworkRouteArgs {
  /**
   * Where it leads.
   */
  cidr: pulumi.Input<string>;
  /**
   * Through which address of the network.
   */
  gateway: pulumi.Input<string>;
  /**
   * The lowest wins. Default 1.
   *
   * Source: <route metric>
   */
  metric?: pulumi.Input<number | undefined>;
}

export interface LibvirtNetworkPortGroupBandwidthInboundArgs {
  /**
   * Rate that is kept, in KiB per second.
   *
   * Source: <inbound average>
   */
  average: pulumi.Input<number>;
  /**
   * Highest rate, in KiB per second.
   *
   * Source: <inbound peak>
   */
  peak?: pulumi.Input<number | undefined>;
  /**
   * How much goes at the highest rate, in KiB.
   *
   * Source: <inbound burst>
   */
  burst?: pulumi.Input<number | undefined>;
}

export interface LibvirtNetworkPortGroupBandwidthOutboundArgs {
  /**
   * Rate that is kept, in KiB per second.
   *
   * Source: <outbound average>
   */
  average: pulumi.Input<number>;
  /**
   * Highest rate, in KiB per second.
   *
   * Source: <outbound peak>
   */
  peak?: pulumi.Input<number | undefined>;
  /**
   * How much goes at the highest rate, in KiB.
   *
   * Source: <outbound burst>
   */
  burst?: pulumi.Input<number | undefined>;
}

export interface LibvirtNetworkPortGroupBandwidthArgs {
  /**
   * To the guests.
   *
   * Source: <inbound>
   */
  inbound?: pulumi.Input<LibvirtNetworkPortGroupBandwidthInboundArgs | undefined>;
  /**
   * From the guests.
   *
   * Source: <outbound>
   */
  outbound?: pulumi.Input<LibvirtNetworkPortGroupBandwidthOutboundArgs | undefined>;
}

export interface LibvirtNetworkPortGroupVlanArgs {
  /**
   * Several VLANs on one interface. Default: with several `tags`.
   *
   * Source: <vlan trunk>
   */
  trunk?: pulumi.Input<boolean | undefined>;
  /**
   * The VLANs, by `id`; one of several may be the native one (`nativeMode`).
   *
   * Source: <vlan><tag id nativeMode>
   */
  tags: pulumi.Input<{ id: pulumi.Input<number>; nativeMode?: pulumi.Input<"tagged" | "untagged" | undefined>}[]>;
}

export interface LibvirtNetworkPortGroupVirtualPortArgs {
  /**
   * How the switch is told about guests.
   *
   * Source: <virtualport type>
   */
  type: pulumi.Input<"802.1Qbg" | "802.1Qbh" | "openvswitch" | "midonet">;
  /**
   * 802.1Qbg: the VSI manager.
   *
   * Source: <parameters managerid>
   */
  managerId?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: the VSI type.
   *
   * Source: <parameters typeid>
   */
  typeId?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: its version.
   *
   * Source: <parameters typeidversion>
   */
  typeIdVersion?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: UUID of the instance.
   *
   * Source: <parameters instanceid>
   */
  instanceId?: pulumi.Input<string | undefined>;
  /**
   * 802.1Qbh and openvswitch: the port profile.
   *
   * Source: <parameters profileid>
   */
  profileId?: pulumi.Input<string | undefined>;
  /**
   * Open vSwitch and midonet: UUID of the interface.
   *
   * Source: <parameters interfaceid>
   */
  interfaceId?: pulumi.Input<string | undefined>;
}

export interface LibvirtNetworkPortGroupArgs {
  /**
   * Name by which interfaces choose it.
   */
  name: pulumi.Input<string>;
  /**
   * For interfaces that choose none.
   *
   * Source: <portgroup default>
   */
  default?: pulumi.Input<boolean | undefined>;
  /**
   * Guests may change their MAC address and multicast filters.
   *
   * Source: <portgroup trustGuestRxFilters>
   */
  trustGuestRxFilters?: pulumi.Input<boolean | undefined>;
  /**
   * Bandwidth of each interface of the group.
   *
   * Source: <bandwidth>
   */
  bandwidth?: pulumi.Input<LibvirtNetworkPortGroupBandwidthArgs | undefined>;
  /**
   * VLANs of the guests' interfaces, on hostdev and passthrough networks and Open vSwitch bridges.
   *
   * Source: <vlan>
   */
  vlan?: pulumi.Input<LibvirtNetworkPortGroupVlanArgs | undefined>;
  /**
   * Parameters of a switch with virtual ports.
   *
   * Source: <virtualport>
   */
  virtualPort?: pulumi.Input<LibvirtNetworkPortGroupVirtualPortArgs | undefined>;
}

export interface LibvirtNetworkBandwidthInboundArgs {
  /**
   * Rate that is kept, in KiB per second.
   *
   * Source: <inbound average>
   */
  average: pulumi.Input<number>;
  /**
   * Highest rate, in KiB per second.
   *
   * Source: <inbound peak>
   */
  peak?: pulumi.Input<number | undefined>;
  /**
   * How much goes at the highest rate, in KiB.
   *
   * Source: <inbound burst>
   */
  burst?: pulumi.Input<number | undefined>;
}

export interface LibvirtNetworkBandwidthOutboundArgs {
  /**
   * Rate that is kept, in KiB per second.
   *
   * Source: <outbound average>
   */
  average: pulumi.Input<number>;
  /**
   * Highest rate, in KiB per second.
   *
   * Source: <outbound peak>
   */
  peak?: pulumi.Input<number | undefined>;
  /**
   * How much goes at the highest rate, in KiB.
   *
   * Source: <outbound burst>
   */
  burst?: pulumi.Input<number | undefined>;
}

export interface LibvirtNetworkBandwidthArgs {
  /**
   * To the guests.
   *
   * Source: <inbound>
   */
  inbound?: pulumi.Input<LibvirtNetworkBandwidthInboundArgs | undefined>;
  /**
   * From the guests.
   *
   * Source: <outbound>
   */
  outbound?: pulumi.Input<LibvirtNetworkBandwidthOutboundArgs | undefined>;
}

export interface LibvirtNetworkVlanArgs {
  /**
   * Several VLANs on one interface. Default: with several `tags`.
   *
   * Source: <vlan trunk>
   */
  trunk?: pulumi.Input<boolean | undefined>;
  /**
   * The VLANs, by `id`; one of several may be the native one (`nativeMode`).
   *
   * Source: <vlan><tag id nativeMode>
   */
  tags: pulumi.Input<{ id: pulumi.Input<number>; nativeMode?: pulumi.Input<"tagged" | "untagged" | undefined>}[]>;
}

export interface LibvirtNetworkVirtualPortArgs {
  /**
   * How the switch is told about guests.
   *
   * Source: <virtualport type>
   */
  type: pulumi.Input<"802.1Qbg" | "802.1Qbh" | "openvswitch" | "midonet">;
  /**
   * 802.1Qbg: the VSI manager.
   *
   * Source: <parameters managerid>
   */
  managerId?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: the VSI type.
   *
   * Source: <parameters typeid>
   */
  typeId?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: its version.
   *
   * Source: <parameters typeidversion>
   */
  typeIdVersion?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: UUID of the instance.
   *
   * Source: <parameters instanceid>
   */
  instanceId?: pulumi.Input<string | undefined>;
  /**
   * 802.1Qbh and openvswitch: the port profile.
   *
   * Source: <parameters profileid>
   */
  profileId?: pulumi.Input<string | undefined>;
  /**
   * Open vSwitch and midonet: UUID of the interface.
   *
   * Source: <parameters interfaceid>
   */
  interfaceId?: pulumi.Input<string | undefined>;
}

export interface LibvirtNetworkArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * How guests reach the outside. Default: not at all (isolated).
   *
   * Source: <forward>
   */
  forward?: pulumi.Input<LibvirtNetworkForwardArgs | undefined>;
  /**
   * The bridge device.
   *
   * Source: <bridge>
   */
  bridge?: pulumi.Input<LibvirtNetworkBridgeArgs | undefined>;
  /**
   * MTU of the bridge.
   *
   * Source: <mtu size>
   */
  mtu?: pulumi.Input<number | undefined>;
  /**
   * DNS domain of the network.
   *
   * Source: <domain name>; R68
   */
  domain?: pulumi.Input<string | undefined>;
  /**
   * Names of the domain are never asked for elsewhere.
   *
   * Source: <domain localOnly>
   */
  localOnly?: pulumi.Input<boolean | undefined>;
  /**
   * libvirt's DNS server on the network.
   *
   * Source: <dns>
   */
  dns?: pulumi.Input<LibvirtNetworkDnsArgs | undefined>;
  /**
   * Subnets of the network.
   *
   * Source: <ip>
   */
  ips?: pulumi.Input<pulumi.Input<LibvirtNetworkIpArgs>[] | undefined>;
  /**
   * Static routes of the host into the network.
   *
   * Source: <route>
   */
  routes?: pulumi.Input<pulumi.Input<LibvirtNetworkRouteArgs>[] | undefined>;
  /**
   * Classes of interfaces. Changed without touching the bridge.
   *
   * Source: <portgroup>
   */
  portGroups?: pulumi.Input<pulumi.Input<LibvirtNetworkPortGroupArgs>[] | undefined>;
  /**
   * Bandwidth of the whole network.
   *
   * Source: <bandwidth>
   */
  bandwidth?: pulumi.Input<LibvirtNetworkBandwidthArgs | undefined>;
  /**
   * VLANs of the guests' interfaces, on hostdev and passthrough networks and Open vSwitch bridges.
   *
   * Source: <vlan>
   */
  vlan?: pulumi.Input<LibvirtNetworkVlanArgs | undefined>;
  /**
   * Parameters of a switch with virtual ports.
   *
   * Source: <virtualport>
   */
  virtualPort?: pulumi.Input<LibvirtNetworkVirtualPortArgs | undefined>;
  /**
   * Guests talk IPv6 among each other although the network has no IPv6 subnet.
   *
   * Source: <network ipv6>
   */
  guestIpv6?: pulumi.Input<boolean | undefined>;
  /**
   * Guests may change their MAC address and multicast filters.
   *
   * Source: <network trustGuestRxFilters>
   */
  trustGuestRxFilters?: pulumi.Input<boolean | undefined>;
  /**
   * Guests reach the host and what is behind it, but not each other.
   *
   * Source: <port isolated>
   */
  isolatedPorts?: pulumi.Input<boolean | undefined>;
  /**
   * Lines for dnsmasq's own configuration, such as `log-queries`.
   *
   * Source: <dnsmasq:option value>
   */
  dnsmasqOptions?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Start the network with the host. Default true.
   *
   * Source: virNetworkSetAutostart; R73
   */
  autostart?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the network runs. Default true.
   *
   * Source: virNetworkCreate; R73
   */
  active?: pulumi.Input<boolean | undefined>;
}

export interface LxdNetworkIpv4Args {
  /**
   * The host's own address on the network with its prefix length, or `none`. Default: LXD chooses a free subnet when the network is made (types bridge and ovn); see the output `ipv4Address`.
   *
   * Source: ipv4.address
   */
  address?: pulumi.Input<string | undefined>;
  /**
   * Guests reach the outside by the host's address. LXD's default: yes where it has chosen the subnet, else no.
   *
   * Source: ipv4.nat
   */
  nat?: pulumi.Input<boolean | undefined>;
  /**
   * Source address of guests outside. Default: that of the host's device.
   *
   * Source: ipv4.nat.address
   */
  natAddress?: pulumi.Input<string | undefined>;
  /**
   * Whether the rules for NAT stand before others of the host, or after. LXD's default is before.
   *
   * Source: ipv4.nat.order
   */
  natOrder?: pulumi.Input<"before" | "after" | undefined>;
  /**
   * Hand out addresses. LXD's default is yes.
   *
   * Source: ipv4.dhcp
   */
  dhcp?: pulumi.Input<boolean | undefined>;
  /**
   * Addresses handed out. Default: all of the subnet.
   *
   * Source: ipv4.dhcp.ranges
   */
  ranges?: pulumi.Input<{ start: pulumi.Input<string>; end: pulumi.Input<string>}[] | undefined>;
  /**
   * How long an address is lent, such as `"12h"`. LXD's default is an hour.
   *
   * Source: ipv4.dhcp.expiry
   */
  leaseTime?: pulumi.Input<string | number | undefined>;
  /**
   * More subnets that are behind the network (bridge), or that networks on this uplink may use (physical).
   *
   * Source: ipv4.routes
   */
  routes?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Route between the network and the outside. LXD's default is yes.
   *
   * Source: ipv4.routing
   */
  routing?: pulumi.Input<boolean | undefined>;
  /**
   * LXD writes the firewall's rules for the network. LXD's default is yes.
   *
   * Source: ipv4.firewall
   */
  firewall?: pulumi.Input<boolean | undefined>;
  /**
   * Type physical: the gateway of networks on this uplink, with its prefix length.
   *
   * Source: ipv4.gateway
   */
  gateway?: pulumi.Input<string | undefined>;
  /**
   * Addresses for the routers of OVN networks that have this one as their uplink.
   *
   * Source: ipv4.ovn.ranges
   */
  ovnRanges?: pulumi.Input<{ start: pulumi.Input<string>; end: pulumi.Input<string>}[] | undefined>;
  /**
   * The gateway that guests are told. Default: the host's address.
   *
   * Source: ipv4.dhcp.gateway
   */
  dhcpGateway?: pulumi.Input<string | undefined>;
}

export interface LxdNetworkIpv6Args {
  /**
   * The host's own address on the network with its prefix length, or `none`. Default: LXD chooses a free subnet when the network is made (types bridge and ovn); see the output `ipv6Address`.
   *
   * Source: ipv6.address
   */
  address?: pulumi.Input<string | undefined>;
  /**
   * Guests reach the outside by the host's address. LXD's default: yes where it has chosen the subnet, else no.
   *
   * Source: ipv6.nat
   */
  nat?: pulumi.Input<boolean | undefined>;
  /**
   * Source address of guests outside. Default: that of the host's device.
   *
   * Source: ipv6.nat.address
   */
  natAddress?: pulumi.Input<string | undefined>;
  /**
   * Whether the rules for NAT stand before others of the host, or after. LXD's default is before.
   *
   * Source: ipv6.nat.order
   */
  natOrder?: pulumi.Input<"before" | "after" | undefined>;
  /**
   * Hand out addresses. LXD's default is yes.
   *
   * Source: ipv6.dhcp
   */
  dhcp?: pulumi.Input<boolean | undefined>;
  /**
   * Addresses handed out. Default: all of the subnet.
   *
   * Source: ipv6.dhcp.ranges
   */
  ranges?: pulumi.Input<{ start: pulumi.Input<string>; end: pulumi.Input<string>}[] | undefined>;
  /**
   * How long an address is lent, such as `"12h"`. LXD's default is an hour.
   *
   * Source: ipv6.dhcp.expiry
   */
  leaseTime?: pulumi.Input<string | number | undefined>;
  /**
   * More subnets that are behind the network (bridge), or that networks on this uplink may use (physical).
   *
   * Source: ipv6.routes
   */
  routes?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Route between the network and the outside. LXD's default is yes.
   *
   * Source: ipv6.routing
   */
  routing?: pulumi.Input<boolean | undefined>;
  /**
   * LXD writes the firewall's rules for the network. LXD's default is yes.
   *
   * Source: ipv6.firewall
   */
  firewall?: pulumi.Input<boolean | undefined>;
  /**
   * Type physical: the gateway of networks on this uplink, with its prefix length.
   *
   * Source: ipv6.gateway
   */
  gateway?: pulumi.Input<string | undefined>;
  /**
   * Addresses for the routers of OVN networks that have this one as their uplink.
   *
   * Source: ipv6.ovn.ranges
   */
  ovnRanges?: pulumi.Input<{ start: pulumi.Input<string>; end: pulumi.Input<string>}[] | undefined>;
  /**
   * Addresses are handed out one by one, not made up by the guests. LXD's default is no.
   *
   * Source: ipv6.dhcp.stateful
   */
  stateful?: pulumi.Input<boolean | undefined>;
}

export interface LxdNetworkDnsArgs {
  /**
   * LXD writes the guests' names (`managed`, its default), guests tell their own (`dynamic`), or there is no DNS (`none`).
   *
   * Source: dns.mode
   */
  mode?: pulumi.Input<"managed" | "dynamic" | "none" | undefined>;
  /**
   * Domain of the guests' names. LXD's default is `lxd`.
   *
   * Source: dns.domain
   */
  domain?: pulumi.Input<string | undefined>;
  /**
   * Domains that guests look names up in. Default: `domain`.
   *
   * Source: dns.search
   */
  search?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Type physical: name servers of the uplink.
   *
   * Source: dns.nameservers
   */
  nameservers?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}

export interface LxdNetworkAclDefaultsArgs {
  /**
   * What is done with traffic to guests that no rule speaks of. LXD's default is reject.
   *
   * Source: security.acls.default.ingress.action
   */
  ingress?: pulumi.Input<"allow" | "reject" | "drop" | undefined>;
  /**
   * The same for traffic from guests. LXD's default is reject.
   *
   * Source: security.acls.default.egress.action
   */
  egress?: pulumi.Input<"allow" | "reject" | "drop" | undefined>;
}

export interface LxdNetworkArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * The name on the host, at most 15 characters: bridges are devices. Default: the logical name, shortened, and a suffix that is stable for this resource of this stack. A network that nothing uses is renamed in place.
   *
   * Source: POST /1.0/networks/<name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: description
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * `bridge`: a bridge of LXD's own; `macvlan`, `sriov`, `physical`: presets for a device of the host; `ovn`: a network of Open Virtual Network. Default `bridge`.
   *
   * Source: type
   */
  type?: pulumi.Input<"bridge" | "macvlan" | "sriov" | "physical" | "ovn" | undefined>;
  /**
   * IPv4 of the network.
   */
  ipv4?: pulumi.Input<LxdNetworkIpv4Args | undefined>;
  /**
   * IPv6 of the network.
   */
  ipv6?: pulumi.Input<LxdNetworkIpv6Args | undefined>;
  /**
   * Names.
   */
  dns?: pulumi.Input<LxdNetworkDnsArgs | undefined>;
  /**
   * MTU of the network.
   *
   * Source: bridge.mtu, mtu
   */
  mtu?: pulumi.Input<number | undefined>;
  /**
   * MAC address of the bridge, or of the router. Default: one that LXD chooses.
   *
   * Source: bridge.hwaddr
   */
  mac?: pulumi.Input<string | undefined>;
  /**
   * What the bridge is made with. LXD's default is native.
   *
   * Source: bridge.driver
   */
  bridgeDriver?: pulumi.Input<"native" | "openvswitch" | undefined>;
  /**
   * Unconfigured devices of the host that are put into the bridge.
   *
   * Source: bridge.external_interfaces
   */
  externalInterfaces?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * The host's device; required for macvlan, sriov and physical.
   *
   * Source: parent
   */
  parent?: pulumi.Input<string | undefined>;
  /**
   * VLAN of the parent's traffic.
   *
   * Source: vlan
   */
  vlan?: pulumi.Input<number | undefined>;
  /**
   * Register the VLAN with the switch. LXD's default is no.
   *
   * Source: gvrp
   */
  gvrp?: pulumi.Input<boolean | undefined>;
  /**
   * Type ovn: the network that leads outside: an LxdNetwork of type bridge or physical, or the name of one. `none` is a network without, which Incus has and LXD has not.
   *
   * Source: network
   */
  uplink?: LxdNetworkRef | pulumi.Input<string | undefined>;
  /**
   * Names of LXD's network ACLs that apply to the guests.
   *
   * Source: security.acls
   */
  acls?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * What is done where no rule of the ACLs speaks.
   */
  aclDefaults?: pulumi.Input<LxdNetworkAclDefaultsArgs | undefined>;
  /**
   * Lines for dnsmasq's own configuration.
   *
   * Source: raw.dnsmasq
   */
  dnsmasq?: pulumi.Input<string | undefined>;
  /**
   * On a cluster: keys whose values differ between its members, by the member's name, such as `{ node1: { parent: "eno1" } }`. Members that are not named have the network's own.
   *
   * Source: POST /1.0/networks?target=
   */
  members?: pulumi.Input<Record<string, Record<string, pulumi.Input<string>>> | undefined>;
  /**
   * LXD configuration keys for what has no field here, such as `bgp.peers.a.address`. Keys that others have set stay.
   *
   * Source: config
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
}

export interface LxdProjectFeaturesArgs {
  /**
   * Whether the project has images of its own, or those of the project `default`. LXD's choice for a new project is yes. Only a project that holds nothing can be given another.
   *
   * Source: features.images
   */
  images?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the project has profiles of its own, or those of the project `default`. LXD's choice for a new project is yes. Only a project that holds nothing can be given another.
   *
   * Source: features.profiles
   */
  profiles?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the project has volumes of its own, or those of the project `default`. LXD's choice for a new project is yes. Only a project that holds nothing can be given another.
   *
   * Source: features.storage.volumes
   */
  storageVolumes?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the project has buckets of its own, or those of the project `default`. LXD's choice for a new project is yes. Only a project that holds nothing can be given another.
   *
   * Source: features.storage.buckets
   */
  storageBuckets?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the project has networks of its own, or those of the project `default`. LXD's choice for a new project is no. Only a project that holds nothing can be given another.
   *
   * Source: features.networks
   */
  networks?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the project has network zones of its own, or those of the project `default`. LXD's choice for a new project is no. Only a project that holds nothing can be given another.
   *
   * Source: features.networks.zones
   */
  networkZones?: pulumi.Input<boolean | undefined>;
}

export interface LxdProjectLimitsArgs {
  /**
   * The most instances that the project may have. Default: any number.
   *
   * Source: limits.instances
   */
  instances?: pulumi.Input<number | undefined>;
  /**
   * The most containers that the project may have. Default: any number.
   *
   * Source: limits.containers
   */
  containers?: pulumi.Input<number | undefined>;
  /**
   * The most virtual machines that the project may have. Default: any number.
   *
   * Source: limits.virtual-machines
   */
  virtualMachines?: pulumi.Input<number | undefined>;
  /**
   * The most cores (each instance then needs a number of its own) that the project may have. Default: any number.
   *
   * Source: limits.cpu
   */
  cores?: pulumi.Input<number | undefined>;
  /**
   * The most memory of all instances together (each then needs a size of its own); a bare number is MiB.
   *
   * Source: limits.memory
   */
  memory?: pulumi.Input<string | number | undefined>;
  /**
   * The most space of instances, volumes and images together; a bare number is GiB.
   *
   * Source: limits.disk
   */
  disk?: pulumi.Input<string | number | undefined>;
  /**
   * The most networks that the project may have. Default: any number.
   *
   * Source: limits.networks
   */
  networks?: pulumi.Input<number | undefined>;
  /**
   * The most processes that the project may have. Default: any number.
   *
   * Source: limits.processes
   */
  processes?: pulumi.Input<number | undefined>;
}

export interface LxdProjectRestrictionsArgs {
  /**
   * Backups of instances and volumes. LXD's default is block.
   *
   * Source: restricted.backups
   */
  backups?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Snapshots of instances and volumes. LXD's default is block.
   *
   * Source: restricted.snapshots
   */
  snapshots?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Choosing the cluster's member for an instance. LXD's default is block.
   *
   * Source: restricted.cluster.target
   */
  target?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Groups of the cluster that instances may go to.
   *
   * Source: restricted.cluster.groups
   */
  clusterGroups?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Interception of containers' system calls. LXD's default is block.
   *
   * Source: restricted.containers.interception
   */
  interception?: pulumi.Input<"allow" | "block" | "full" | undefined>;
  /**
   * Raw configuration of containers. LXD's default is block.
   *
   * Source: restricted.containers.lowlevel
   */
  containerLowLevel?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Containers in containers. LXD's default is block.
   *
   * Source: restricted.containers.nesting
   */
  nesting?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * What containers may be: unprivileged, only with identities of their own (`isolated`), or anything. LXD's default is unprivileged.
   *
   * Source: restricted.containers.privilege
   */
  privilege?: pulumi.Input<"unprivileged" | "isolated" | "allow" | undefined>;
  /**
   * Raw configuration of virtual machines. LXD's default is block.
   *
   * Source: restricted.virtual-machines.lowlevel
   */
  vmLowLevel?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Disks: all of them, none, or only what LXD manages. LXD's default is managed.
   *
   * Source: restricted.devices.disk
   */
  disks?: pulumi.Input<"allow" | "block" | "managed" | undefined>;
  /**
   * With disks `allow`: folders of the host that disks may come from.
   *
   * Source: restricted.devices.disk.paths
   */
  diskPaths?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * GPUs. LXD's default is block.
   *
   * Source: restricted.devices.gpu
   */
  gpus?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * InfiniBand devices. LXD's default is block.
   *
   * Source: restricted.devices.infiniband
   */
  infiniband?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Network interfaces: all of them, none, or only what LXD manages. LXD's default is managed.
   *
   * Source: restricted.devices.nic
   */
  interfaces?: pulumi.Input<"allow" | "block" | "managed" | undefined>;
  /**
   * PCI devices. LXD's default is block.
   *
   * Source: restricted.devices.pci
   */
  pci?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Proxy devices. LXD's default is block.
   *
   * Source: restricted.devices.proxy
   */
  proxies?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Block devices of the host. LXD's default is block.
   *
   * Source: restricted.devices.unix-block
   */
  unixBlock?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Character devices of the host. LXD's default is block.
   *
   * Source: restricted.devices.unix-char
   */
  unixChar?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Devices of the host that come and go. LXD's default is block.
   *
   * Source: restricted.devices.unix-hotplug
   */
  unixHotplug?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * USB devices. LXD's default is block.
   *
   * Source: restricted.devices.usb
   */
  usb?: pulumi.Input<"allow" | "block" | undefined>;
  /**
   * Networks that may be used. Default: all.
   *
   * Source: restricted.networks.access
   */
  networks?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Subnets of uplinks that may be used, such as `uplink:10.0.0.0/24`.
   *
   * Source: restricted.networks.subnets
   */
  networkSubnets?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Networks that may be uplinks.
   *
   * Source: restricted.networks.uplinks
   */
  networkUplinks?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * DNS zones that may be used.
   *
   * Source: restricted.networks.zones
   */
  networkZones?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}

export interface LxdProjectArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * The name on the server. Default: the logical name and a short suffix that is stable for this resource of this stack. A project that holds nothing is renamed in place.
   *
   * Source: POST /1.0/projects/<name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: description
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * What the project has of its own.
   */
  features?: pulumi.Input<LxdProjectFeaturesArgs | undefined>;
  /**
   * How much it may have.
   */
  limits?: pulumi.Input<LxdProjectLimitsArgs | undefined>;
  /**
   * Whether `restrictions` hold. Default false.
   *
   * Source: restricted
   */
  restricted?: pulumi.Input<boolean | undefined>;
  /**
   * What a restricted project may do; what is left out has LXD's default.
   */
  restrictions?: pulumi.Input<LxdProjectRestrictionsArgs | undefined>;
  /**
   * LXD configuration keys for what has no field here, such as `images.remote_cache_expiry`. Keys that others have set stay.
   *
   * Source: config
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
}

export interface NwFilterArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * The chain that the rules are in. Default `root`.
   *
   * Source: <filter chain>
   */
  chain?: pulumi.Input<string | undefined>;
  /**
   * Place of the chain among others; the lowest comes first.
   *
   * Source: <filter priority>
   */
  priority?: pulumi.Input<number | undefined>;
  /**
   * Filters that this one is made of: NwFilters, or names such as `no-mac-spoofing`. They come before its own rules.
   *
   * Source: <filterref>
   */
  filters?: NwFilterRef | pulumi.Input<(NwFilterRef | pulumi.Input<string>)[] | undefined>;
  /**
   * Rules in their order. `protocol` is mac, vlan, stp, arp, rarp, ip, ipv6, tcp, udp, udplite, icmp, igmp, sctp, esp, ah or all, the last nine also with `-ipv6`; `match` has the attributes that libvirt knows for it, such as `dstportstart` or `srcipaddr`, where variables (`$IP`) may stand.
   *
   * Source: <rule>
   */
  rules?: pulumi.Input<{ action: pulumi.Input<"accept" | "drop" | "reject" | "return" | "continue">; direction: pulumi.Input<"in" | "out" | "inout">; priority?: pulumi.Input<number | undefined>; stateMatch?: pulumi.Input<boolean | undefined>; protocol?: pulumi.Input<string | undefined>; match?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>}[] | undefined>;
  /**
   * Filter XML for what has no field yet, behind the rules: `<rule>` elements, and `<filterref>` elements with their `<parameter>`s.
   *
   * Source: <rule>, <filterref><parameter>
   */
  raw?: pulumi.Input<string | pulumi.Input<string>[] | undefined>;
}

export interface LibvirtSecretUsageArgs {
  /**
   * `volume` (an encrypted image), `ceph`, `iscsi`, `tls` or `vtpm`.
   *
   * Source: <usage type>
   */
  type: pulumi.Input<"volume" | "ceph" | "iscsi" | "tls" | "vtpm">;
  /**
   * The volume's path, the iSCSI target, or the name by which the secret is asked for; one of a type on a host.
   *
   * Source: <volume>, <target>, <name>
   */
  id: pulumi.Input<string>;
}

export interface LibvirtSecretArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * What the secret is for. Default: it is found by its UUID alone.
   *
   * Source: <usage>
   */
  usage?: pulumi.Input<LibvirtSecretUsageArgs | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: <secret><description>
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * The value is never told again, not to virsh either. Default true.
   *
   * Source: <secret private>
   */
  private?: pulumi.Input<boolean | undefined>;
  /**
   * The host keeps the value in memory only. Default false.
   *
   * Source: <secret ephemeral>
   */
  ephemeral?: pulumi.Input<boolean | undefined>;
  /**
   * The value: encrypted in state, never in a message. Without it, the host's stays as it is.
   *
   * Source: virSecretSetValue
   */
  secretValue?: pulumi.Input<string | undefined>;
  /**
   * How `secretValue` is written: as text, or base64 of bytes. Default `utf8`.
   */
  encoding?: pulumi.Input<"utf8" | "base64" | undefined>;
}

export interface StoragePoolSourceHostArgs {
  /**
   * Host name or address of the server.
   *
   * Source: <host name>
   */
  name: pulumi.Input<string>;
  /**
   * Its port. Default: that of the protocol.
   *
   * Source: <host port>
   */
  port?: pulumi.Input<number | undefined>;
}

export interface StoragePoolSourceAdapterArgs {
  /**
   * A SCSI host adapter, or a Fibre Channel one (`fc_host`). Default `scsi_host`.
   *
   * Source: <adapter type>
   */
  type?: pulumi.Input<"scsi_host" | "fc_host" | undefined>;
  /**
   * Name of the SCSI host, as `scsi_host1`.
   *
   * Source: <adapter name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * The adapter below which a virtual Fibre Channel port is made.
   *
   * Source: <adapter parent>
   */
  parent?: pulumi.Input<string | undefined>;
  /**
   * World wide node name.
   *
   * Source: <adapter wwnn>
   */
  wwnn?: pulumi.Input<string | undefined>;
  /**
   * World wide port name.
   *
   * Source: <adapter wwpn>
   */
  wwpn?: pulumi.Input<string | undefined>;
  /**
   * Whether the virtual port goes with the pool.
   *
   * Source: <adapter managed>
   */
  managed?: pulumi.Input<boolean | undefined>;
}

export interface StoragePoolSourceAuthArgs {
  /**
   * The user at the server: the CHAP user of iSCSI, or Ceph's, as `libvirt`.
   *
   * Source: <auth username>
   */
  username: pulumi.Input<string>;
  /**
   * The host's secret with the password or key: a LibvirtSecret, or its UUID.
   *
   * Source: <auth><secret uuid>
   */
  secret: LibvirtSecretRef | pulumi.Input<string>;
}

export interface StoragePoolSourceArgs {
  /**
   * The servers: one of netfs, iscsi, iscsi-direct and gluster; the monitors of rbd, which change in place.
   *
   * Source: <source><host>
   */
  hosts?: pulumi.Input<pulumi.Input<StoragePoolSourceHostArgs>[] | undefined>;
  /**
   * The folder that the server exports (netfs), or one inside the volume (gluster).
   *
   * Source: <source><dir path>
   */
  dir?: pulumi.Input<string | undefined>;
  /**
   * Block devices of the host: the one of fs and disk, those that a logical or zfs pool is made of.
   *
   * Source: <source><device path>
   */
  devices?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Volume group (logical, default: the pool's name), zpool or data set (zfs), Ceph's pool (rbd), volume (gluster) or cluster (vstorage).
   *
   * Source: <source><name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * File system (fs: `ext4`, `xfs`, …; netfs: `nfs`, `glusterfs`, `cifs`), or partition table (disk: `gpt`, `dos`, …). Default: found out by the host.
   *
   * Source: <source><format type>
   */
  format?: pulumi.Input<string | undefined>;
  /**
   * Version of NFS. Default: agreed with the server.
   *
   * Source: <source><protocol ver>
   */
  protocolVersion?: pulumi.Input<string | undefined>;
  /**
   * The target of iscsi and iscsi-direct.
   *
   * Source: <source><device path>
   */
  iqn?: pulumi.Input<string | undefined>;
  /**
   * By which name the host calls on the target. Default of iscsi: the host's own.
   *
   * Source: <source><initiator><iqn name>
   */
  initiator?: pulumi.Input<string | undefined>;
  /**
   * The adapter of a scsi pool.
   */
  adapter?: pulumi.Input<StoragePoolSourceAdapterArgs | undefined>;
  /**
   * How the host makes itself known to the server: iscsi, iscsi-direct and rbd.
   *
   * Source: <source><auth>
   */
  auth?: pulumi.Input<StoragePoolSourceAuthArgs | undefined>;
}

export interface StoragePoolPermissionsArgs {
  /**
   * Access, as `"0711"`. Default `0711`.
   *
   * Source: <permissions><mode>
   */
  mode?: pulumi.Input<string | undefined>;
  /**
   * Number of the user that owns it. Default: that of the daemon.
   *
   * Source: <permissions><owner>
   */
  owner?: pulumi.Input<number | undefined>;
  /**
   * Number of the group that owns it. Default: that of the daemon.
   *
   * Source: <permissions><group>
   */
  group?: pulumi.Input<number | undefined>;
}

export interface StoragePoolArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * Kind of pool. Default `dir`, a folder of the host. On libvirt: dir, fs, netfs, logical, zfs, disk, iscsi, iscsi-direct, scsi, mpath, rbd, gluster, vstorage, as far as the host's daemon has them. On LXD: dir, btrfs, zfs, lvm, ceph.
   *
   * Source: <pool type>; LXD's driver
   */
  type?: pulumi.Input<"dir" | "fs" | "netfs" | "logical" | "zfs" | "disk" | "iscsi" | "iscsi-direct" | "scsi" | "mpath" | "rbd" | "gluster" | "vstorage" | "btrfs" | "lvm" | "ceph" | undefined>;
  /**
   * The folder on the host (dir), where a file system is mounted (fs, netfs, vstorage), or where the host shows the volumes. Default `/var/lib/libvirt/<name>` for folders, which are made when they are missing; else what is usual for the type.
   *
   * Source: <target><path>; R105
   */
  path?: pulumi.Input<string | undefined>;
  /**
   * What the pool stands on; which parts it has depends on the type.
   *
   * Source: <source>
   */
  source?: pulumi.Input<StoragePoolSourceArgs | undefined>;
  /**
   * Owner and access of the folder (dir, fs, netfs, vstorage).
   *
   * Source: <target><permissions>
   */
  permissions?: pulumi.Input<StoragePoolPermissionsArgs | undefined>;
  /**
   * Whether new files of a folder on btrfs are written to new places (dir). Default: as the file system does.
   *
   * Source: <features><cow state>
   */
  copyOnWrite?: pulumi.Input<boolean | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: description
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * Size of the file that LXD makes for a pool of type btrfs, zfs or lvm that is given nothing to stand on; a bare number is GiB. Default: LXD's choice. Grows in place where the server can (API extension storage_pool_loop_resize).
   *
   * Source: size
   */
  size?: pulumi.Input<string | number | undefined>;
  /**
   * On a cluster: keys whose values differ between its members, by the member's name, such as `{ node1: { source: "/dev/sdb" } }`. Members that are not named have the pool's own.
   *
   * Source: POST /1.0/storage-pools?target=
   */
  members?: pulumi.Input<Record<string, Record<string, pulumi.Input<string>>> | undefined>;
  /**
   * LXD configuration keys for what has no field here, such as `volume.size`. Keys that others have set stay.
   *
   * Source: config
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
  /**
   * Start the pool with the host. Default true.
   *
   * Source: virStoragePoolSetAutostart
   */
  autostart?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the pool runs. Default true.
   *
   * Source: virStoragePoolCreate
   */
  active?: pulumi.Input<boolean | undefined>;
  /**
   * When the pool is made, make what it stands on as well: the file system (fs), the partition table (disk), the volume group (logical), the zpool (zfs). A device that holds anything is refused. Never looked at again. Folders are made without it. Default false.
   *
   * Source: VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE
   */
  build?: pulumi.Input<boolean | undefined>;
  /**
   * Let `build` destroy what is on the devices. Default false.
   *
   * Source: VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE
   */
  overwrite?: pulumi.Input<boolean | undefined>;
  /**
   * On destroy, delete the folder (or what else `build` has made) as well, if this resource made it and it is empty. Default false: volumes and folder stay.
   *
   * Source: virStoragePoolDelete
   */
  deleteContents?: pulumi.Input<boolean | undefined>;
  /**
   * Allow changes that replace a pool with volumes in it: they stay where they are, and the new pool has them not. Default false: refused.
   */
  allowDataLoss?: pulumi.Input<boolean | undefined>;
}

export interface StorageVolumeSnapshotsArgs {
  /**
   * When the host takes snapshots by itself: `@daily` and the like, or a cron line such as `"0 6 * * *"`.
   *
   * Source: snapshots.schedule
   */
  schedule?: pulumi.Input<string | undefined>;
  /**
   * How long such a snapshot is kept, as `"2w"` (M minutes, H, d, w, m, y).
   *
   * Source: snapshots.expiry
   */
  expiry?: pulumi.Input<string | undefined>;
  /**
   * Name of the snapshots, a Pongo2 template. LXD's default is `snap%d`.
   *
   * Source: snapshots.pattern
   */
  pattern?: pulumi.Input<string | undefined>;
}

export interface StorageVolumeQcow2Args {
  /**
   * Oldest QEMU that can read the image: `0.10` for every one, `1.1` for those since 2012. Default `1.1`, as QEMU itself makes them; images that are there stay as they are.
   *
   * Source: <target><compat>
   */
  compat?: pulumi.Input<"0.10" | "1.1" | undefined>;
  /**
   * Size of the image's clusters, a power of two from 512 bytes to 2 MiB; a bare number is bytes. Default: the host's, 64 KiB. Needs libvirt 7.4.
   *
   * Source: <target><clusterSize>
   */
  clusterSize?: pulumi.Input<string | number | undefined>;
  /**
   * Reference counts are written late, which is faster and needs a check of the image after a power cut. Default false.
   *
   * Source: <target><features><lazy_refcounts>
   */
  lazyRefcounts?: pulumi.Input<boolean | undefined>;
}

export interface StorageVolumeEncryptionArgs {
  /**
   * The host's secret whose value opens the image: a LibvirtSecret that has one, or its UUID.
   *
   * Source: <encryption><secret type='passphrase' uuid>
   */
  secret: LibvirtSecretRef | pulumi.Input<string>;
}

export interface StorageVolumeArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host: VmHostRef | pulumi.Input<HostConnection | string>;
  /**
   * The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * The pool that holds the volume.
   */
  pool: StoragePoolRef | pulumi.Input<string>;
  /**
   * Image format. Default: that of `source`'s content or of `copyOf`, else qcow2.
   *
   * Source: <target><format>
   */
  format?: pulumi.Input<"raw" | "qcow2" | undefined>;
  /**
   * Blocks for virtual machines, a file system for containers, or an ISO image that virtual machines boot from. Default `block`.
   *
   * Source: content_type; R106
   */
  contentType?: pulumi.Input<"block" | "filesystem" | "iso" | undefined>;
  /**
   * Virtual size; a bare number is GiB. Default: that of `source`, `backing` or `copyOf`. Grows in place; a smaller size is refused unless `allowDataLoss`.
   *
   * Source: <capacity>, virStorageVolResize
   */
  size?: pulumi.Input<string | number | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: description
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * Snapshots of the volume that the host takes by itself.
   */
  snapshots?: pulumi.Input<StorageVolumeSnapshotsArgs | undefined>;
  /**
   * The member of an LXD cluster that has the volume, in a pool that each member has for itself. Another one takes the volume there with its data and snapshots, when no VM has it. Default: the member at the host's address; of a copy, the one that has the original.
   *
   * Source: ?target=
   */
  target?: pulumi.Input<string | undefined>;
  /**
   * LXD configuration keys for what has no field here, such as `security.shifted`. Keys that others have set stay.
   *
   * Source: config
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
  /**
   * A file on the machine that runs Pulumi, or an http(s) URL that it fetches once, streamed up to the host. What is packed with gzip, xz or zstd, as its content tells, is unpacked first. Fetched files are kept in `~/.cache/pulumi-vmhost`.
   *
   * Source: virStorageVolUpload
   */
  source?: pulumi.Input<string | undefined>;
  /**
   * Digest that `source` must have, as it is before it is unpacked. A change of the digest is a change of the content.
   */
  checksum?: pulumi.Input<string | undefined>;
  /**
   * The volume below a qcow2 overlay: a StorageVolume, `pool/name`, or a path on the host.
   *
   * Source: <backingStore>
   */
  backing?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * The volume whose content is copied by the host, in full: a StorageVolume, `pool/name`, or the path of a volume. The copy stands on its own.
   *
   * Source: virStorageVolCreateXMLFrom
   */
  copyOf?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * How a qcow2 image is made. Without it, as QEMU does by itself.
   */
  qcow2?: pulumi.Input<StorageVolumeQcow2Args | undefined>;
  /**
   * What of a new volume takes its space at once: nothing (`none`, the default), the tables of a qcow2 image (`metadata`), or everything (`full`).
   *
   * Source: <allocation>, VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA
   */
  preallocation?: pulumi.Input<"none" | "metadata" | "full" | undefined>;
  /**
   * The image is encrypted with LUKS, inside qcow2 or as a whole (raw). What comes from `source` is put beside the volume first, where it needs its space once more until the host has copied it in, and is overwritten before it goes. The volume grows while a VM that has it runs.
   *
   * Source: <target><encryption format='luks'>
   */
  encryption?: pulumi.Input<StorageVolumeEncryptionArgs | undefined>;
  /**
   * On destroy, overwrite the data before the volume is deleted: with zeros (`true`, `zero`), or as an algorithm says, which the host's program `scrub` does; `trim` discards the blocks of a device. It takes as long as writing the volume, or several times as long. A volume that cannot be overwritten stays. Default false.
   *
   * Source: virStorageVolWipePattern
   */
  wipe?: pulumi.Input<boolean | "zero" | "nnsa" | "dod" | "bsi" | "gutmann" | "schneier" | "pfitzner7" | "pfitzner33" | "random" | "trim" | undefined>;
  /**
   * Allow changes that destroy the data: a smaller size, other content. Default false: refused.
   */
  allowDataLoss?: pulumi.Input<boolean | undefined>;
}

export interface VmCpuFeatureArgs {
  /**
   * Name of the feature, such as `vmx`.
   */
  name: pulumi.Input<string>;
  /**
   * Default `require`.
   *
   * Source: <feature policy>
   */
  policy?: pulumi.Input<"require" | "disable" | "optional" | "force" | "forbid" | undefined>;
}

export interface VmCpuTopologyArgs {
  /**
   * Default 1.
   */
  sockets?: pulumi.Input<number | undefined>;
  /**
   * Dies of each socket. Default 1.
   */
  dies?: pulumi.Input<number | undefined>;
  /**
   * Cores of each die. Default 1.
   */
  cores?: pulumi.Input<number | undefined>;
  /**
   * Threads of each core. Default 1.
   */
  threads?: pulumi.Input<number | undefined>;
}

export interface VmCpuArgs {
  /**
   * CPU the guest sees. Default: host-passthrough with kvm, the hypervisor's own with qemu.
   *
   * Source: <cpu mode>
   */
  mode?: pulumi.Input<"host-passthrough" | "host-model" | "custom" | "maximum" | undefined>;
  /**
   * Model of a `custom` CPU.
   *
   * Source: <cpu><model>
   */
  model?: pulumi.Input<string | undefined>;
  /**
   * Features of the CPU to add or take away.
   *
   * Source: <cpu><feature>
   */
  features?: pulumi.Input<pulumi.Input<VmCpuFeatureArgs>[] | undefined>;
  /**
   * How the cores are laid out; the product is the maximum of cores. Default: each a socket of its own.
   *
   * Source: <cpu><topology>
   */
  topology?: pulumi.Input<VmCpuTopologyArgs | undefined>;
  /**
   * How much of the host's CPU time the VM gets when the host is short of it, as a number of CPUs: 0.5 becomes 512 shares, 1 becomes 1024, never below 2 or above 10000. `cpu: 0.5` says the same.
   *
   * Source: <cputune><shares>; R151, R155
   */
  share?: pulumi.Input<number | undefined>;
  /**
   * The same as a weight, from 2 to 262144; hosts with cgroup v2 start no VM with more than 10000.
   *
   * Source: <cputune><shares>
   */
  shares?: pulumi.Input<number | undefined>;
  /**
   * Microseconds in which each core may use up its `quota`.
   *
   * Source: <cputune><period>
   */
  period?: pulumi.Input<number | undefined>;
  /**
   * Microseconds of CPU time for each core in a `period`: a hard limit.
   *
   * Source: <cputune><quota>
   */
  quota?: pulumi.Input<number | undefined>;
  /**
   * Host CPUs for each core of the VM: `{ 0: [2], 1: [3] }`.
   *
   * Source: <cputune><vcpupin>; R115, R170
   */
  pin?: pulumi.Input<Record<number, string | number | number[]> | undefined>;
  /**
   * Host CPUs for the emulator's own threads.
   *
   * Source: <cputune><emulatorpin>
   */
  emulatorPin?: pulumi.Input<string | number | number[] | undefined>;
  /**
   * Threads for disk I/O beside the emulator's; disks choose one by `iothread`.
   *
   * Source: <iothreads>
   */
  iothreads?: pulumi.Input<number | undefined>;
  /**
   * Host CPUs for each I/O thread, from 1.
   *
   * Source: <cputune><iothreadpin>
   */
  iothreadPin?: pulumi.Input<Record<number, string | number | number[]> | undefined>;
  /**
   * How strictly the CPU the guest gets is compared with the one asked for.
   *
   * Source: <cpu check>
   */
  check?: pulumi.Input<"none" | "partial" | "full" | undefined>;
  /**
   * Whether host-passthrough leaves out what cannot be migrated.
   *
   * Source: <cpu migratable>
   */
  migratable?: pulumi.Input<"on" | "off" | undefined>;
}

export interface VmMemoryHotplugArgs {
  /**
   * How many modules can be plugged. Default 16.
   *
   * Source: <maxMemory slots>
   */
  slots?: pulumi.Input<number | undefined>;
}

export interface VmMemoryBackingArgs {
  /**
   * What the memory is made of.
   *
   * Source: <memoryBacking><source>
   */
  source?: pulumi.Input<"file" | "anonymous" | "memfd" | undefined>;
  /**
   * `shared` lets other processes of the host see it, which virtiofs and vhost-user need.
   *
   * Source: <memoryBacking><access>
   */
  access?: pulumi.Input<"shared" | "private" | undefined>;
  /**
   * When it is taken.
   *
   * Source: <allocation mode>
   */
  allocation?: pulumi.Input<"immediate" | "ondemand" | undefined>;
  /**
   * Keep it out of the host's swap.
   *
   * Source: <locked>
   */
  locked?: pulumi.Input<boolean | undefined>;
  /**
   * No merging of equal pages (KSM).
   *
   * Source: <nosharepages>
   */
  noSharePages?: pulumi.Input<boolean | undefined>;
  /**
   * Drop its content at shutdown instead of writing it.
   *
   * Source: <discard>
   */
  discard?: pulumi.Input<boolean | undefined>;
}

export interface VmMemoryTuningArgs {
  /**
   * The most that the VM with its emulator may take of the host.
   *
   * Source: <memtune><hard_limit>
   */
  hardLimit?: pulumi.Input<string | number | undefined>;
  /**
   * What it is held to when the host is short of memory.
   *
   * Source: <memtune><soft_limit>
   */
  softLimit?: pulumi.Input<string | number | undefined>;
  /**
   * The most of memory and swap together.
   *
   * Source: <memtune><swap_hard_limit>
   */
  swapHardLimit?: pulumi.Input<string | number | undefined>;
}

export interface VmNumaCellArgs {
  /**
   * Number of the cell, from 0.
   */
  id: pulumi.Input<number>;
  /**
   * Cores of the VM in this cell.
   *
   * Source: <cell cpus>
   */
  cores: pulumi.Input<string | number | number[]>;
  /**
   * Memory in this cell; the sum over all cells is the VM's maximum.
   *
   * Source: <cell memory>
   */
  memory: pulumi.Input<string | number>;
  /**
   * Nodes of the host that this cell's memory comes from.
   *
   * Source: <numatune><memnode>
   */
  nodes?: pulumi.Input<string | number | number[] | undefined>;
  /**
   * As in `memoryBacking.access`.
   *
   * Source: <cell memAccess>
   */
  access?: pulumi.Input<"shared" | "private" | undefined>;
}

export interface VmNumaArgs {
  /**
   * Nodes of the host that the VM's memory comes from. On LXD those whose CPUs it runs on, which have its memory near them (not beside `cpu.pin`; LXD 5.0 cannot, told in preview).
   *
   * Source: <numatune><memory nodeset>; limits.cpu.nodes; R170
   */
  nodes?: pulumi.Input<string | number | number[] | undefined>;
  /**
   * How strictly. Default `strict`.
   *
   * Source: <numatune><memory mode>
   */
  mode?: pulumi.Input<"strict" | "preferred" | "interleave" | "restrictive" | undefined>;
  /**
   * NUMA nodes as the guest sees them.
   *
   * Source: <cpu><numa><cell>
   */
  cells?: pulumi.Input<pulumi.Input<VmNumaCellArgs>[] | undefined>;
  /**
   * How far the cells are from each other: a row for each cell, in the order of their numbers, with its distance to every cell: 10 to itself, 255 for out of reach, such as `[[10, 21], [21, 10]]`. Default: 20 between any two.
   *
   * Source: <cell><distances><sibling>; appendix 3
   */
  distances?: pulumi.Input<number[][] | undefined>;
}

export interface VmBalloonArgs {
  /**
   * Default `virtio`; with `none` memory cannot change while the VM runs.
   *
   * Source: <memballoon model>
   */
  model?: pulumi.Input<"virtio" | "virtio-transitional" | "virtio-non-transitional" | "none" | undefined>;
  /**
   * Give memory back when the guest runs out.
   *
   * Source: <autodeflate>
   */
  autodeflate?: pulumi.Input<boolean | undefined>;
  /**
   * The guest hands free pages back by itself.
   *
   * Source: <freePageReporting>
   */
  freePageReporting?: pulumi.Input<boolean | undefined>;
  /**
   * Seconds between the guest's reports on its memory.
   *
   * Source: <memballoon><stats period>
   */
  statsPeriod?: pulumi.Input<number | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
}

export interface VmFeaturesArgs {
  /**
   * Default true; without it a guest cannot be shut down politely.
   *
   * Source: <acpi>; R123
   */
  acpi?: pulumi.Input<boolean | undefined>;
  /**
   * Default true on x86.
   *
   * Source: <apic>; R123
   */
  apic?: pulumi.Input<boolean | undefined>;
  /**
   * Physical address extension. Default false.
   *
   * Source: <pae>; R123
   */
  pae?: pulumi.Input<boolean | undefined>;
  /**
   * Hardware-assisted paging.
   *
   * Source: <hap>
   */
  hap?: pulumi.Input<boolean | undefined>;
  /**
   * Performance counters of the CPU in the guest.
   *
   * Source: <pmu>
   */
  pmu?: pulumi.Input<boolean | undefined>;
  /**
   * VMware's I/O port.
   *
   * Source: <vmport>
   */
  vmport?: pulumi.Input<boolean | undefined>;
  /**
   * System management mode; secure boot switches it on.
   *
   * Source: <smm>
   */
  smm?: pulumi.Input<boolean | undefined>;
  /**
   * Hide the hypervisor from the guest.
   *
   * Source: <kvm><hidden>
   */
  kvmHidden?: pulumi.Input<boolean | undefined>;
  /**
   * Let the guest's kernel tell where its crash notes are.
   *
   * Source: <vmcoreinfo>
   */
  vmcoreinfo?: pulumi.Input<boolean | undefined>;
  /**
   * Who emulates the I/O APIC.
   *
   * Source: <ioapic driver>
   */
  ioapic?: pulumi.Input<"kvm" | "qemu" | undefined>;
  /**
   * Version of the interrupt controller on ARM.
   *
   * Source: <gic version>
   */
  gic?: pulumi.Input<"2" | "3" | "host" | undefined>;
  /**
   * Tell the guest of memory errors, on ARM alone. Needs libvirt 10.4.
   *
   * Source: <ras>
   */
  ras?: pulumi.Input<boolean | undefined>;
  /**
   * Room above 4 GiB for the memory of PCI devices, on x86; a bare number is MiB. Default: the firmware's.
   *
   * Source: <controller type=pci><pcihole64>
   */
  pciHole64?: pulumi.Input<string | number | undefined>;
  /**
   * At least so many PCIe root ports, one for each device that is to be plugged, on q35 and ARM's virt. A new VM has 14 more than disks and interfaces. A smaller number takes none away.
   *
   * Source: <controller model=pcie-root-port>
   */
  pcieRootPorts?: pulumi.Input<number | undefined>;
  /**
   * Queues of the virtio-scsi controller; `auto`: as many as cores.
   *
   * Source: <controller type=scsi><driver queues>; R141
   */
  virtioScsiQueues?: pulumi.Input<number | "auto" | undefined>;
}

export interface VmHypervArgs {
  /**
   * No watchdogs of time.
   *
   * Source: <relaxed>; R124
   */
  relaxed?: pulumi.Input<boolean | undefined>;
  /**
   * Virtual APIC.
   *
   * Source: <vapic>; R124
   */
  vapic?: pulumi.Input<boolean | undefined>;
  /**
   * How often a spinlock is tried before the hypervisor is told.
   *
   * Source: <spinlocks retries>; R124
   */
  spinlocks?: pulumi.Input<number | undefined>;
  /**
   * Index of the virtual processor.
   *
   * Source: <vpindex>
   */
  vpindex?: pulumi.Input<boolean | undefined>;
  /**
   * Processor time spent on the guest.
   *
   * Source: <runtime>
   */
  runtime?: pulumi.Input<boolean | undefined>;
  /**
   * Synthetic interrupt controller; needs `vpindex`.
   *
   * Source: <synic>
   */
  synic?: pulumi.Input<boolean | undefined>;
  /**
   * Synthetic timers; needs `synic`.
   *
   * Source: <stimer>
   */
  stimer?: pulumi.Input<boolean | undefined>;
  /**
   * Reset by the hypervisor.
   *
   * Source: <reset>
   */
  reset?: pulumi.Input<boolean | undefined>;
  /**
   * What the hypervisor calls itself.
   *
   * Source: <vendor_id>
   */
  vendorId?: pulumi.Input<string | undefined>;
  /**
   * Frequencies of TSC and APIC.
   *
   * Source: <frequencies>
   */
  frequencies?: pulumi.Input<boolean | undefined>;
  /**
   * Notification of another TSC after migration.
   *
   * Source: <reenlightenment>
   */
  reenlightenment?: pulumi.Input<boolean | undefined>;
  /**
   * Flushes of the TLB by the hypervisor.
   *
   * Source: <tlbflush>
   */
  tlbflush?: pulumi.Input<boolean | undefined>;
  /**
   * Interrupts between processors by the hypervisor.
   *
   * Source: <ipi>
   */
  ipi?: pulumi.Input<boolean | undefined>;
  /**
   * Enlightened VMCS, for nested guests on Intel.
   *
   * Source: <evmcs>
   */
  evmcs?: pulumi.Input<boolean | undefined>;
}

export interface VmClockTimerArgs {
  /**
   * Which timer.
   */
  name: pulumi.Input<"pit" | "rtc" | "hpet" | "tsc" | "kvmclock" | "hypervclock" | "armvtimer">;
  /**
   * Whether the guest has it.
   *
   * Source: <timer present>
   */
  present?: pulumi.Input<boolean | undefined>;
  /**
   * What happens to ticks that the guest has missed.
   *
   * Source: <timer tickpolicy>
   */
  tickPolicy?: pulumi.Input<"delay" | "catchup" | "merge" | "discard" | undefined>;
  /**
   * What it follows.
   *
   * Source: <timer track>
   */
  track?: pulumi.Input<"guest" | "wall" | "realtime" | undefined>;
  /**
   * Hz, for tsc.
   *
   * Source: <timer frequency>
   */
  frequency?: pulumi.Input<number | undefined>;
  /**
   * For tsc.
   *
   * Source: <timer mode>
   */
  mode?: pulumi.Input<"auto" | "native" | "emulate" | "paravirt" | "smpsafe" | undefined>;
}

export interface VmClockArgs {
  /**
   * What the guest's hardware clock shows. Default `utc`; `localtime` for Windows.
   *
   * Source: <clock offset>
   */
  offset?: pulumi.Input<"utc" | "localtime" | "timezone" | undefined>;
  /**
   * Time zone for offset "timezone".
   *
   * Source: <clock timezone>
   */
  timezone?: pulumi.Input<string | undefined>;
  /**
   * Timers of the guest.
   *
   * Source: <clock><timer>
   */
  timers?: pulumi.Input<pulumi.Input<VmClockTimerArgs>[] | undefined>;
}

export interface VmPowerManagementArgs {
  /**
   * Whether the guest may sleep.
   *
   * Source: <suspend-to-mem>
   */
  suspendToMem?: pulumi.Input<boolean | undefined>;
  /**
   * Whether the guest may hibernate.
   *
   * Source: <suspend-to-disk>
   */
  suspendToDisk?: pulumi.Input<boolean | undefined>;
}

export interface VmEventsArgs {
  /**
   * What follows the guest's switching itself off. Default `destroy`.
   *
   * Source: <on_poweroff>
   */
  poweroff?: pulumi.Input<"destroy" | "restart" | undefined>;
  /**
   * What follows the guest's restart. Default `restart`.
   *
   * Source: <on_reboot>
   */
  reboot?: pulumi.Input<"restart" | "destroy" | undefined>;
  /**
   * What follows the guest's crash. Default `destroy`.
   *
   * Source: <on_crash>
   */
  crash?: pulumi.Input<"destroy" | "restart" | "preserve" | "coredump-destroy" | "coredump-restart" | undefined>;
}

export interface VmFirmwareArgs {
  /**
   * Default `uefi`. Without `firmware` the machine boots its usual one (BIOS on x86).
   *
   * Source: <os firmware>; appendix 3
   */
  type?: pulumi.Input<"bios" | "uefi" | undefined>;
  /**
   * Boot only what is signed.
   *
   * Source: <firmware><feature name=secure-boot>
   */
  secureBoot?: pulumi.Input<boolean | undefined>;
  /**
   * With the vendor's keys in it from the start.
   *
   * Source: <firmware><feature name=enrolled-keys>
   */
  enrolledKeys?: pulumi.Input<boolean | undefined>;
  /**
   * A firmware image of the host. Default: the host chooses one that fits.
   *
   * Source: <loader>
   */
  loader?: pulumi.Input<string | undefined>;
  /**
   * Where the firmware's variables are kept. Default: the host's place; they survive every change and leave with the VM.
   *
   * Source: <nvram>
   */
  nvram?: pulumi.Input<string | undefined>;
  /**
   * What a new store of variables is made from.
   *
   * Source: <nvram template>
   */
  nvramTemplate?: pulumi.Input<string | undefined>;
}

export interface VmTpmArgs {
  /**
   * Default `emulator`.
   *
   * Source: <tpm><backend type>
   */
  type?: pulumi.Input<"emulator" | "passthrough" | undefined>;
  /**
   * Of an emulator. Default 2.0.
   *
   * Source: <backend version>
   */
  version?: pulumi.Input<"1.2" | "2.0" | undefined>;
  /**
   * What the guest sees. Default: the hypervisor's.
   *
   * Source: <tpm model>
   */
  model?: pulumi.Input<"tpm-tis" | "tpm-crb" | "tpm-spapr" | undefined>;
  /**
   * Device of the host for passthrough. Default /dev/tpm0.
   *
   * Source: <backend><device path>
   */
  device?: pulumi.Input<string | undefined>;
  /**
   * Keep the emulator's state when the definition goes.
   *
   * Source: <backend persistent_state>
   */
  persistentState?: pulumi.Input<boolean | undefined>;
}

export interface VmIommuArgs {
  /**
   * Default `intel`.
   *
   * Source: <iommu model>
   */
  model?: pulumi.Input<"intel" | "virtio" | "smmuv3" | undefined>;
  /**
   * Needs `features.ioapic: "qemu"`.
   *
   * Source: <driver intremap>
   */
  interruptRemapping?: pulumi.Input<boolean | undefined>;
  /**
   * For passthrough inside the guest.
   *
   * Source: <driver caching_mode>
   */
  cachingMode?: pulumi.Input<boolean | undefined>;
  /**
   * More than 255 cores.
   *
   * Source: <driver eim>
   */
  eim?: pulumi.Input<boolean | undefined>;
  /**
   * Translation caches in devices.
   *
   * Source: <driver iotlb>
   */
  iotlb?: pulumi.Input<boolean | undefined>;
  /**
   * Width of addresses.
   *
   * Source: <driver aw_bits>
   */
  addressBits?: pulumi.Input<39 | 48 | undefined>;
}

export interface VmSmbiosArgs {
  /**
   * Any of `vendor`, `version`, `date`, `release`.
   *
   * Source: <sysinfo type=smbios>
   */
  bios?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /**
   * Any of `manufacturer`, `product`, `version`, `serial`, `uuid`, `sku`, `family`.
   *
   * Source: <sysinfo type=smbios>
   */
  system?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /**
   * Any of `manufacturer`, `product`, `version`, `serial`, `asset`, `location`.
   *
   * Source: <sysinfo type=smbios>
   */
  baseBoard?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /**
   * Any of `manufacturer`, `version`, `serial`, `asset`, `sku`.
   *
   * Source: <sysinfo type=smbios>
   */
  chassis?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /**
   * Free texts of the maker.
   *
   * Source: <oemStrings>
   */
  oemStrings?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}

export interface VmFwCfgArgs {
  /**
   * Such as `opt/org.example/key`.
   */
  name: pulumi.Input<string>;
  /**
   * The text itself.
   *
   * Source: <entry>
   */
  value?: pulumi.Input<string | undefined>;
  /**
   * A file of the host instead.
   *
   * Source: <entry file>
   */
  file?: pulumi.Input<string | undefined>;
}

export interface VmLaunchSecurityArgs {
  /**
   * Kind of confidential computing.
   *
   * Source: <launchSecurity type>
   */
  type: pulumi.Input<"sev" | "s390-pv">;
  /**
   * Of sev, which must have one: the guest's policy, such as 3.
   *
   * Source: <policy>
   */
  policy?: pulumi.Input<number | undefined>;
  /**
   * Default: the host's.
   *
   * Source: <cbitpos>
   */
  cbitpos?: pulumi.Input<number | undefined>;
  /**
   * Default: the host's.
   *
   * Source: <reducedPhysBits>
   */
  reducedPhysBits?: pulumi.Input<number | undefined>;
  /**
   * The guest owner's public key, base64.
   *
   * Source: <dhCert>
   */
  dhCert?: pulumi.Input<string | undefined>;
  /**
   * The session's blob, base64.
   *
   * Source: <session>
   */
  session?: pulumi.Input<string | undefined>;
  /**
   * Measure kernel, initrd and command line too.
   *
   * Source: <launchSecurity kernelHashes>
   */
  kernelHashes?: pulumi.Input<boolean | undefined>;
}

export interface VmGraphicsSpiceArgs {
  /**
   * What a SPICE desktop usually has: a qxl card, sound, the agent's channel and three USB redirections. Default true.
   *
   * Source: R125
   */
  extras?: pulumi.Input<boolean | undefined>;
  /**
   * Compression of images.
   *
   * Source: <image compression>
   */
  image?: pulumi.Input<"auto_glz" | "auto_lz" | "quic" | "glz" | "lz" | "off" | undefined>;
  /**
   * Over slow lines.
   *
   * Source: <jpeg compression>
   */
  jpeg?: pulumi.Input<"auto" | "never" | "always" | undefined>;
  /**
   * Over slow lines.
   *
   * Source: <zlib compression>
   */
  zlib?: pulumi.Input<"auto" | "never" | "always" | undefined>;
  /**
   * Compress sound.
   *
   * Source: <playback compression>
   */
  playback?: pulumi.Input<boolean | undefined>;
  /**
   * Detection of video streams.
   *
   * Source: <streaming mode>
   */
  streaming?: pulumi.Input<"filter" | "all" | "off" | undefined>;
  /**
   * Who draws the pointer.
   *
   * Source: <mouse mode>
   */
  mouse?: pulumi.Input<"server" | "client" | undefined>;
  /**
   * Copy and paste.
   *
   * Source: <clipboard copypaste>
   */
  clipboard?: pulumi.Input<boolean | undefined>;
  /**
   * Drag and drop.
   *
   * Source: <filetransfer enable>
   */
  fileTransfer?: pulumi.Input<boolean | undefined>;
  /**
   * Default: one that is free.
   *
   * Source: <graphics tlsPort>
   */
  tlsPort?: pulumi.Input<number | undefined>;
  /**
   * Draw with the host's own card, for `video.acceleration3d`; only for viewers on the host itself, over `socket`.
   *
   * Source: <gl enable>
   */
  gl?: pulumi.Input<boolean | undefined>;
  /**
   * Which of the host's cards draws, such as /dev/dri/renderD128. Default: the first.
   *
   * Source: <gl rendernode>
   */
  renderNode?: pulumi.Input<string | undefined>;
}

export interface VmGraphicsArgs {
  /**
   * Default `vnc`.
   *
   * Source: <graphics type>; R139
   */
  type?: pulumi.Input<"vnc" | "spice" | undefined>;
  /**
   * Address of the host to listen at. Default: the host's (127.0.0.1).
   *
   * Source: <listen address>
   */
  listen?: pulumi.Input<string | undefined>;
  /**
   * A UNIX socket of the host instead of an address.
   *
   * Source: <listen type=socket>
   */
  socket?: pulumi.Input<string | undefined>;
  /**
   * Default: one that is free.
   *
   * Source: <graphics port>
   */
  port?: pulumi.Input<number | undefined>;
  /**
   * Port for browsers; -1: one that is free. VNC only.
   *
   * Source: <graphics websocket>
   */
  websocket?: pulumi.Input<-1 | number | undefined>;
  /**
   * Up to 8 characters for VNC, 59 for SPICE. Encrypted in state; a change is effective at once.
   *
   * Source: <graphics passwd>
   */
  password?: pulumi.Input<string | undefined>;
  /**
   * Keyboard layout.
   *
   * Source: <graphics keymap>
   */
  keymap?: pulumi.Input<string | undefined>;
  /**
   * Several viewers at a time. VNC only.
   *
   * Source: <graphics sharePolicy>
   */
  sharePolicy?: pulumi.Input<"allow-exclusive" | "force-shared" | "ignore" | undefined>;
  /**
   * Settings of SPICE alone.
   */
  spice?: pulumi.Input<VmGraphicsSpiceArgs | undefined>;
}

export interface VmVideoArgs {
  /**
   * Default `virtio`; `none` for no card at all.
   *
   * Source: <video><model type>
   */
  model?: pulumi.Input<"virtio" | "qxl" | "vga" | "cirrus" | "bochs" | "ramfb" | "vmvga" | "none" | undefined>;
  /**
   * Memory of the card. A bare number is MiB.
   *
   * Source: <model vram>
   */
  vram?: pulumi.Input<string | number | undefined>;
  /**
   * Second part of a qxl card's memory. A bare number is MiB.
   *
   * Source: <model ram>
   */
  ram?: pulumi.Input<string | number | undefined>;
  /**
   * Framebuffer of a qxl card. A bare number is MiB.
   *
   * Source: <model vgamem>
   */
  vgamem?: pulumi.Input<string | number | undefined>;
  /**
   * Monitors.
   *
   * Source: <model heads>
   */
  heads?: pulumi.Input<number | undefined>;
  /**
   * Resolution that the card prefers, such as `1280x800`.
   *
   * Source: <model><resolution>
   */
  resolution?: pulumi.Input<string | undefined>;
  /**
   * 3D by the host's card.
   *
   * Source: <acceleration accel3d>
   */
  acceleration3d?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
}

export interface VmSoundArgs {
  /**
   * Default `ich9`.
   *
   * Source: <sound model>
   */
  model?: pulumi.Input<"ich9" | "ich6" | "ac97" | "es1370" | "sb16" | "usb" | "pcspk" | undefined>;
  /**
   * What is plugged in, for ich6 and ich9.
   *
   * Source: <sound><codec>
   */
  codecs?: pulumi.Input<("duplex" | "micro" | "output")[] | undefined>;
}

export interface VmInputArgs {
  /**
   * The name by which this program knows the device. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * Kind of device.
   *
   * Source: <input type>
   */
  type: pulumi.Input<"tablet" | "mouse" | "keyboard" | "evdev" | "passthrough">;
  /**
   * Default: the hypervisor's.
   *
   * Source: <input bus>
   */
  bus?: pulumi.Input<"usb" | "ps2" | "virtio" | undefined>;
  /**
   * Event device of the host, for evdev and passthrough.
   *
   * Source: <source dev|evdev>
   */
  path?: pulumi.Input<string | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
}

export interface VmControllerArgs {
  /**
   * The name by which this program knows the controller. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * What hangs on it.
   *
   * Source: <controller type>
   */
  type: pulumi.Input<"usb" | "scsi" | "virtio-serial" | "sata" | "ide" | "pci">;
  /**
   * Which of its type, from 0; disks and channels go to the first that has room. Default: the first of its type that nobody has named, else a new one; of pci always a new one.
   *
   * Source: <controller index>
   */
  index?: pulumi.Input<number | undefined>;
  /**
   * Such as `virtio-scsi` (the default of scsi), `qemu-xhci` or `pcie-to-pci-bridge`; needed for pci. Default: the hypervisor's.
   *
   * Source: <controller model>
   */
  model?: pulumi.Input<string | undefined>;
  /**
   * How many devices it takes: of usb (xhci) up to 15, of virtio-serial up to 31.
   *
   * Source: <controller ports>
   */
  ports?: pulumi.Input<number | undefined>;
  /**
   * Interrupts of a virtio-serial controller.
   *
   * Source: <controller vectors>
   */
  vectors?: pulumi.Input<number | undefined>;
  /**
   * Queues of a virtio-scsi controller; not beside `features.virtioScsiQueues`.
   *
   * Source: <driver queues>
   */
  queues?: pulumi.Input<number | undefined>;
  /**
   * Which of `cpu.iothreads` serves a virtio-scsi controller, from 1.
   *
   * Source: <driver iothread>
   */
  iothread?: pulumi.Input<number | undefined>;
  /**
   * The most commands that wait for one disk of a virtio-scsi controller.
   *
   * Source: <driver cmd_per_lun>
   */
  cmdPerLun?: pulumi.Input<number | undefined>;
  /**
   * The most sectors that one command of a virtio-scsi controller moves.
   *
   * Source: <driver max_sectors>
   */
  maxSectors?: pulumi.Input<number | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
  /**
   * Whether devices come and go at a PCIe port while the guest runs. Default true. Needs libvirt 6.3.
   *
   * Source: <target hotplug>
   */
  hotplug?: pulumi.Input<boolean | undefined>;
  /**
   * The guest's NUMA node (`numa.cells`) that an expander bus belongs to.
   *
   * Source: <target><node>
   */
  node?: pulumi.Input<number | undefined>;
}

export interface VmSerialArgs {
  /**
   * The name by which this program knows the line. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * What is at the other end. Default `pty`.
   *
   * Source: <serial type>
   */
  type?: pulumi.Input<"pty" | "file" | "unix" | "tcp" | "dev" | "pipe" | "null" | "spiceport" | undefined>;
  /**
   * Of a file, device, pipe or UNIX socket of the host.
   *
   * Source: <source path>
   */
  path?: pulumi.Input<string | undefined>;
  /**
   * Keep what is in the file.
   *
   * Source: <source append>
   */
  append?: pulumi.Input<boolean | undefined>;
  /**
   * Listen, or call.
   *
   * Source: <source mode>
   */
  mode?: pulumi.Input<"bind" | "connect" | undefined>;
  /**
   * Address for tcp.
   *
   * Source: <source host>
   */
  host?: pulumi.Input<string | undefined>;
  /**
   * Port for tcp.
   *
   * Source: <source service>
   */
  service?: pulumi.Input<number | undefined>;
  /**
   * For tcp. Default `raw`.
   *
   * Source: <protocol type>
   */
  protocol?: pulumi.Input<"raw" | "telnet" | undefined>;
  /**
   * Where the host keeps what was said.
   *
   * Source: <log file>
   */
  logFile?: pulumi.Input<string | undefined>;
  /**
   * What the guest sees. Default: the machine's.
   *
   * Source: <target type>
   */
  device?: pulumi.Input<"isa-serial" | "usb-serial" | "pci-serial" | "system-serial" | undefined>;
}

export interface VmConsoleArgs {
  /**
   * The name by which this program knows the console. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * What is at the other end. Default `pty`.
   *
   * Source: <console type>
   */
  type?: pulumi.Input<"pty" | "file" | "unix" | "tcp" | "dev" | "pipe" | "null" | undefined>;
  /**
   * Of a file, device, pipe or UNIX socket of the host.
   *
   * Source: <source path>
   */
  path?: pulumi.Input<string | undefined>;
  /**
   * Keep what is in the file.
   *
   * Source: <source append>
   */
  append?: pulumi.Input<boolean | undefined>;
  /**
   * Listen, or call.
   *
   * Source: <source mode>
   */
  mode?: pulumi.Input<"bind" | "connect" | undefined>;
  /**
   * Address for tcp.
   *
   * Source: <source host>
   */
  host?: pulumi.Input<string | undefined>;
  /**
   * Port for tcp.
   *
   * Source: <source service>
   */
  service?: pulumi.Input<number | undefined>;
  /**
   * For tcp. Default `raw`.
   *
   * Source: <protocol type>
   */
  protocol?: pulumi.Input<"raw" | "telnet" | undefined>;
  /**
   * Where the host keeps what was said.
   *
   * Source: <log file>
   */
  logFile?: pulumi.Input<string | undefined>;
}

export interface VmChannelArgs {
  /**
   * The name by which this program knows the channel. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * Its name in the guest, such as `org.example.agent.0`.
   *
   * Source: <target name>
   */
  target: pulumi.Input<string>;
  /**
   * What is at the other end. Default `unix`.
   *
   * Source: <channel type>
   */
  type?: pulumi.Input<"pty" | "file" | "unix" | "tcp" | "dev" | "pipe" | "null" | "spicevmc" | "spiceport" | undefined>;
  /**
   * Of a file, device, pipe or UNIX socket of the host.
   *
   * Source: <source path>
   */
  path?: pulumi.Input<string | undefined>;
  /**
   * Keep what is in the file.
   *
   * Source: <source append>
   */
  append?: pulumi.Input<boolean | undefined>;
  /**
   * Listen, or call.
   *
   * Source: <source mode>
   */
  mode?: pulumi.Input<"bind" | "connect" | undefined>;
  /**
   * Address for tcp.
   *
   * Source: <source host>
   */
  host?: pulumi.Input<string | undefined>;
  /**
   * Port for tcp.
   *
   * Source: <source service>
   */
  service?: pulumi.Input<number | undefined>;
  /**
   * For tcp. Default `raw`.
   *
   * Source: <protocol type>
   */
  protocol?: pulumi.Input<"raw" | "telnet" | undefined>;
  /**
   * Where the host keeps what was said.
   *
   * Source: <log file>
   */
  logFile?: pulumi.Input<string | undefined>;
}

export interface VmRedirectionArgs {
  /**
   * The name by which this program knows the redirection. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * Who brings the device: a SPICE viewer, or somebody at the other end of a connection. Default `spicevmc`.
   *
   * Source: <redirdev type>; R125
   */
  type?: pulumi.Input<"spicevmc" | "tcp" | undefined>;
  /**
   * Listen, or call.
   *
   * Source: <source mode>
   */
  mode?: pulumi.Input<"bind" | "connect" | undefined>;
  /**
   * Address for tcp.
   *
   * Source: <source host>
   */
  host?: pulumi.Input<string | undefined>;
  /**
   * Port for tcp.
   *
   * Source: <source service>
   */
  service?: pulumi.Input<number | undefined>;
}

export interface VmSharedMemoryArgs {
  /**
   * Its name on the host; VMs that name the same share it.
   */
  name: pulumi.Input<string>;
  /**
   * A power of two; a bare number is MiB.
   *
   * Source: <shmem><size>
   */
  size?: pulumi.Input<string | number | undefined>;
  /**
   * Default `ivshmem-plain`.
   *
   * Source: <shmem><model>
   */
  model?: pulumi.Input<"ivshmem-plain" | "ivshmem-doorbell" | undefined>;
  /**
   * Whether it survives migration.
   *
   * Source: <shmem role>
   */
  role?: pulumi.Input<"master" | "peer" | undefined>;
  /**
   * Socket of the server, for ivshmem-doorbell.
   *
   * Source: <server path>
   */
  server?: pulumi.Input<string | undefined>;
}

export interface VmWatchdogArgs {
  /**
   * Default `i6300esb`.
   *
   * Source: <watchdog model>
   */
  model?: pulumi.Input<"i6300esb" | "ib700" | "diag288" | undefined>;
  /**
   * What happens when the guest hangs. Default `reset`.
   *
   * Source: <watchdog action>
   */
  action?: pulumi.Input<"reset" | "shutdown" | "poweroff" | "pause" | "dump" | "inject-nmi" | "none" | undefined>;
}

export interface VmRngArgs {
  /**
   * Default `random`: a device of the host.
   *
   * Source: <rng><backend model>
   */
  backend?: pulumi.Input<"random" | "builtin" | undefined>;
  /**
   * Default /dev/urandom.
   *
   * Source: <rng><backend>
   */
  device?: pulumi.Input<string | undefined>;
  /**
   * The most in a `period`.
   *
   * Source: <rate bytes>
   */
  bytes?: pulumi.Input<number | undefined>;
  /**
   * Milliseconds.
   *
   * Source: <rate period>
   */
  period?: pulumi.Input<number | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
}

export interface VmPanicArgs {
  /**
   * Default: the machine's.
   *
   * Source: <panic model>
   */
  model?: pulumi.Input<"isa" | "hyperv" | "pseries" | "s390" | "pvpanic" | undefined>;
}

export interface VmVsockArgs {
  /**
   * Address of the guest. Default: one that is free.
   *
   * Source: <vsock><cid address>
   */
  cid?: pulumi.Input<number | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
}

export interface VmSmartcardArgs {
  /**
   * `passthrough`: somebody else's reader, default; `host`: the host's own; `host-certificates`: a card made of certificates of the host.
   *
   * Source: <smartcard mode>
   */
  mode?: pulumi.Input<"passthrough" | "host" | "host-certificates" | undefined>;
  /**
   * Of passthrough, whose reader: a SPICE viewer's, or one at the other end of a connection. Default `spicevmc`.
   *
   * Source: <smartcard type>
   */
  type?: pulumi.Input<"spicevmc" | "tcp" | undefined>;
  /**
   * For tcp: listen, or call.
   *
   * Source: <source mode>
   */
  connection?: pulumi.Input<"bind" | "connect" | undefined>;
  /**
   * Address for tcp.
   *
   * Source: <source host>
   */
  host?: pulumi.Input<string | undefined>;
  /**
   * Port for tcp.
   *
   * Source: <source service>
   */
  service?: pulumi.Input<number | undefined>;
  /**
   * Of host-certificates: the names of three certificates in the database.
   *
   * Source: <certificate>
   */
  certificates?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Of host-certificates: where they are. Default: the host's.
   *
   * Source: <database>
   */
  database?: pulumi.Input<string | undefined>;
}

export interface VmFilesystemArgs {
  /**
   * The name by which this program knows the share. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * A folder of the host.
   *
   * Source: <source dir>
   */
  source: pulumi.Input<string>;
  /**
   * The tag by which the guest mounts it.
   *
   * Source: <target dir>
   */
  target: pulumi.Input<string>;
  /**
   * `virtiofs` is quicker, and needs `memoryBacking.access: "shared"`. Default `9p`.
   *
   * Source: <filesystem><driver type>
   */
  type?: pulumi.Input<"virtiofs" | "9p" | undefined>;
  /**
   * Whose rights count, for 9p. Default `passthrough`.
   *
   * Source: <filesystem accessmode>
   */
  accessMode?: pulumi.Input<"passthrough" | "mapped" | "squash" | undefined>;
  /**
   * Default false.
   *
   * Source: <readonly>
   */
  readOnly?: pulumi.Input<boolean | undefined>;
  /**
   * Length of the queue, for virtiofs.
   *
   * Source: <driver queue>
   */
  queue?: pulumi.Input<number | undefined>;
  /**
   * For virtiofs.
   *
   * Source: <binary><cache mode>
   */
  cache?: pulumi.Input<"none" | "always" | undefined>;
  /**
   * Extended attributes, for virtiofs.
   *
   * Source: <binary xattr>
   */
  xattr?: pulumi.Input<boolean | undefined>;
  /**
   * The virtiofsd to use. Default: the host's.
   *
   * Source: <binary path>
   */
  binary?: pulumi.Input<string | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
}

export interface VmHostDeviceArgs {
  /**
   * The name by which this program knows the device. Order means nothing.
   */
  name: pulumi.Input<string>;
  /**
   * A PCI device of the host, such as `0000:06:12.5`.
   *
   * Source: <hostdev type=pci>
   */
  pci?: pulumi.Input<string | undefined>;
  /**
   * A USB device of the host: vendor and product (`1234:beef`), or bus and device (`1.4`).
   *
   * Source: <hostdev type=usb>
   */
  usb?: pulumi.Input<string | undefined>;
  /**
   * A mediated device of the host, by UUID.
   *
   * Source: <hostdev type=mdev>
   */
  mdev?: pulumi.Input<string | undefined>;
  /**
   * A SCSI device of the host: `host0:bus:target:unit`.
   *
   * Source: <hostdev type=scsi>
   */
  scsi?: pulumi.Input<string | undefined>;
  /**
   * The host takes the device from its own driver at the start, and gives it back. Default true for PCI.
   *
   * Source: <hostdev managed>
   */
  managed?: pulumi.Input<boolean | undefined>;
  /**
   * Of a mediated device. Default `vfio-pci`.
   *
   * Source: <hostdev model>
   */
  model?: pulumi.Input<"vfio-pci" | "vfio-ccw" | "vfio-ap" | undefined>;
  /**
   * Show a mediated device's picture on the screen.
   *
   * Source: <hostdev display>
   */
  display?: pulumi.Input<boolean | undefined>;
  /**
   * Start without the USB device when it is not there.
   *
   * Source: <source startupPolicy>
   */
  optional?: pulumi.Input<boolean | undefined>;
  /**
   * Show the guest the device's ROM.
   *
   * Source: <rom bar>
   */
  romBar?: pulumi.Input<boolean | undefined>;
  /**
   * A file instead of the device's ROM.
   *
   * Source: <rom file>
   */
  romFile?: pulumi.Input<string | undefined>;
}

export interface VmOsArgs {
  /**
   * Guest architecture. Default: the host's.
   *
   * Source: <type arch>; R121
   */
  arch?: pulumi.Input<string | undefined>;
  /**
   * Machine type, such as q35. Default: q35 on x86_64, else the hypervisor's.
   *
   * Source: <type machine>; R121
   */
  machine?: pulumi.Input<string | undefined>;
  /**
   * Kernel for direct boot: a StorageVolume, `pool/name`, or a path on the host.
   *
   * Source: <kernel>; R119
   */
  kernel?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * Initial RAM disk of the kernel.
   *
   * Source: <initrd>; R119
   */
  initrd?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * Root device for the kernel; becomes `root=/dev/…` in front of the command line.
   *
   * Source: R119
   */
  root?: pulumi.Input<string | undefined>;
  /**
   * The kernel's command line.
   *
   * Source: <cmdline>; R119
   */
  cmdline?: pulumi.Input<string | undefined>;
  /**
   * Boot order by kind of device. Default: disks. Not together with a device's own `bootOrder`.
   *
   * Source: <boot dev>; R120
   */
  boot?: pulumi.Input<("hd" | "network" | "cdrom" | "fd")[] | undefined>;
  /**
   * Offer a menu of what to boot.
   *
   * Source: <bootmenu enable>
   */
  bootMenu?: pulumi.Input<boolean | undefined>;
  /**
   * Milliseconds for which the menu is shown.
   *
   * Source: <bootmenu timeout>
   */
  bootMenuTimeout?: pulumi.Input<number | undefined>;
  /**
   * Show the BIOS on the serial console (SeaBIOS only).
   *
   * Source: <bios useserial>
   */
  biosSerial?: pulumi.Input<boolean | undefined>;
  /**
   * Milliseconds after which the firmware tries again to boot; -1 never.
   *
   * Source: <bios rebootTimeout>
   */
  rebootTimeout?: pulumi.Input<number | undefined>;
  /**
   * Device tree for the kernel.
   *
   * Source: <dtb>
   */
  dtb?: pulumi.Input<string | undefined>;
}

export interface VmDiskRemoteHostArgs {
  /**
   * Host name or address of the server.
   *
   * Source: <source><host name>
   */
  name: pulumi.Input<string>;
  /**
   * Its port. Default: that of the protocol.
   *
   * Source: <source><host port>
   */
  port?: pulumi.Input<number | undefined>;
}

export interface VmDiskRemoteAuthArgs {
  /**
   * The user at the server.
   *
   * Source: <auth username>
   */
  username: pulumi.Input<string>;
  /**
   * The host's secret with the password or key: a LibvirtSecret, or its UUID.
   *
   * Source: <auth><secret uuid>
   */
  secret: LibvirtSecretRef | pulumi.Input<string>;
}

export interface VmDiskRemoteArgs {
  /**
   * How QEMU itself speaks to the server: `nbd`, `rbd`, `iscsi`, `http`, `https`, `gluster`, or `sheepdog` where QEMU is older than 6.1.
   *
   * Source: <source protocol>
   */
  protocol: pulumi.Input<"nbd" | "rbd" | "iscsi" | "http" | "https" | "gluster" | "sheepdog">;
  /**
   * What the server calls it: `pool/image` (rbd), `iqn…/1` with the unit's number (iscsi), the export's name (nbd), `volume/path` (gluster), the path without its first slash (http).
   *
   * Source: <source name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * The servers: one, several of rbd and gluster, none of rbd where the host's ceph.conf names them.
   *
   * Source: <source><host>
   */
  hosts?: pulumi.Input<pulumi.Input<VmDiskRemoteHostArgs>[] | undefined>;
  /**
   * A unix socket of the host in place of `hosts` (nbd, gluster).
   *
   * Source: <source><host transport='unix' socket>
   */
  socket?: pulumi.Input<string | undefined>;
  /**
   * What follows the `?` of the address (http, https).
   *
   * Source: <source query>
   */
  query?: pulumi.Input<string | undefined>;
  /**
   * Whether the server's certificate is verified (https). Default true.
   *
   * Source: <source><ssl verify>
   */
  verifySsl?: pulumi.Input<boolean | undefined>;
  /**
   * Encrypted, with the certificates that the host's QEMU has (nbd). Default: as the host's QEMU is set up.
   *
   * Source: <source tls>
   */
  tls?: pulumi.Input<boolean | undefined>;
  /**
   * By which name QEMU calls on an iSCSI target.
   *
   * Source: <source><initiator><iqn name>
   */
  initiator?: pulumi.Input<string | undefined>;
  /**
   * How QEMU makes itself known to the server (rbd, iscsi).
   *
   * Source: <source><auth>
   */
  auth?: pulumi.Input<VmDiskRemoteAuthArgs | undefined>;
}

export interface VmDiskEncryptionArgs {
  /**
   * The host's secret with the passphrase: a LibvirtSecret, or its UUID.
   *
   * Source: <encryption><secret uuid>
   */
  secret: LibvirtSecretRef | pulumi.Input<string>;
}

export interface VmDiskIotuneArgs {
  /**
   * Bytes in a second, reading and writing together.
   *
   * Source: <iotune><total_bytes_sec>
   */
  totalBytesSec?: pulumi.Input<string | number | undefined>;
  /**
   * Bytes in a second, reading.
   *
   * Source: <iotune><read_bytes_sec>
   */
  readBytesSec?: pulumi.Input<string | number | undefined>;
  /**
   * Bytes in a second, writing.
   *
   * Source: <iotune><write_bytes_sec>
   */
  writeBytesSec?: pulumi.Input<string | number | undefined>;
  /**
   * Operations in a second, reading and writing together.
   *
   * Source: <iotune><total_iops_sec>
   */
  totalIopsSec?: pulumi.Input<number | undefined>;
  /**
   * Operations in a second, reading.
   *
   * Source: <iotune><read_iops_sec>
   */
  readIopsSec?: pulumi.Input<number | undefined>;
  /**
   * Operations in a second, writing.
   *
   * Source: <iotune><write_iops_sec>
   */
  writeIopsSec?: pulumi.Input<number | undefined>;
  /**
   * Peak of `totalBytesSec`.
   *
   * Source: <iotune><total_bytes_sec_max>
   */
  totalBytesSecMax?: pulumi.Input<string | number | undefined>;
  /**
   * Peak of `readBytesSec`.
   *
   * Source: <iotune><read_bytes_sec_max>
   */
  readBytesSecMax?: pulumi.Input<string | number | undefined>;
  /**
   * Peak of `writeBytesSec`.
   *
   * Source: <iotune><write_bytes_sec_max>
   */
  writeBytesSecMax?: pulumi.Input<string | number | undefined>;
  /**
   * Peak of `totalIopsSec`.
   *
   * Source: <iotune><total_iops_sec_max>
   */
  totalIopsSecMax?: pulumi.Input<number | undefined>;
  /**
   * Peak of `readIopsSec`.
   *
   * Source: <iotune><read_iops_sec_max>
   */
  readIopsSecMax?: pulumi.Input<number | undefined>;
  /**
   * Peak of `writeIopsSec`.
   *
   * Source: <iotune><write_iops_sec_max>
   */
  writeIopsSecMax?: pulumi.Input<number | undefined>;
  /**
   * For how many seconds the peak may last. Default 1.
   *
   * Source: <iotune><total_bytes_sec_max_length>
   */
  totalBytesSecMaxLength?: pulumi.Input<number | undefined>;
  /**
   * For how many seconds the peak may last. Default 1.
   *
   * Source: <iotune><read_bytes_sec_max_length>
   */
  readBytesSecMaxLength?: pulumi.Input<number | undefined>;
  /**
   * For how many seconds the peak may last. Default 1.
   *
   * Source: <iotune><write_bytes_sec_max_length>
   */
  writeBytesSecMaxLength?: pulumi.Input<number | undefined>;
  /**
   * For how many seconds the peak may last. Default 1.
   *
   * Source: <iotune><total_iops_sec_max_length>
   */
  totalIopsSecMaxLength?: pulumi.Input<number | undefined>;
  /**
   * For how many seconds the peak may last. Default 1.
   *
   * Source: <iotune><read_iops_sec_max_length>
   */
  readIopsSecMaxLength?: pulumi.Input<number | undefined>;
  /**
   * For how many seconds the peak may last. Default 1.
   *
   * Source: <iotune><write_iops_sec_max_length>
   */
  writeIopsSecMaxLength?: pulumi.Input<number | undefined>;
  /**
   * Bytes that count as one operation.
   *
   * Source: <iotune><size_iops_sec>
   */
  sizeIopsSec?: pulumi.Input<number | undefined>;
}

export interface VmDiskArgs {
  /**
   * The name by which this program knows the disk. Default `root` for the first, `disk1`, `disk2`, … for the others. Order means nothing to named disks.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * The pool of a volume made for this disk. Default: the host's `defaultStoragePool`, else the first active pool with room.
   *
   * Source: R102–R104
   */
  pool?: StoragePoolRef | pulumi.Input<string | undefined>;
  /**
   * Pools in order of preference, where `pool` names none: the first of those that the host has, with room. The choice is the output `chosen`, and stays.
   *
   * Source: R104
   */
  pools?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Virtual size; a bare number is GiB. Default 8 GiB, or that of `backing`. Grows in place, also while the VM runs.
   *
   * Source: <capacity>, virDomainBlockResize; R59
   */
  size?: pulumi.Input<string | number | undefined>;
  /**
   * Image below a qcow2 overlay made for this disk: a StorageVolume, `pool/name`, or a path on the host.
   *
   * Source: <backingStore>
   */
  backing?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * The image that an LXD instance's root is made of: an alias or fingerprint of the server's images, `ubuntu:24.04`, `images:alpine/3.20`, or `https://server:alias`; or an image file of the machine that runs Pulumi, a path that begins with `/`, `./` or `../`, which is sent to the server once. Without one a VM starts empty.
   *
   * Source: instance source
   */
  image?: pulumi.Input<string | undefined>;
  /**
   * The second file of an image that comes in two: `image` is then its metadata alone, and this its root file system (squashfs or a tarball), or a virtual machine's disk (qcow2).
   *
   * Source: instance source; image import
   */
  rootfs?: pulumi.Input<string | undefined>;
  /**
   * Where a container sees the disk. Default `/mnt/<name>`.
   *
   * Source: disk path
   */
  mount?: pulumi.Input<string | undefined>;
  /**
   * An existing volume: a StorageVolume or `pool/name`. It stays when the VM goes. A cdrom or floppy is given another one, or none, at once; a disk another one at the VM's next start.
   */
  volume?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * An existing image file or block device of the host. It stays when the VM goes, and changes as `volume` does.
   *
   * Source: <source file|dev>
   */
  path?: pulumi.Input<string | undefined>;
  /**
   * The volume that is copied in full, by the host, for this disk: a StorageVolume, `pool/name`, or its path. Needs nothing of it afterwards; `size` may be larger.
   *
   * Source: virStorageVolCreateXMLFrom
   */
  copyOf?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * An image on a server that QEMU reaches itself. It stays when the VM goes.
   *
   * Source: <disk type='network'>
   */
  remote?: pulumi.Input<VmDiskRemoteArgs | undefined>;
  /**
   * LUKS, within QEMU: a volume made for this disk is made encrypted, one that exists must be.
   *
   * Source: <source><encryption format='luks'>
   */
  encryption?: pulumi.Input<VmDiskEncryptionArgs | undefined>;
  /**
   * Image format. Default qcow2 for a volume made for this disk.
   *
   * Source: <driver type>; R131
   */
  format?: pulumi.Input<"raw" | "qcow2" | undefined>;
  /**
   * What the guest sees. Default `disk`.
   *
   * Source: <disk device>; R130
   */
  device?: pulumi.Input<"disk" | "cdrom" | "floppy" | undefined>;
  /**
   * Default virtio; sata for a cdrom, fdc for a floppy.
   *
   * Source: <target bus>; R140
   */
  bus?: pulumi.Input<"virtio" | "scsi" | "sata" | "ide" | "usb" | "fdc" | undefined>;
  /**
   * Device name at the host's side. Default: the first that is free for the bus; it never changes afterwards.
   *
   * Source: <target dev>
   */
  target?: pulumi.Input<string | undefined>;
  /**
   * Host page cache. Default: the hypervisor's.
   *
   * Source: <driver cache>; R132
   */
  cache?: pulumi.Input<"none" | "writethrough" | "writeback" | "directsync" | "unsafe" | undefined>;
  /**
   * Asynchronous I/O method; `native` needs cache none or directsync.
   *
   * Source: <driver io>; R133
   */
  io?: pulumi.Input<"threads" | "native" | "io_uring" | undefined>;
  /**
   * What TRIM does.
   *
   * Source: <driver discard>; R134
   */
  discard?: pulumi.Input<"ignore" | "unmap" | undefined>;
  /**
   * Serial number the guest sees.
   *
   * Source: <serial>
   */
  serial?: pulumi.Input<string | undefined>;
  /**
   * Default false; a cdrom is always read-only.
   *
   * Source: <readonly>
   */
  readOnly?: pulumi.Input<boolean | undefined>;
  /**
   * Place in the boot order, from 1.
   *
   * Source: <boot order>
   */
  bootOrder?: pulumi.Input<number | undefined>;
  /**
   * LXD device keys for what has no field, such as `io.cache` or `size.state`.
   *
   * Source: disk device
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
  /**
   * Do not write zeros; with `unmap` give their room back.
   *
   * Source: <driver detect_zeroes>
   */
  detectZeroes?: pulumi.Input<"off" | "on" | "unmap" | undefined>;
  /**
   * Copy what is read of `backing` into the disk.
   *
   * Source: <driver copy_on_read>
   */
  copyOnRead?: pulumi.Input<boolean | undefined>;
  /**
   * What a failed write does to the guest.
   *
   * Source: <driver error_policy>
   */
  errorPolicy?: pulumi.Input<"stop" | "report" | "ignore" | "enospace" | undefined>;
  /**
   * What a failed read does to the guest.
   *
   * Source: <driver rerror_policy>
   */
  readErrorPolicy?: pulumi.Input<"stop" | "report" | "ignore" | undefined>;
  /**
   * Which of `cpu.iothreads` serves the disk, from 1.
   *
   * Source: <driver iothread>
   */
  iothread?: pulumi.Input<number | undefined>;
  /**
   * Queues of a virtio disk.
   *
   * Source: <driver queues>
   */
  queues?: pulumi.Input<number | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
  /**
   * Other VMs use it at the same time. Default false.
   *
   * Source: <shareable>
   */
  shareable?: pulumi.Input<boolean | undefined>;
  /**
   * World wide name that the guest sees, on bus scsi or ide.
   *
   * Source: <wwn>
   */
  wwn?: pulumi.Input<string | undefined>;
  /**
   * Vendor that the guest sees, on bus scsi.
   *
   * Source: <vendor>
   */
  vendor?: pulumi.Input<string | undefined>;
  /**
   * Product that the guest sees, on bus scsi.
   *
   * Source: <product>
   */
  product?: pulumi.Input<string | undefined>;
  /**
   * What a USB disk says of itself.
   *
   * Source: <target removable>
   */
  removable?: pulumi.Input<boolean | undefined>;
  /**
   * Turns in a minute that the guest sees; 1 for a disk without turns. Not on virtio.
   *
   * Source: <target rotation_rate>
   */
  rotationRate?: pulumi.Input<number | undefined>;
  /**
   * Smallest block in bytes.
   *
   * Source: <blockio logical_block_size>
   */
  logicalBlockSize?: pulumi.Input<number | undefined>;
  /**
   * The disk's own block in bytes.
   *
   * Source: <blockio physical_block_size>
   */
  physicalBlockSize?: pulumi.Input<number | undefined>;
  /**
   * What a missing image of a cdrom or floppy does to the start.
   *
   * Source: <source startupPolicy>
   */
  startupPolicy?: pulumi.Input<"mandatory" | "requisite" | "optional" | undefined>;
  /**
   * Limits of what the disk may do in a second.
   *
   * Source: <iotune>
   */
  iotune?: pulumi.Input<VmDiskIotuneArgs | undefined>;
}

export interface VmInterfaceVhostUserArgs {
  /**
   * The socket on the host.
   *
   * Source: <source path>
   */
  path: pulumi.Input<string>;
  /**
   * What QEMU is: `server` makes the socket and the switch calls, `client` calls the switch. Either way QEMU waits for the other end at the VM's start.
   *
   * Source: <source mode>
   */
  mode: pulumi.Input<"client" | "server">;
  /**
   * Of a `client`: after how many seconds the switch is called again when it has gone. Default: never.
   *
   * Source: <source><reconnect timeout>
   */
  reconnect?: pulumi.Input<number | undefined>;
}

export interface VmInterfaceBandwidthInboundArgs {
  /**
   * KiB in a second.
   */
  average?: pulumi.Input<number | undefined>;
  /**
   * The most, in KiB in a second.
   */
  peak?: pulumi.Input<number | undefined>;
  /**
   * How many KiB may go at the peak.
   */
  burst?: pulumi.Input<number | undefined>;
  /**
   * KiB in a second that the VM gets for sure; on networks alone.
   */
  floor?: pulumi.Input<number | undefined>;
}

export interface VmInterfaceBandwidthOutboundArgs {
  /**
   * KiB in a second.
   */
  average?: pulumi.Input<number | undefined>;
  /**
   * The most, in KiB in a second.
   */
  peak?: pulumi.Input<number | undefined>;
  /**
   * How many KiB may go at the peak.
   */
  burst?: pulumi.Input<number | undefined>;
}

export interface VmInterfaceBandwidthArgs {
  /**
   * What goes to the guest.
   *
   * Source: <bandwidth><inbound>
   */
  inbound?: pulumi.Input<VmInterfaceBandwidthInboundArgs | undefined>;
  /**
   * What comes from the guest.
   *
   * Source: <bandwidth><outbound>
   */
  outbound?: pulumi.Input<VmInterfaceBandwidthOutboundArgs | undefined>;
}

export interface VmInterfaceVlanArgs {
  /**
   * VLANs of the interface.
   *
   * Source: <vlan><tag id>
   */
  tags: pulumi.Input<number[]>;
  /**
   * Several VLANs, each with its tag.
   *
   * Source: <vlan trunk>
   */
  trunk?: pulumi.Input<boolean | undefined>;
}

export interface VmInterfaceVirtualPortArgs {
  /**
   * How the switch is told about guests.
   *
   * Source: <virtualport type>
   */
  type: pulumi.Input<"802.1Qbg" | "802.1Qbh" | "openvswitch" | "midonet">;
  /**
   * 802.1Qbg: the VSI manager.
   *
   * Source: <parameters managerid>
   */
  managerId?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: the VSI type.
   *
   * Source: <parameters typeid>
   */
  typeId?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: its version.
   *
   * Source: <parameters typeidversion>
   */
  typeIdVersion?: pulumi.Input<number | undefined>;
  /**
   * 802.1Qbg: UUID of the instance.
   *
   * Source: <parameters instanceid>
   */
  instanceId?: pulumi.Input<string | undefined>;
  /**
   * 802.1Qbh and openvswitch: the port profile.
   *
   * Source: <parameters profileid>
   */
  profileId?: pulumi.Input<string | undefined>;
  /**
   * Open vSwitch and midonet: UUID of the port. Default: one that the host makes.
   *
   * Source: <parameters interfaceid>
   */
  interfaceId?: pulumi.Input<string | undefined>;
}

export interface VmInterfaceArgs {
  /**
   * The name by which this program knows the interface. Default `eth0`, `eth1`, … in order.
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * A network of the host: a LibvirtNetwork, an LxdNetwork, or its name.
   *
   * Source: <interface type=network>; nic network; R79
   */
  network?: LibvirtNetworkRef | LxdNetworkRef | pulumi.Input<string | undefined>;
  /**
   * A bridge of the host.
   *
   * Source: <interface type=bridge>; R79
   */
  bridge?: pulumi.Input<string | undefined>;
  /**
   * A device of the host to put a macvtap on. The host itself and the guest cannot talk to each other over it.
   *
   * Source: <interface type=direct>; R79
   */
  macvlan?: pulumi.Input<string | undefined>;
  /**
   * In place of `network`, `bridge` or `macvlan`: a device of the host is chosen that meets name, type, tag, space, subnet, fabric, vlan or ip (`not_` in front turns one round), as an object or as MAAS's text; a bridge before a bond before another, by one of its free SR-IOV functions or else by macvtap. The choice is kept until the constraints change.
   *
   * Source: R83, R87
   */
  constraints?: pulumi.Input<string | { [key: string]: string | pulumi.Input<string>[] } | undefined>;
  /**
   * Mode of the macvtap. Default: the host's `defaultMacvlanMode` when the interface is made.
   *
   * Source: <source mode>; R92–R94
   */
  macvlanMode?: pulumi.Input<"private" | "vepa" | "bridge" | "passthru" | undefined>;
  /**
   * MAC address. Default: one made from the VM's and the interface's names, so that it outlives everything but a rename.
   *
   * Source: <mac address>
   */
  mac?: pulumi.Input<string | undefined>;
  /**
   * Default virtio.
   *
   * Source: <model type>; R137
   */
  model?: pulumi.Input<string | undefined>;
  /**
   * Name of the device at the host's side.
   *
   * Source: <target dev>; R135
   */
  targetDev?: pulumi.Input<string | undefined>;
  /**
   * Place in the boot order, from 1.
   *
   * Source: <boot order>
   */
  bootOrder?: pulumi.Input<number | undefined>;
  /**
   * The IPv4 address that LXD's DHCP gives the guest on a managed network.
   *
   * Source: ipv4.address
   */
  ipv4Address?: pulumi.Input<string | undefined>;
  /**
   * The IPv6 address that LXD's DHCP gives the guest on a managed network.
   *
   * Source: ipv6.address
   */
  ipv6Address?: pulumi.Input<string | undefined>;
  /**
   * The guest cannot take another MAC address.
   *
   * Source: security.mac_filtering
   */
  macFiltering?: pulumi.Input<boolean | undefined>;
  /**
   * The guest cannot take another IPv4 address.
   *
   * Source: security.ipv4_filtering
   */
  ipv4Filtering?: pulumi.Input<boolean | undefined>;
  /**
   * The guest cannot take another IPv6 address.
   *
   * Source: security.ipv6_filtering
   */
  ipv6Filtering?: pulumi.Input<boolean | undefined>;
  /**
   * LXD device keys for what has no field, such as `vlan.tagged` or `queue.tx.length`.
   *
   * Source: nic device
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
  /**
   * A virtual function of an SR-IOV card of the host, such as `0000:06:10.1`; on LXD the card's device, such as `eno3`, of which LXD takes a free one.
   *
   * Source: <interface type=hostdev>, nictype=sriov; R175
   */
  sriov?: pulumi.Input<string | undefined>;
  /**
   * A device of the host without a bridge; `script` leads it somewhere.
   *
   * Source: <interface type=ethernet>; R136
   */
  ethernet?: pulumi.Input<boolean | undefined>;
  /**
   * QEMU's own network: the guest gets out, and nobody in.
   *
   * Source: <interface type=user>
   */
  user?: pulumi.Input<boolean | undefined>;
  /**
   * A switch in user space (Open vSwitch with DPDK, VPP, snabb) behind a socket of the host. It works in the guest's memory, which `memoryBacking.access` must share.
   *
   * Source: <interface type=vhostuser>
   */
  vhostUser?: pulumi.Input<VmInterfaceVhostUserArgs | undefined>;
  /**
   * Port group of the network.
   *
   * Source: <source portgroup>
   */
  portGroup?: pulumi.Input<string | undefined>;
  /**
   * Queues of a virtio interface.
   *
   * Source: <driver queues>
   */
  queues?: pulumi.Input<number | undefined>;
  /**
   * A virtio device goes through the guest's `iommu`. Default: past it.
   *
   * Source: <driver iommu>
   */
  iommu?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device keeps translations of the guest's `iommu` (address translation services).
   *
   * Source: <driver ats>
   */
  ats?: pulumi.Input<boolean | undefined>;
  /**
   * A virtio device has packed queues, where the guest knows them (virtio 1.1).
   *
   * Source: <driver packed>
   */
  packed?: pulumi.Input<boolean | undefined>;
  /**
   * Who moves the packets.
   *
   * Source: <driver name>
   */
  driver?: pulumi.Input<"vhost" | "qemu" | undefined>;
  /**
   * Length of the queues to the guest: 256, 512 or 1024.
   *
   * Source: <driver rx_queue_size>
   */
  rxQueueSize?: pulumi.Input<number | undefined>;
  /**
   * Largest packet.
   *
   * Source: <mtu size>
   */
  mtu?: pulumi.Input<number | undefined>;
  /**
   * A network filter of the host, such as `clean-traffic`, or an NwFilter. That it exists is checked in preview.
   *
   * Source: <filterref filter>; R138
   */
  filter?: NwFilterRef | pulumi.Input<string | undefined>;
  /**
   * Its parameters, such as `{ IP: "10.0.0.5" }`.
   *
   * Source: <filterref><parameter>; R138
   */
  filterParameters?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /**
   * Limits.
   *
   * Source: <bandwidth>
   */
  bandwidth?: pulumi.Input<VmInterfaceBandwidthArgs | undefined>;
  /**
   * VLANs.
   *
   * Source: <vlan>
   */
  vlan?: pulumi.Input<VmInterfaceVlanArgs | undefined>;
  /**
   * The switch behind the interface.
   *
   * Source: <virtualport>
   */
  virtualPort?: pulumi.Input<VmInterfaceVirtualPortArgs | undefined>;
  /**
   * Whether the cable is plugged in. Default `up`.
   *
   * Source: <link state>
   */
  link?: pulumi.Input<"up" | "down" | undefined>;
  /**
   * What the host runs when the device is there; for `ethernet` alone.
   *
   * Source: <script path>; R136
   */
  script?: pulumi.Input<string | undefined>;
  /**
   * The VM does not see the others of its bridge.
   *
   * Source: <port isolated>
   */
  isolated?: pulumi.Input<boolean | undefined>;
  /**
   * The host follows the guest's own MAC addresses; for macvlan.
   *
   * Source: <interface trustGuestRxFilters>
   */
  trustGuestRxFilters?: pulumi.Input<boolean | undefined>;
}

export interface VmCloudInitArgs {
  /**
   * User data: an object is written as `#cloud-config`, a text is taken as it is. Encrypted in state.
   *
   * Source: NoCloud `user-data`
   */
  userData?: pulumi.Input<string | Record<string, unknown> | undefined>;
  /**
   * Meta data. Default: an `instance-id` that stays with the VM, and its name as `local-hostname`.
   *
   * Source: NoCloud `meta-data`
   */
  metaData?: pulumi.Input<string | Record<string, unknown> | undefined>;
  /**
   * Network configuration. Default: the addresses that the `constraints` of interfaces ask for (`ip`, `mode`), where any does; else the guest's own (DHCP on the first interface).
   *
   * Source: NoCloud `network-config`
   */
  networkConfig?: pulumi.Input<string | Record<string, unknown> | undefined>;
}

export interface VmWaitForArgs {
  /**
   * Wait for a usable address (never loopback or link-local), of one family if named. Default true, or false beside `agent` or `cloudInit`.
   */
  address?: pulumi.Input<boolean | "ipv4" | "ipv6" | undefined>;
  /**
   * Where addresses come from: libvirt's DHCP leases, the guest agent, or either. Default `any`.
   *
   * Source: virDomainInterfaceAddresses
   */
  source?: pulumi.Input<"lease" | "agent" | "any" | undefined>;
  /**
   * Wait until the guest can be talked to: qemu-guest-agent answers, or lxd-agent does; a container runs. Default false.
   *
   * Source: guest-network-get-interfaces; processes in LXD's state
   */
  agent?: pulumi.Input<boolean | undefined>;
  /**
   * Wait until cloud-init has done its work (`cloud-init status --wait`). What it reports as an error is one, in its words; what it calls recoverable is a warning. Default false.
   *
   * Source: exec
   */
  cloudInit?: pulumi.Input<boolean | undefined>;
  /**
   * How long each of the waits may take. Default 5m.
   */
  timeout?: pulumi.Input<string | number | undefined>;
}

export interface VmFileArgs {
  /**
   * Where the file is in the guest. A symbolic link that is there is replaced by the file.
   *
   * Source: POST files?path=
   */
  path: pulumi.Input<string>;
  /**
   * What is in it, as text (UTF-8). Where the program makes it a secret (`pulumi.secret`), `files` is encrypted in state.
   */
  content?: pulumi.Input<string | undefined>;
  /**
   * In place of `content`: a file of the machine that runs Pulumi, of any size; relative to the program's folder. What is in it counts, not its date.
   */
  source?: pulumi.Input<string | undefined>;
  /**
   * Permissions in octal. Default "0644".
   *
   * Source: X-LXD-mode
   */
  mode?: pulumi.Input<string | undefined>;
  /**
   * Owner in the guest. Default 0 (root).
   *
   * Source: X-LXD-uid
   */
  uid?: pulumi.Input<number | undefined>;
  /**
   * Group in the guest. Default 0 (root).
   *
   * Source: X-LXD-gid
   */
  gid?: pulumi.Input<number | undefined>;
  /**
   * Make the folders above it that are missing, with mode 0755 and the file's owner; they stay when the file goes. Default false: an error.
   *
   * Source: X-LXD-type: directory
   */
  createDirectories?: pulumi.Input<boolean | undefined>;
}

export interface VmExecArgs {
  /**
   * By which the command is known from one `up` to the next.
   */
  name: pulumi.Input<string>;
  /**
   * Program and arguments, as they are; there is no shell unless it is named: `["sh", "-c", "…"]`.
   *
   * Source: POST exec
   */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Environment variables. `exec` is encrypted in state then, and so are the results of all commands.
   */
  environment?: pulumi.Input<Record<string, pulumi.Input<string>> | undefined>;
  /**
   * Folder that it runs in. Default: the user's home.
   *
   * Source: cwd
   */
  workingDir?: pulumi.Input<string | "/" | undefined>;
  /**
   * User that it runs as. Default 0 (root).
   *
   * Source: user
   */
  uid?: pulumi.Input<number | undefined>;
  /**
   * Group that it runs as. Default 0 (root).
   *
   * Source: group
   */
  gid?: pulumi.Input<number | undefined>;
  /**
   * `onChange`: run when it is new, and again when one of its fields up to here changes. `once`: when it is new. `onStart`: also in each `up` that changes the VM and finds that the guest was started since. Default `onChange`.
   */
  trigger?: pulumi.Input<"onChange" | "once" | "onStart" | undefined>;
  /**
   * How long it may run before it is killed. Default 5m.
   */
  timeout?: pulumi.Input<string | number | undefined>;
  /**
   * An exit status other than 0 is an error: what follows is not run, the VM is kept, and the next `up` runs the command again. Default true.
   */
  failOnError?: pulumi.Input<boolean | undefined>;
  /**
   * Keep the exit status and the last 64 KiB of stdout and stderr of its next run in the output `execResults`. A server before LXD 5.14 then does not kill it at its `timeout`. Default false.
   */
  recordOutput?: pulumi.Input<boolean | undefined>;
}

export interface VmMigrateArgs {
  /**
   * `copy` (default): the volumes made for the VM are copied into the pool of the same name there (or the disk's new `pool`, or that host's default) and removed here when it has arrived. `shared`: both hosts see all of its images in the same places.
   *
   * Source: VIR_MIGRATE_NON_SHARED_DISK
   */
  storage?: pulumi.Input<"copy" | "shared" | undefined>;
  /**
   * Move even where a cache of the old host may hold what the new one has not seen. Default false: libvirt refuses that for shared images whose `cache` is not `none`.
   *
   * Source: VIR_MIGRATE_UNSAFE; R161
   */
  unsafe?: pulumi.Input<boolean | undefined>;
  /**
   * Slow down a guest that writes faster than its memory travels. Default false.
   *
   * Source: VIR_MIGRATE_AUTO_CONVERGE
   */
  autoConverge?: pulumi.Input<boolean | undefined>;
  /**
   * Compress memory on its way. Default false.
   *
   * Source: VIR_MIGRATE_COMPRESSED
   */
  compressed?: pulumi.Input<boolean | undefined>;
  /**
   * Encrypt what QEMU sends to QEMU, with libvirt's certificates on both hosts. Default false.
   *
   * Source: VIR_MIGRATE_TLS
   */
  tls?: pulumi.Input<boolean | undefined>;
}

export interface VmArgs {
  /**
   * The host: a VmHost, the `connection` output of one (from another stack, say), or an address such as `qemu:///system`.
   */
  host?: VmHostRef | pulumi.Input<HostConnection | string | undefined>;
  /**
   * Hosts of which one is chosen, in place of `host`: where the VM fits, by default the one with the most room. `zone` and `resourcePool` of the VM, where given, narrow them down. The choice is kept, until that host can no longer hold what is asked (then `migrate` moves it) or is no longer named; the output `placement` says where and why.
   */
  hosts?: pulumi.Input<(VmHostRef | pulumi.Input<HostConnection | string>)[] | undefined>;
  /**
   * Keeps VMs with this tag apart, on different hosts and then in different zones, as far as there are any. The VM gets the tag.
   */
  spread?: pulumi.Input<string | undefined>;
  /**
   * Choose the fullest host that has room, so that others stay free for large VMs. Default false: the emptiest.
   */
  pack?: pulumi.Input<boolean | undefined>;
  /**
   * `single-node`: all of the VM on one NUMA node of the host, chosen where that many CPUs that no VM is pinned to and its memory are left. Its cores are pinned there (`cpu.pin`) and on libvirt its memory is (`numa.nodes`). The choice stands until the VM's size or host changes.
   *
   * Source: <vcpupin>, <numatune>; limits.cpu; R170
   */
  numaPolicy?: pulumi.Input<"single-node" | undefined>;
  /**
   * The name on the host. Default: the logical name and a short suffix that is stable for this resource of this stack. Another one renames the VM where it is, with its disks, while it is off: one that runs is shut down and started again where the program lets it (`restart: "ifNeeded"`), else refused in preview. libvirt cannot rename a VM that has snapshots, saved memory, or UEFI variables in a file named after it; told in preview.
   *
   * Source: virDomainRename; POST /1.0/instances/<name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * The VM's UUID, by which the host and many a guest know it: of a machine that is moved here by hand, say, or one that a licence is bound to. Another one makes another VM. Default: one that libvirt chooses.
   *
   * Source: <uuid>
   */
  uuid?: pulumi.Input<string | undefined>;
  /**
   * Take over an object that exists already instead of refusing it: `true` for the one of this name, or its name or UUID. Looked at when the resource is created, never later.
   */
  adopt?: pulumi.Input<boolean | string | undefined>;
  /**
   * One line about the VM.
   *
   * Source: <title>
   */
  title?: pulumi.Input<string | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: <description>
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * Virtual CPUs. Default 1. Changed live within `maxCores`.
   *
   * Source: <vcpu current>, limits.cpu; R122
   */
  cores?: pulumi.Input<number | undefined>;
  /**
   * Up to how many cores the VM can grow while it runs. Default: `cores`.
   *
   * Source: <vcpu>
   */
  maxCores?: pulumi.Input<number | undefined>;
  /**
   * Memory; a bare number is MiB. Default 2048. Changed live within `maxMemory` (balloon).
   *
   * Source: <currentMemory>; R59
   */
  memory?: pulumi.Input<string | number | undefined>;
  /**
   * Up to how much memory the VM can grow while it runs; a bare number is MiB. Default: `memory`.
   *
   * Source: <memory>
   */
  maxMemory?: pulumi.Input<string | number | undefined>;
  /**
   * `kvm`, or `qemu` for emulation. Default: kvm where the host can, else qemu.
   *
   * Source: <domain type>; R12, R166
   */
  domainType?: pulumi.Input<"kvm" | "qemu" | undefined>;
  /**
   * Path of the emulator. Default: the host's for the architecture.
   *
   * Source: <emulator>; R118
   */
  emulator?: pulumi.Input<string | undefined>;
  /**
   * The CPU: what the guest sees of it, and what it gets of the host's.
   */
  cpu?: pulumi.Input<number | VmCpuArgs | undefined>;
  /**
   * Back the VM's memory with hugepages: `true` for the host's default size, or a size such as "2MiB" or "1GiB". The host must have set them aside.
   *
   * Source: <memoryBacking><hugepages>; R176
   */
  hugepages?: pulumi.Input<boolean | string | number | undefined>;
  /**
   * Memory grows and shrinks by modules (DIMM) that are plugged into the running guest, up to `maxMemory`, in place of the balloon; `true` for 16 slots. Guests use memory in blocks of 128 MiB.
   *
   * Source: <maxMemory>, <memory model=dimm>; appendix 3
   */
  memoryHotplug?: pulumi.Input<boolean | VmMemoryHotplugArgs | undefined>;
  /**
   * What the VM's memory is made of.
   */
  memoryBacking?: pulumi.Input<VmMemoryBackingArgs | undefined>;
  /**
   * Limits of what the VM takes of the host.
   */
  memoryTuning?: pulumi.Input<VmMemoryTuningArgs | undefined>;
  /**
   * Where memory comes from, and what the guest sees of it.
   */
  numa?: pulumi.Input<VmNumaArgs | undefined>;
  /**
   * The memory balloon.
   */
  balloon?: pulumi.Input<VmBalloonArgs | undefined>;
  /**
   * Features of the machine.
   *
   * Source: <features>; R123
   */
  features?: pulumi.Input<VmFeaturesArgs | undefined>;
  /**
   * Enlightenments for Windows guests; `true` for relaxed, vapic and 8191 spinlock retries.
   *
   * Source: <features><hyperv>; R124
   */
  hyperv?: pulumi.Input<boolean | VmHypervArgs | undefined>;
  /**
   * The guest's clock and timers.
   *
   * Source: <clock>
   */
  clock?: pulumi.Input<VmClockArgs | undefined>;
  /**
   * Sleep states.
   *
   * Source: <pm>
   */
  powerManagement?: pulumi.Input<VmPowerManagementArgs | undefined>;
  /**
   * What follows the guest's own end.
   */
  events?: pulumi.Input<VmEventsArgs | undefined>;
  /**
   * What starts the machine.
   *
   * Source: <os firmware>
   */
  firmware?: pulumi.Input<VmFirmwareArgs | undefined>;
  /**
   * A trusted platform module; `true` for an emulated TPM 2.0.
   *
   * Source: <tpm>
   */
  tpm?: pulumi.Input<boolean | VmTpmArgs | undefined>;
  /**
   * An IOMMU in the guest; `true` for Intel's.
   *
   * Source: <iommu>
   */
  iommu?: pulumi.Input<boolean | VmIommuArgs | undefined>;
  /**
   * What the machine says of itself.
   *
   * Source: <sysinfo type=smbios>
   */
  smbios?: pulumi.Input<VmSmbiosArgs | undefined>;
  /**
   * Entries of QEMU's fw_cfg.
   *
   * Source: <sysinfo type=fwcfg>
   */
  fwCfg?: pulumi.Input<pulumi.Input<VmFwCfgArgs>[] | undefined>;
  /**
   * Configuration for Ignition (Fedora CoreOS, Flatcar): an object or its JSON. Encrypted in state.
   *
   * Source: fw_cfg opt/com.coreos/config
   */
  ignition?: pulumi.Input<string | Record<string, unknown> | undefined>;
  /**
   * Confidential computing. AMD SEV wants `memoryTuning.hardLimit` a little above `memory`.
   *
   * Source: <launchSecurity>
   */
  launchSecurity?: pulumi.Input<VmLaunchSecurityArgs | undefined>;
  /**
   * A screen for people, by VNC or SPICE; `true` for VNC at a free port of the host's own address.
   *
   * Source: <graphics>; R139
   */
  graphics?: pulumi.Input<boolean | VmGraphicsArgs | undefined>;
  /**
   * The graphics card.
   *
   * Source: <video>
   */
  video?: pulumi.Input<VmVideoArgs | undefined>;
  /**
   * A sound card.
   *
   * Source: <sound>
   */
  sound?: pulumi.Input<VmSoundArgs | undefined>;
  /**
   * Keyboards, tablets and mice.
   *
   * Source: <input>
   */
  inputs?: pulumi.Input<pulumi.Input<VmInputArgs>[] | undefined>;
  /**
   * Controllers that the program has something to say of. libvirt adds what else the devices need, which is no concern of the program; one that is named no more goes, or is the host's own again where a device hangs on it.
   *
   * Source: <controller>
   */
  controllers?: pulumi.Input<pulumi.Input<VmControllerArgs>[] | undefined>;
  /**
   * Serial lines beside the `console`.
   *
   * Source: <serial>
   */
  serials?: pulumi.Input<pulumi.Input<VmSerialArgs>[] | undefined>;
  /**
   * Virtio consoles beside the serial one.
   *
   * Source: <console>
   */
  consoles?: pulumi.Input<pulumi.Input<VmConsoleArgs>[] | undefined>;
  /**
   * Virtio channels between guest and host.
   *
   * Source: <channel>
   */
  channels?: pulumi.Input<pulumi.Input<VmChannelArgs>[] | undefined>;
  /**
   * USB devices that come over the network.
   *
   * Source: <redirdev>
   */
  redirections?: pulumi.Input<pulumi.Input<VmRedirectionArgs>[] | undefined>;
  /**
   * Memory that VMs share.
   *
   * Source: <shmem>
   */
  sharedMemory?: pulumi.Input<pulumi.Input<VmSharedMemoryArgs>[] | undefined>;
  /**
   * A watchdog; `true` for one that resets the guest.
   *
   * Source: <watchdog>
   */
  watchdog?: pulumi.Input<boolean | VmWatchdogArgs | undefined>;
  /**
   * The random number generator; every VM has one.
   *
   * Source: <rng>
   */
  rng?: pulumi.Input<VmRngArgs | undefined>;
  /**
   * Lets the guest tell that its kernel has died.
   *
   * Source: <panic>
   */
  panic?: pulumi.Input<boolean | VmPanicArgs | undefined>;
  /**
   * Sockets between guest and host; `true` for an address that is free.
   *
   * Source: <vsock>
   */
  vsock?: pulumi.Input<boolean | VmVsockArgs | undefined>;
  /**
   * A reader of smart cards; `true` for that of a SPICE viewer.
   *
   * Source: <smartcard>
   */
  smartcard?: pulumi.Input<boolean | VmSmartcardArgs | undefined>;
  /**
   * Folders of the host in the guest.
   *
   * Source: <filesystem>
   */
  filesystems?: pulumi.Input<pulumi.Input<VmFilesystemArgs>[] | undefined>;
  /**
   * Devices of the host that the guest gets for itself. libvirt 9.0 knows no IOMMUFD; a host that does takes it by `raw`.
   *
   * Source: <hostdev>
   */
  hostDevices?: pulumi.Input<pulumi.Input<VmHostDeviceArgs>[] | undefined>;
  /**
   * What boots, and on which machine.
   */
  os?: pulumi.Input<VmOsArgs | undefined>;
  /**
   * Boot from the network, then from disk: short for `os.boot: ["network", "hd"]`, on LXD for the first interface's `bootOrder: 1`. The preview refuses a VM none of whose interfaces has DHCP, and warns where the DHCP is libvirt's own and names no boot file (`bootp`) or where nothing is known of it (`knownInterfaces` of the VmHost say so). The output `netbootReady` says whether it can work. Default false.
   *
   * Source: <boot dev=network>, boot.priority; R76, R82, R88
   */
  netboot?: pulumi.Input<boolean | undefined>;
  /**
   * A virtual machine, or on LXD a system container. Default `virtual-machine`.
   *
   * Source: instance type
   */
  instanceType?: pulumi.Input<"virtual-machine" | "container" | undefined>;
  /**
   * The member of an LXD cluster that the VM is on, or a group of members (`@fast`) of which LXD takes one. Another one moves the VM, with its disks; a guest that runs is off meanwhile, where the program lets it (`restart: "ifNeeded"`), or is prepared by the key `migration.stateful`. A VM that was moved by hand goes back with its next change, as soon as it can. Default: LXD chooses.
   *
   * Source: ?target=
   */
  target?: pulumi.Input<string | undefined>;
  /**
   * LXD profiles, the later ones over the earlier. Default: `default`.
   *
   * Source: profiles
   */
  profiles?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * LXD configuration keys for what has no field yet, such as `security.secureboot`. Keys that others have set stay.
   *
   * Source: config
   */
  config?: pulumi.Input<Record<string, pulumi.Input<string | number | boolean>> | undefined>;
  /**
   * LXD devices of types that have no field, such as `{ web: { type: "proxy", listen: "tcp:0.0.0.0:80", connect: "tcp:127.0.0.1:80" } }`.
   *
   * Source: devices
   */
  devices?: pulumi.Input<Record<string, Record<string, pulumi.Input<string | number | boolean>>> | undefined>;
  /**
   * Disks of the VM.
   *
   * Source: <disk>
   */
  disks?: pulumi.Input<pulumi.Input<VmDiskArgs>[] | undefined>;
  /**
   * Network interfaces of the VM, in order.
   *
   * Source: <interface>; R9
   */
  interfaces?: pulumi.Input<pulumi.Input<VmInterfaceArgs>[] | undefined>;
  /**
   * First-boot configuration by cloud-init. The seed is made in process, lives as a volume beside the VM's disks and leaves with it; a change is in the drive at once, and is read at the next boot.
   *
   * Source: NoCloud seed on a cdrom
   */
  cloudInit?: pulumi.Input<VmCloudInitArgs | undefined>;
  /**
   * The channel for qemu-guest-agent. Default true; the agent itself must be in the guest.
   *
   * Source: <channel>; R145
   */
  guestAgent?: pulumi.Input<boolean | undefined>;
  /**
   * A serial console (pty). Default true.
   *
   * Source: <serial>, <console>
   */
  console?: pulumi.Input<boolean | undefined>;
  /**
   * Domain XML for what has no field yet, merged element by element into the definition: the children of `<domain>`, such as `<devices>…</devices>`.
   *
   * Source: R128
   */
  raw?: pulumi.Input<string | pulumi.Input<string>[] | undefined>;
  /**
   * Start with the host. Default false.
   *
   * Source: virDomainSetAutostart; R113
   */
  autostart?: pulumi.Input<boolean | undefined>;
  /**
   * `true`: kept running; `false`: kept stopped; `"paused"`; `"saved"`: stopped with its memory on disk, to go on where it was. Without it the VM is started once, when it is made, and its power is left alone afterwards.
   *
   * Source: R116
   */
  running?: pulumi.Input<boolean | "paused" | "saved" | undefined>;
  /**
   * What creation waits for. Default: nothing.
   */
  waitFor?: pulumi.Input<VmWaitForArgs | undefined>;
  /**
   * Files in the guest: written when the VM is made (after it was started, and has answered), and each again when it changes in the program. One that leaves the program is deleted, unless it was there before. What is done to them in the guest is not looked at. A virtual machine needs lxd-agent, and is waited for as long as `waitFor.timeout`; a container takes them also while it is off.
   *
   * Source: /1.0/instances/{name}/files
   */
  files?: pulumi.Input<pulumi.Input<VmFileArgs>[] | undefined>;
  /**
   * Commands that are run in the guest, in this order, after `files` are written. A virtual machine needs lxd-agent, and is waited for as long as `waitFor.timeout`.
   *
   * Source: /1.0/instances/{name}/exec
   */
  exec?: pulumi.Input<pulumi.Input<VmExecArgs>[] | undefined>;
  /**
   * How long a graceful shutdown may take. Default: the host's (300s).
   *
   * Source: R156
   */
  shutdownTimeout?: pulumi.Input<string | number | undefined>;
  /**
   * Switch the VM off hard when the graceful shutdown times out. Default: the host's (false: an error, the VM runs on).
   *
   * Source: FORCE_DESTROY; R157, R158
   */
  forceDestroy?: pulumi.Input<boolean | undefined>;
  /**
   * Switch a VM without ACPI off hard at once. Default: the host's (false).
   *
   * Source: CANCEL_NO_ACPI; R159
   */
  cancelNoAcpi?: pulumi.Input<boolean | undefined>;
  /**
   * Shut the guest down before the VM is deleted, for disks that stay behind; `shutdownTimeout` and `forceDestroy` count. Default false: it is switched off.
   */
  shutdownOnDestroy?: pulumi.Input<boolean | undefined>;
  /**
   * Of a VM that is to stay off (`running: false`): when it is made, start it paused and switch it off again, to see that it can start; where it cannot, nothing of it stays. Default true.
   *
   * Source: VIR_DOMAIN_START_PAUSED; R112
   */
  validateStart?: pulumi.Input<boolean | undefined>;
  /**
   * What to do with changes that need a restart: name them in `restartRequired` (`never`), or restart the VM now (`ifNeeded`).
   */
  restart?: pulumi.Input<"never" | "ifNeeded" | undefined>;
  /**
   * Let the VM move when `host` changes to another libvirt host: a running guest goes on while it moves, one that is off stays off; identity, MAC addresses and disks go along. `true`, or how. On LXD: when `host` changes to another project of the same server, with its snapshots and disks, while the VM is off (one that runs is shut down and started again where `restart` lets it). Default: a change of `host` makes the VM anew, which is refused where that would destroy its disks.
   *
   * Source: virDomainMigrate3; R160
   */
  migrate?: pulumi.Input<boolean | VmMigrateArgs | undefined>;
  /**
   * Any text. When it changes, a guest that runs is shut down and started again, with all that waited for its next start.
   */
  restartTrigger?: pulumi.Input<string | undefined>;
  /**
   * Allow changes that destroy disks of this VM. Default false: refused in preview.
   */
  allowDataLoss?: pulumi.Input<boolean | undefined>;
  /**
   * Default: the host's.
   *
   * Source: <metadata>; R35
   */
  zone?: pulumi.Input<string | undefined>;
  /**
   * Default: the host's.
   *
   * Source: <metadata>; R7
   */
  resourcePool?: pulumi.Input<string | undefined>;
  /**
   * Default: the host's.
   *
   * Source: <metadata>; R35
   */
  tags?: pulumi.Input<pulumi.Input<string>[] | undefined>;
}

export interface SnapshotArgs {
  /**
   * The host of the VM or volume. Default: the Vm's or StorageVolume's own; needed where `vm` is a name or a UUID, or `volume` a text.
   */
  host?: VmHostRef | pulumi.Input<HostConnection | string | undefined>;
  /**
   * The VM: a Vm, or the name or UUID of one. Either this or `volume`.
   *
   * Source: R167
   */
  vm?: VmRef | pulumi.Input<string | undefined>;
  /**
   * In place of a VM, a volume alone: a StorageVolume, or `pool/name`. A return to it needs every VM that has the volume to be off.
   *
   * Source: custom volume snapshot
   */
  volume?: StorageVolumeRef | pulumi.Input<string | undefined>;
  /**
   * The snapshot's name within the VM. Default: the logical name and a short suffix that is stable for this resource of this stack.
   *
   * Source: <domainsnapshot><name>
   */
  name?: pulumi.Input<string | undefined>;
  /**
   * Free text kept with the object on the host.
   *
   * Source: <domainsnapshot><description>
   */
  description?: pulumi.Input<string | undefined>;
  /**
   * Keep the running guest's memory too, so that a return resumes it where it was. The disks must be qcow2 and the firmware BIOS. Default false: disks alone.
   *
   * Source: <memory snapshot='internal'>
   */
  memory?: pulumi.Input<boolean | undefined>;
  /**
   * Have the guest agent freeze the file systems of a running guest while its disks are cut. `true`: an error where the agent does not answer; `ifPossible` (default): without it then, and the output `consistency` says so. Looked at when the snapshot is taken, never later.
   *
   * Source: VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE; R146
   */
  quiesce?: pulumi.Input<boolean | "ifPossible" | undefined>;
  /**
   * When LXD takes the snapshot away by itself, as in `2030-01-31T00:00:00Z`. A program that still has it then makes a new one. Default: never.
   *
   * Source: expires_at
   */
  expiresAt?: pulumi.Input<string | undefined>;
  /**
   * Any text. Giving it, or changing it, on a snapshot that is there brings the VM back to it, and what its disks have taken in since is lost; the preview shows it as a change of `revert`. The VM's configuration is not touched, and it runs afterwards if it ran before. When the snapshot is taken, and when the text is taken away, nothing happens.
   *
   * Source: virDomainRevertToSnapshot
   */
  revert?: pulumi.Input<string | undefined>;
}
