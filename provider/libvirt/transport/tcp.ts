import { DEFAULT_PORTS, type LibvirtAddress } from "../../schema/address/address";
import { Deadline } from "./deadline";
import { socketTransport } from "./plain";
import { connectTcp } from "./socket";
import { Warnings, type Transport, type TransportOptions } from "./transport";

/** `qemu+tcp://host[:16509]/system`: libvirtd with `listen_tcp = 1` and `auth_tcp = "none"`. */
export function tcpTransport(address: LibvirtAddress, options: TransportOptions): Transport {
  const warnings = new Warnings(options.onWarning);
  const { host = "", port = DEFAULT_PORTS.tcp, label } = address;
  return socketTransport(label, warnings, () => {
    warnings.add(`${label} is neither authenticated nor encrypted: anyone on the way can read and change it`);
    return connectTcp(host, port, new Deadline(options.timeoutMs), { label, service: "libvirt over tcp" });
  });
}
