import { isDriverError } from "../../driver/errors";
import { hostFields } from "../../schema/address/connection";
import { announce } from "./announce";
import { ignoring, takeBeside } from "./beside";
import { asEnginePrints, changesOf, check, failuresOf, guarded, type CheckResult } from "./check";
import { readCredentials, type Credentials } from "../host/credentials";
import { carrying, detailsOf } from "./details";
import { explain, HalfDone, hostLabel } from "./explain";
import { tellForeseen } from "./foresee";
import type { Context, Handler, Made } from "../kind/handler";
import { acting, ledgerOf, observing } from "../host/hosts";
import { withFullHost, withLeanHost } from "./leanHost";
import { nameComplaints } from "./programNames";
import { Quiet } from "./quiet";
import { redacted, secretsIn } from "./redact";
import { existingComplaints } from "../kind/existing";
import { hostIn } from "../kind/inputs";
import { fromEngine, isPlain, toState, withEngineKey, type Plain } from "./state";

/** The engine's view of one resource type: what `pulumi.dynamic.ResourceProvider` describes. */
export interface EngineProvider {
  configure(request: { config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Plain, news: Plain): Promise<CheckResult>;
  diff(id: string, olds: Plain, news: Plain): Promise<DiffResult>;
  create(inputs: Plain): Promise<{ id: string; outs: Plain }>;
  read(id: string, props: Plain): Promise<{ id: string; props: Plain; inputs?: Plain }>;
  update(id: string, olds: Plain, news: Plain): Promise<{ outs: Plain }>;
  delete(id: string, props: Plain): Promise<void>;
}

export interface DiffResult {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** Puts a handler behind the engine's seven verbs: keys stripped, state kept plain, failures put into words. */
export function providerFor<S>(handler: Handler<S>): EngineProvider {
  // The SDK hands a provider out before its configure call has ended; every verb waits for this promise instead.
  let credentials: Promise<Credentials> = Promise.resolve({});

  const context = async (): Promise<Context> => {
    const config = await credentials;
    return {
      observe: (host, step) => observing(host, config, step),
      act: (host, step) => acting(host, config, step),
      ledger: (host) => ledgerOf(host, config),
    };
  };

  /** The one door to people: whatever has failed, no secret of the resource, or of the stack, is in what is said of it. */
  const inWords = async <T>(
    [given, ...others]: readonly [Plain, ...Plain[]],
    step: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      const secrets = [given, ...others].flatMap((values) => secretsIn(handler.fields, fromEngine(values)));
      secrets.push(...secretsIn(hostFields, { ...(await credentials) }));
      const told = (text: string): string => redacted(text, secrets);
      // What such an error carries becomes the object's state as it is: plain, and with the engine's own key in it.
      if (error instanceof HalfDone)
        throw new HalfDone(error.id, withEngineKey(kept(error.properties), given), error.reasons.map(told));
      if (error instanceof Quiet) throw error;
      if (isDriverError(error)) throw new Quiet(told(explain(error)));
      throw process.env["VMHOST_DEBUG"] === undefined ? new Quiet(told(explain(error))) : error;
    }
  };

  return {
    configure: async ({ config }) => {
      credentials = Promise.resolve(readCredentials(config));
    },
    check: (olds, news) =>
      inWords([news, olds], async () => {
        const before = found(olds);
        const { given, beside } = takeBeside(fromEngine(news));
        const one = handler as unknown as Handler<never>;
        const result = check(one, before, given);
        if (result.failures.length > 0) return asEnginePrints(result);
        const twice = nameComplaints(result.inputs);
        if (twice.length > 0)
          return asEnginePrints({ ...result, failures: failuresOf(handler.fields, twice, result.inputs) });
        const placed = await handler.place?.(result.inputs, before, await context());
        const inputs = ignoring(
          beside,
          placed === undefined ? result.inputs : toState(placed.inputs),
          before,
        );
        const complaints =
          placed === undefined ? [] : [...placed.complaints, ...guarded(one, before, inputs)];
        if (complaints.length === 0 && handler.admit !== undefined)
          complaints.push(...(await handler.admit(inputs, before, await context())));
        if (complaints.length === 0)
          complaints.push(...(await existingComplaints(handler.existing, inputs, before, await context())));
        if (complaints.length === 0) await tellForeseen(one, beside, inputs, before, await context());
        return asEnginePrints({
          inputs: kept(inputs),
          failures: failuresOf(handler.fields, complaints, inputs),
        });
      }),
    diff: async (_id, olds, news) => {
      const one = handler as unknown as Handler<never>;
      const [before, after] = [found(olds), found(news)];
      handler.notice?.(before, await context());
      return diff(one, before, after);
    },
    create: (inputs) =>
      inWords([inputs], async () => {
        const { id, outs } = await handler.create(found(inputs) as S, await context());
        return { id, outs: kept(outs) };
      }),
    read: (id, props) =>
      inWords([props], async () => {
        const seen = await handler.read(id, found(props), await context());
        if (seen === undefined) return gone(id, fromEngine(props));
        const inputs = seen.inputs === undefined ? undefined : kept(seen.inputs);
        return { id: seen.id, props: kept(seen.outs), ...(inputs === undefined ? {} : { inputs }) };
      }),
    update: (id, olds, news) =>
      inWords([news, olds], async () => {
        const made: Made = await handler.update(id, found(news) as S, found(olds), await context());
        return { outs: kept(made.outs) };
      }),
    delete: (id, props) => inWords([props], async () => handler.delete(id, found(props), await context())),
  };
}

/** As we work with it, and as the engine keeps it. */
const found = (props: Plain): Plain => withFullHost(fromEngine(props));
const kept = (state: Plain): Plain => withLeanHost(toState(state));

function diff(handler: Handler<never>, olds: Plain, news: Plain): DiffResult {
  const changes = changesOf(handler, olds, news);
  announce(handler.says?.(changes, news, olds));
  const replaces = [
    ...new Set(changes.filter(({ fate }) => fate === "replace").map(({ path }) => String(path[0]))),
  ];
  // Names are stable, so the successor can only be made when the predecessor is gone; this also holds for --replace.
  const details = detailsOf(handler.fields, changes, olds, news);
  return {
    changes: changes.length > 0,
    replaces,
    deleteBeforeReplace: carrying(details),
  };
}

/** A blank id tells the engine "deleted"; a lookup by `get` of something that is not there is an error. */
function gone(id: string, props: Plain): { id: string; props: Plain } {
  if (!("owner" in props) && !("hostId" in props))
    throw new Quiet(`nothing with the id or name "${id}" exists on ${whereOf(props)}`);
  return { id: "", props: {} };
}

function whereOf({ host }: Plain): string {
  return typeof host === "string" ? host : isPlain(host) ? hostLabel(hostIn({ host })) : "the host";
}
