import { isDriverError, type DriverError } from "../../driver/errors";
import {
  VIR_MIGRATE_ABORT_ON_ERROR,
  VIR_MIGRATE_AUTO_CONVERGE,
  VIR_MIGRATE_CHANGE_PROTECTION,
  VIR_MIGRATE_PAUSED,
} from "../rpc/constants.gen";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import { param, type TypedParam } from "../rpc/wire/typedParams";
import type { LibvirtSession } from "../session";

/** Memory and disks travel while the call is out; a large guest takes its time. */
const TRAVEL_MS = 24 * 3_600_000;
const STEP_MS = 300_000;
const NOTHING = Buffer.alloc(0);

export interface Handover {
  readonly dom: Dom;
  readonly name: string;
  readonly paused: boolean;
  readonly flags: number;
  readonly params: readonly TypedParam[];
}

/**
 * libvirt's migration in five steps, led by us: begin, prepare there, perform, finish there, confirm. We speak with both
 * hosts, so neither needs a way or a key to the other; only QEMU speaks to QEMU. Each session must be one connection:
 * when it ends, its host takes back what was begun. Until `finish` the guest is the source's, and runs on there if
 * anything fails.
 */
export async function handOver(from: LibvirtSession, to: LibvirtSession, given: Handover): Promise<void> {
  const { dom, name } = given;
  const flags = given.flags | (given.paused ? VIR_MIGRATE_PAUSED : 0);
  const guarded = flags | VIR_MIGRATE_CHANGE_PROTECTION;
  const there = flags & ~(VIR_MIGRATE_ABORT_ON_ERROR | VIR_MIGRATE_AUTO_CONVERGE);
  const wait = { timeoutMs: STEP_MS };
  const params = new Params(given.params).set("destination_name", name);

  const confirm = (cookie: Buffer, cancelled: boolean): Promise<void> =>
    from.call(
      "domain_migrate_confirm3_params",
      { dom, params: params.all, cookie_in: cookie, flags: guarded, cancelled: cancelled ? 1 : 0 },
      wait,
    );
  const finish = (cookie: Buffer, cancelled: boolean): Promise<{ cookie_out: Buffer }> =>
    to.call(
      "domain_migrate_finish3_params",
      { params: params.all, cookie_in: cookie, flags: there, cancelled: cancelled ? 1 : 0 },
      wait,
    );

  const begun = await from.call(
    "domain_migrate_begin3_params",
    { dom, params: params.all, flags: guarded },
    wait,
  );
  params.set("destination_xml", begun.xml);
  const prepared = await to
    .call(
      "domain_migrate_prepare3_params",
      { params: params.all, cookie_in: begun.cookie_out, flags: there },
      wait,
    )
    .catch(async (error: unknown) => {
      await confirm(NOTHING, true).catch(() => undefined);
      throw error;
    });
  if (prepared.uri_out !== null) params.set("migrate_uri", prepared.uri_out);
  const performed = await from
    .call(
      "domain_migrate_perform3_params",
      { dom, dconnuri: null, params: params.all, cookie_in: prepared.cookie_out, flags: guarded },
      { timeoutMs: TRAVEL_MS },
    )
    .catch(async (error: unknown) => {
      // The source has taken its guest back by itself; what waits on the other side is to go.
      const other: unknown = await finish(NOTHING, true).catch((reason: unknown) => reason);
      throw moreTelling(error, other);
    });
  const arrived = await finish(performed.cookie_out, false).catch(async (error: unknown) => {
    await confirm(NOTHING, true).catch(() => undefined);
    throw error;
  });
  await confirm(arrived.cookie_out, false);
}

/** The source often says only that the other side has hung up; why, the other side knows. */
function moreTelling(error: unknown, other: unknown): unknown {
  if (!isDriverError(error) || !isDriverError(other)) return error;
  const vague = /unexpectedly failed|operation failed|end of file|reset by peer/i.test(error.message);
  return vague && !/migration was cancell?ed/i.test(other.message) ? joined(error, other) : error;
}

function joined(error: DriverError, other: DriverError): DriverError {
  const same = error.message === other.message;
  return same ? error : Object.assign(other, { cause: error });
}

/** Parameters of which some are set anew from step to step. */
class Params {
  all: TypedParam[];

  constructor(params: readonly TypedParam[]) {
    this.all = [...params];
  }

  set(field: string, value: string): this {
    this.all = [...this.all.filter((each) => each.field !== field), param.string(field, value)];
    return this;
  }
}
