const words = (text: string): readonly string[] => text.split(" ");

const MAC = words("srcmacaddr srcmacmask dstmacaddr dstmacmask comment");
const ADDRESSES = words("srcipaddr srcipmask dstipaddr dstipmask dscp");
const RANGES = words("srcipfrom srcipto dstipfrom dstipto state connlimit-above ipset ipsetflags");
const PORTS = words("srcportstart srcportend dstportstart dstportend");
const ARP = words(
  "hwtype protocoltype opcode arpsrcmacaddr arpdstmacaddr arpsrcipaddr arpsrcipmask arpdstipaddr arpdstipmask gratuitous",
);
const STP = words(
  "type flags root-priority root-priority-hi root-address root-address-mask root-cost root-cost-hi sender-priority sender-priority-hi sender-address sender-address-mask port port-hi age age-hi max-age max-age-hi hello-time hello-time-hi forward-delay forward-delay-hi",
);
const IP = [...MAC, ...ADDRESSES, ...RANGES];

/** What libvirt looks at in each protocol (https://libvirt.org/formatnwfilter.html). */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  mac: [...MAC, "protocolid"],
  vlan: [...MAC, "vlanid", "encap-protocol"],
  stp: [...MAC, ...STP],
  arp: [...MAC, ...ARP],
  rarp: [...MAC, ...ARP],
  ip: [...MAC, ...ADDRESSES, ...PORTS, "protocol"],
  ipv6: [...MAC, ...ADDRESSES, ...PORTS, "protocol", "type", "typeend", "code", "codeend"],
  tcp: [...IP, ...PORTS, "flags", "option"],
  udp: [...IP, ...PORTS],
  sctp: [...IP, ...PORTS],
  icmp: [...IP, "type", "code"],
  igmp: IP,
  udplite: IP,
  esp: IP,
  ah: IP,
  all: IP,
};

/** These are about IPv4, and have a sister for IPv6. */
const PAIRED = words("tcp udp sctp udplite esp ah all");

export const PROTOCOLS: readonly string[] = [
  ...Object.keys(ATTRIBUTES),
  ...PAIRED.map((name) => `${name}-ipv6`),
  "icmpv6",
];

export function attributesOf(protocol: string): readonly string[] {
  return ATTRIBUTES[protocol === "icmpv6" ? "icmp" : protocol.replace(/-ipv6$/, "")] ?? [];
}

/** Rules of the same words are the same whatever the order of their attributes. */
export function sameMatch(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1)))
      : inner,
  );
}
