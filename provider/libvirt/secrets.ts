import type { Observed, SecretDriver } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import type { LibvirtSecretSpec } from "../schema/libvirtSecret";
import { logicalName } from "../schema/table/owner";
import { doing, missing, orAbsent, uuidOfOwner } from "./common";
import {
  VIR_SECRET_USAGE_TYPE_CEPH,
  VIR_SECRET_USAGE_TYPE_ISCSI,
  VIR_SECRET_USAGE_TYPE_TLS,
  VIR_SECRET_USAGE_TYPE_VOLUME,
  VIR_SECRET_USAGE_TYPE_VTPM,
} from "./rpc/constants.gen";
import type { RemoteNonnullSecret as Secret } from "./rpc/procedures.gen";
import type { LibvirtSession } from "./session";
import { readSecret, secretXml } from "./xml/secret";
import { formatXml, readXml } from "./xml/tree";

const TYPES: Readonly<Record<string, number>> = {
  volume: VIR_SECRET_USAGE_TYPE_VOLUME,
  ceph: VIR_SECRET_USAGE_TYPE_CEPH,
  iscsi: VIR_SECRET_USAGE_TYPE_ISCSI,
  tls: VIR_SECRET_USAGE_TYPE_TLS,
  vtpm: VIR_SECRET_USAGE_TYPE_VTPM,
};

/** A secret has no place for an owner's mark; its UUID is made of the owner. Its value is sent and never asked for. */
export function createSecretDriver(session: LibvirtSession): SecretDriver {
  const observe = async (secret: Secret): Promise<Observed<LibvirtSecretSpec>> => {
    const { xml } = await session.call("secret_get_xml_desc", { secret, flags: 0 });
    return { id: secret.uuid, name: secret.uuid, spec: readSecret(readXml(xml)) };
  };

  const define = async (spec: LibvirtSecretSpec, uuid: string): Promise<Secret> => {
    const { secret } = await session.call("secret_define_xml", {
      xml: formatXml(secretXml(spec, uuid)),
      flags: 0,
    });
    if (spec.secretValue !== undefined) {
      const value = Buffer.from(spec.secretValue, spec.encoding);
      await session.call("secret_set_value", { secret, value, flags: 0 });
    }
    return secret;
  };

  const byUsage = async ({ usage }: LibvirtSecretSpec): Promise<Secret | undefined> =>
    usage &&
    (
      await orAbsent(
        session.call("secret_lookup_by_usage", { usageType: TYPES[usage.type] ?? 0, usageID: usage.id }),
      )
    )?.secret;

  const lookup = async (uuid: string): Promise<Secret | undefined> =>
    (await orAbsent(session.call("secret_lookup_by_uuid", { uuid })))?.secret;

  return {
    async find(id) {
      const found = await lookup(id);
      return found && observe(found);
    },

    async findUsage(spec) {
      const found = await byUsage(spec);
      return found && observe(found);
    },

    isOf: (id, owner) => id === uuidOfOwner("secret", owner),

    create: (spec, { owner }) =>
      doing("create", labelOf(spec), async () => {
        const uuid = uuidOfOwner("secret", owner);
        const other = await byUsage(spec);
        if (other !== undefined && other.uuid !== uuid)
          throw new DriverError(`a secret for this usage exists already (${other.uuid})`, {
            code: "already-exists",
            remedy: "Give it another usage, or set `adopt: true` to take that one over.",
          });
        const existed = await lookup(uuid);
        const secret = await define(spec, uuid).catch(async (error: unknown) => {
          // A secret without its value would be found by those who ask for it.
          if (existed === undefined && !hasCode(error, "connection-lost")) {
            const half = await lookup(uuid).catch(() => undefined);
            if (half !== undefined)
              await session.call("secret_undefine", { secret: half }).catch(() => undefined);
          }
          throw error;
        });
        return observe(secret);
      }),

    change: (id, spec) =>
      doing("change", labelOf(spec), async () => {
        const found = await lookup(id);
        if (found === undefined) throw missing("secret", id, "change");
        return observe(await define(spec, found.uuid));
      }),

    async remove(id) {
      const found = await lookup(id);
      if (found === undefined) return;
      await doing("remove", `secret "${id}"`, () =>
        orAbsent(session.call("secret_undefine", { secret: found })),
      );
    },
  };
}

function labelOf({ usage, owner }: LibvirtSecretSpec): string {
  return usage === undefined ? `secret "${logicalName(owner)}"` : `secret for ${usage.type} "${usage.id}"`;
}
