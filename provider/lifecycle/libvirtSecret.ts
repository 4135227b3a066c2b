import type { HostDriver, Observed, SecretDriver } from "../driver/contract";
import { DriverError } from "../driver/errors";
import { objectOf } from "../schema/table/gate";
import { libvirtSecretFields, libvirtSecretRules, type LibvirtSecretSpec } from "../schema/libvirtSecret";
import { adoptedAs } from "../schema/table/adopted";
import type { Handler, Made } from "./kind/handler";
import { notThere } from "./kind/ensure";
import { hostIn, lookupId } from "./kind/inputs";
import { seen } from "./kind/seen";
import { STATE_VERSION, type Plain } from "./engine/state";

export const libvirtSecret: Handler<LibvirtSecretSpec> = {
  kind: "LibvirtSecret",
  fields: libvirtSecretFields,
  type: objectOf(libvirtSecretFields, [libvirtSecretRules]),

  existing: {
    noun: "secret",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), async (driver) => {
        const secrets = secretsOf(driver);
        const named = typeof news["adopt"] === "string";
        const found = await (named ? secrets.find(wanted) : secrets.findUsage(news as LibvirtSecretSpec));
        return found && { ...found, own: secrets.isOf?.(found.id, String(news["owner"])) };
      }),
  },

  async foresee(_changes, news, olds, context) {
    if (Object.keys(olds).length === 0) return {};
    const observed = await context.observe(hostIn(news), (driver) =>
      secretsOf(driver).findUsage(olds as unknown as LibvirtSecretSpec),
    );
    return observed === undefined ? {} : { uuid: observed.id };
  },

  async create(spec, context) {
    return made(spec, await context.act(spec.host, (driver) => ensure(secretsOf(driver), spec)));
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), (driver) => secretsOf(driver).find(lookupId(id)));
    return observed && seen(this, outs, observed, { uuid: observed.id });
  },

  async update(id, spec, _olds, context) {
    return made(
      spec,
      await context.act(spec.host, (driver) => secretsOf(driver).change(id, spec, { owner: spec.owner })),
    );
  },

  async delete(id, outs, context) {
    await context.act(hostIn(outs), (driver) => secretsOf(driver).remove(id));
  },
};

async function ensure(secrets: SecretDriver, spec: LibvirtSecretSpec): Promise<Observed<LibvirtSecretSpec>> {
  const owned = { owner: spec.owner };
  const wanted = adoptedAs(spec, spec.usage?.id ?? "");
  if (wanted === undefined) return secrets.create(spec, owned);
  const found = await (spec.adopt === true ? secrets.findUsage(spec) : secrets.find(wanted));
  if (found === undefined) throw notThere("secret", wanted);
  return secrets.change(found.id, spec, owned);
}

function secretsOf({ kind, secrets }: HostDriver): SecretDriver {
  if (secrets !== undefined) return secrets;
  throw new DriverError(`${kind} hosts keep no secrets`, {
    code: "unsupported",
    operation: "look for the secret",
  });
}

function made(spec: LibvirtSecretSpec, observed: Observed<LibvirtSecretSpec>): Made {
  const outs: Plain = { ...spec, uuid: observed.id, stateVersion: STATE_VERSION };
  return { id: observed.id, outs };
}
