import { DriverError, isDriverError } from "../../driver/errors";
import { REMOTE_AUTH_NONE, REMOTE_AUTH_POLKIT, VIR_CONNECT_RO } from "./constants.gen";
import type { BareCall } from "./calls";

/** Of virDrvFeature (src/libvirt_internal.h): what either end of the protocol can do. */
const VIR_DRV_FEATURE_PROGRAM_KEEPALIVE = 10;

export interface HandshakeOptions {
  /** What the daemon opens: driver and path only, `qemu:///system`. */
  readonly uri: string;
  readonly readOnly?: boolean;
}

export interface HandshakeResult {
  /** The daemon takes part in the keepalive program. */
  readonly keepalive: boolean;
}

/** AUTH_LIST, authentication, feature, CONNECT_OPEN: the order of libvirt's own client, the last two in one round trip. */
export async function handshake(call: BareCall, options: HandshakeOptions): Promise<HandshakeResult> {
  await authenticate(call);
  const flags = options.readOnly ? VIR_CONNECT_RO : 0;
  const [feature] = await Promise.all([
    call("connect_supports_feature", { feature: VIR_DRV_FEATURE_PROGRAM_KEEPALIVE }).catch(withoutFeature),
    call("connect_open", { name: options.uri, flags }),
  ]);
  return { keepalive: feature.supported !== 0 };
}

async function authenticate(call: BareCall): Promise<void> {
  const { types } = await call("auth_list", undefined);
  if (types.length === 0 || types.includes(REMOTE_AUTH_NONE)) return;
  if (!types.includes(REMOTE_AUTH_POLKIT)) {
    throw new DriverError("The daemon asks for SASL authentication, which is not supported", {
      code: "authentication-failed",
      remedy:
        'Connect with qemu+ssh://, or with qemu+tls:// and a client certificate, which `auth_tls = "none"` in libvirtd.conf still asks for; on the host\'s own socket `auth_unix_rw = "polkit"` or "none" will do',
    });
  }
  try {
    await call("auth_polkit", undefined);
  } catch (error) {
    const remedy =
      "Add the user to the group libvirt on the host, or allow org.libvirt.unix.manage for it in a polkit rule";
    throw isDriverError(error) ? error.with({ remedy }) : error;
  }
}

/** A daemon that does not know the question does not know the feature; a broken connection is another matter. */
function withoutFeature(error: unknown): { supported: number } {
  if (isDriverError(error) && error.hostCode !== undefined) return { supported: 0 };
  throw error;
}
