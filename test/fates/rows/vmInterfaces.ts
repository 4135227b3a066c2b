import { elementOf, nic, type Args, type Row, type RowOptions } from "../row";

type Options = RowOptions & { readonly with?: Args };
/** What a guest has to let go of, it lets go of when it has booted. */
const booted = { on: "booted" };

/** Of switches and cards that the host has not: libvirt takes and returns the definition, and would not start it. */
const beyond = (off: string, rest: Options = {}): Options => ({ on: "cards", off, ...rest });
const ovs = { bridge: "br-a", virtualPort: { type: "openvswitch" } };
const uuid = "11111111-2222-4333-8444-5555555555";

/** A field of one group of limits, beside the average that libvirt wants in each. */
function limit(way: string, field: string, a: number, b: number, has: Args = {}): Row {
  const name = `${way}-${field}`;
  const rest = field === "average" ? {} : { [way]: { average: 100 } };
  return nic(`bandwidth.${way}.${field}`, a, b, new RegExp(`<${way}[^>]*${field}='${b}'`), {
    name,
    with: { network: "fates", ...has, bandwidth: rest },
  });
}

export const rows: readonly Row[] = [
  {
    ...nic("name", "name-a", "name-b", /ua-nic-name-b/, booted),
    part: (xml) => elementOf(xml, "ua-nic-name-b"),
  },
  nic("network", "fates", "fates2", /network='fates2'/, { with: {} }),
  nic("bridge", "br-a", "br-b", /bridge='br-b'/, { with: {} }),
  nic("constraints", "name=br-a", "name=br-b", /bridge='br-b'/, { with: {} }),
  nic("portGroup", "first", "second", /portgroup='second'/, { with: { network: "fates-groups" } }),
  nic("macvlan", "dev-a", "dev-b", /dev='dev-b'/, { ...booted, with: {} }),
  nic("macvlanMode", "vepa", "private", /mode='private'/, { ...booted, with: { macvlan: "dev-c" } }),
  besides(nic("ethernet", false, true, /<interface type='ethernet'/, { ...booted, with: {} }), {
    network: "fates",
  }),
  besides(nic("user", false, true, /<interface type='user'/, { ...booted, with: {} }), { network: "fates" }),
  vhostUser("path", "/run/switch/one", "/run/switch/two", /path='\S+two'/, { mode: "client" }),
  besides(vhostUser("mode", undefined, "server", /mode='server'/, { path: "/run/switch/server" }), {
    vhostUser: { path: "/run/switch/client", mode: "client" },
  }),
  vhostUser("reconnect", 5, 7, /<reconnect enabled='yes' timeout='7'/, {
    path: "/run/switch/one",
    mode: "client",
  }),
  nic("mac", "52:54:00:fa:7e:01", "52:54:00:fa:7e:02", /52:54:00:fa:7e:02/, booted),
  nic("model", "virtio", "e1000e", /type='e1000e'/, booted),
  nic("targetDev", "tap-a", "tap-b", /dev='tap-b'/, booted),
  nic("bootOrder", 4, 3, /<boot order='3'/),
  nic("queues", 2, 3, /queues='3'/),
  nic("iommu", false, true, /iommu='on'/),
  nic("ats", false, true, /ats='on'/),
  nic("packed", false, true, /packed='on'/),
  nic("driver", "vhost", "qemu", /<driver name='qemu'/),
  nic("rxQueueSize", 256, 512, /rx_queue_size='512'/),
  nic("mtu", 1400, 1300, /<mtu size='1300'/),
  nic("filter", "clean-traffic", "no-mac-spoofing", /filter='no-mac-spoofing'/),
  nic("filterParameters", { IP: "10.0.0.5" }, { IP: "10.0.0.6" }, /name='IP' value='10.0.0.6'/, {
    with: { network: "fates", filter: "clean-traffic" },
  }),
  limit("inbound", "average", 1000, 2000),
  limit("inbound", "peak", 3000, 4000),
  limit("inbound", "burst", 5000, 6000),
  limit("inbound", "floor", 10, 20, { network: "fates-limited" }),
  limit("outbound", "average", 1000, 2000),
  limit("outbound", "peak", 3000, 4000),
  limit("outbound", "burst", 5000, 6000),
  nic("link", "up", "down", /<link state='down'/),
  nic("script", "/bin/true", "/usr/bin/true", /path='\/usr\/bin\/true'/, { with: { ethernet: true } }),
  nic("isolated", false, true, /<port isolated='yes'/),
  nic("trustGuestRxFilters", false, true, /trustGuestRxFilters='yes'/, { with: { macvlan: "dev-d" } }),
  nic("sriov", "0000:06:10.1", "0000:06:10.2", /function='0x2'/, beyond("SR-IOV card", { with: {} })),
  nic("vlan.tags", [42], [43], /<tag id='43'/, beyond("Open vSwitch", { with: ovs })),
  nic("vlan.trunk", undefined, true, /<vlan trunk='yes'/, beyond("Open vSwitch", { with: vlan(ovs) })),
  {
    ...nic("virtualPort.type", "", "", /<virtualport type='openvswitch'/, beyond("Open vSwitch")),
    a: port("virtualPort-type", { type: "802.1Qbh", profileId: "one" }),
    b: port("virtualPort-type", { type: "openvswitch", profileId: "one" }),
  },
  nic("virtualPort.interfaceId", `${uuid}01`, `${uuid}02`, new RegExp(`interfaceid='${uuid}02'`), {
    ...beyond("Open vSwitch", { with: ovs }),
  }),
  nic("virtualPort.profileId", "one", "two", /profileid='two'/, beyond("Open vSwitch", { with: ovs })),
  vsi("managerId", 11, 12, /managerid='12'/),
  vsi("typeId", 1193046, 1193047, /typeid='1193047'/),
  vsi("typeIdVersion", 1, 2, /typeidversion='2'/),
  vsi("instanceId", `${uuid}03`, `${uuid}04`, new RegExp(`instanceid='${uuid}04'`)),
];

/** Of a guest whose memory the switch sees. QEMU waits for a real switch: it dies of one that only shakes hands. */
function vhostUser(field: string, a: unknown, b: unknown, shows: RegExp, has: Args): Row {
  return nic(`vhostUser.${field}`, a, b, shows, {
    ...beyond("switch in user space", { on: "shared", with: { vhostUser: has } }),
    needs: { memoryBacking: { source: "memfd", access: "shared" } },
  });
}

function port(name: string, virtualPort: Args): Args {
  return { interfaces: [{ name, bridge: "br-a", virtualPort }] };
}

/** A parameter of an 802.1Qbg port, which wants three of them. */
function vsi(field: string, a: unknown, b: unknown, shows: RegExp): Row {
  const usual: Args = {
    type: "802.1Qbg",
    managerId: 11,
    typeId: 1193047,
    typeIdVersion: 1,
    instanceId: `${uuid}03`,
  };
  const { [field]: _changed, ...rest } = usual;
  return nic(`virtualPort.${field}`, a, b, shows, {
    ...beyond("802.1Qbg switch", { with: { macvlan: "dev-a", virtualPort: rest } }),
  });
}

function vlan(of: Args): Args {
  return { ...of, vlan: { tags: [42] } };
}

/** What the old value stands beside and the new one cannot. */
function besides(given: Row, more: Args): Row {
  const [item] = given.a["interfaces"] as readonly Args[];
  return { ...given, a: { ...given.a, interfaces: [{ ...item, ...more }] } };
}
