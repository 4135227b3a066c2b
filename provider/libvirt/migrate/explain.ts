import type { DriverError } from "../../driver/errors";
import { VIR_ERR_MIGRATE_UNSAFE } from "../rpc/constants.gen";

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /unable to resolve|Name or service not known|unable to connect to|Connection refused|No route to host|timed out|hostname/i,
    "The hosts' QEMU must reach each other (TCP 49152–49215). Which address the new host is reached at is its VmHost's `migrationAddress`.",
  ],
  [
    /CPU|guest ABI|cpu model/i,
    "The new host's processor or QEMU cannot go on with this guest: give it a CPU that both have (`cpuMode`), or stop it first.",
  ],
  [
    /Network not found|no network with matching name|Cannot get interface MTU|network '.*' is not active/i,
    "The interfaces need networks or bridges of these names on the new host; `interfaces` may name others in the same change.",
  ],
  [/TLS|certificate/i, "TLS between hosts needs libvirt's certificates on both; or leave `migrate.tls` out."],
  [
    /Permission denied|Cannot access storage file/i,
    "QEMU's user on the new host must be able to read the images.",
  ],
];

/** What to do about a VM that could not be moved; it runs on where it was. */
export function explainMove(error: DriverError): DriverError {
  if (error.hostCode === VIR_ERR_MIGRATE_UNSAFE) {
    return error.with({
      remedy:
        "Set the disks' `cache` to \"none\", or `migrate: { unsafe: true }` if the storage keeps both hosts' caches apart. The VM runs on where it was.",
    });
  }
  const found = REMEDIES.find(([text]) => text.test(error.message))?.[1];
  return error.with({ remedy: `${found === undefined ? "" : `${found} `}The VM is still where it was.` });
}
