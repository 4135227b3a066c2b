import { limitOf } from "../capacity/arithmetic";
import { measureOf } from "../capacity/books";
import type { HostDriver, HostFacts } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import { defaultsOf, objectOf } from "../schema/table/gate";
import { limitFields } from "../schema/hostLimits";
import { hasUnknown } from "../schema/table/unknown";
import { vmHostFields, vmHostRules, type VmHostSpec } from "../schema/vmHost";
import { NONE } from "./engine/foresee";
import { HalfDone, hostLabel } from "./engine/explain";
import type { Context, Handler, Made } from "./kind/handler";
import { answered } from "./host/asked";
import { connectionOf, establishTrust, howToTrust, trustOuts } from "./host/hostTrust";
import { inputsOf, STATE_VERSION, type Plain } from "./engine/state";
import { warn } from "../driver/warn";

/** What a host is measured by. */
const LIMITS = ["cpuOvercommitRatio", "memoryOvercommitRatio", ...Object.keys(limitFields)];

/** Outputs about the host itself, and about how it has come to trust us. */
const FACTS = [
  ...["hostId", "hostname", "architectures", "version", "hypervisorVersion", "cpuModel", "cpuMhz"],
  ...["kvmAvailable", "domainTypes", "total", "overcommitted"],
];
const TRUST = [
  ...["clientCertificate", "clientCertificateFingerprint", "clientKey"],
  ...["certificateExpiry", "pinnedFingerprint"],
];

/** A host is never changed by us: its resource verifies who it is, and keeps how it is reached and measured. */
export const vmHost: Handler<VmHostSpec> = {
  kind: "VmHost",
  fields: vmHostFields,
  type: objectOf(vmHostFields, vmHostRules),

  // Other limits change nothing on the host and no VM; a host that is over them already is only told of (R31).
  async admit(news, olds, context) {
    const host = news as VmHostSpec;
    if (olds["address"] === undefined || hasUnknown(news) || LIMITS.every((key) => news[key] === olds[key]))
      return [];
    const connection = connectionOf(host, olds);
    const over = await answered({ host: connection }, context, () =>
      context.ledger(connection).overload(host),
    );
    if (over !== undefined)
      warn(
        `${hostLabel(connection)} has more than these limits allow: ${over}; its VMs are left as they are, and no other fits`,
      );
    return [];
  },

  notice(olds, context) {
    const total = olds["total"] as HostFacts["total"] | undefined;
    const spec = { ...defaultsOf(vmHostFields), ...inputsOf(vmHostFields, olds) } as VmHostSpec;
    if (total !== undefined) context.ledger(connectionOf(spec, olds)).remember({ total });
  },

  // Who it is and what it has: a host that was made to trust us is reached with what only the outputs hold.
  async foresee(_changes, news, olds, context) {
    const spec = news as VmHostSpec;
    const { generateCertificate, trustToken, trustPassword, createProject } = spec;
    if (olds["address"] === undefined || hasUnknown(news)) return {};
    if (generateCertificate || createProject || (trustToken ?? trustPassword) !== undefined) return {};
    const connection = connectionOf(spec);
    const facts = await context.observe(connection, () => context.ledger(connection).about());
    const told = { ...outsOf(spec, facts), ...trustOuts(spec, connection) };
    return Object.fromEntries([...FACTS, ...TRUST].map((name) => [name, told[name] ?? NONE]));
  },

  never: ({ certificate, generateCertificate }) =>
    certificate === undefined && generateCertificate !== true ? TRUST : [],

  async create(spec, context): Promise<Made> {
    const { facts, outs } = await trustAndVerify(spec, {}, context);
    return { id: facts.hostId, outs };
  },

  async read(id, outs, context) {
    const spec = { ...defaultsOf(vmHostFields), ...inputsOf(vmHostFields, outs) } as VmHostSpec;
    try {
      const connection = connectionOf(spec, outs);
      const facts = await context.observe(connection, verify);
      if (outs["hostId"] !== undefined) requireSameMachine(id, facts, spec);
      const now = { ...outsOf(spec, facts), ...trustOuts(spec, connection) };
      return { id: facts.hostId, outs: now, inputs: inputsOf(vmHostFields, outs) };
    } catch (error) {
      // Made, and waiting to be trusted: nothing of it has changed.
      if (outs["trusted"] === false && hasCode(error, "authentication-failed"))
        return { id, outs, inputs: inputsOf(vmHostFields, outs) };
      if (spec.allowUnreachable && hasCode(error, "unreachable", "timeout")) return { id, outs };
      throw error;
    }
  },

  async update(id, spec, olds, context): Promise<Made> {
    const { facts, outs } = await trustAndVerify(spec, olds, context);
    requireSameMachine(id, facts, spec);
    return { id, outs };
  },

  // Removing a host from the program only forgets it (R34): its VMs are resources of their own, or not ours.
  async delete() {},
};

/** The driver's facts include that VMs may be listed, the acceptance test of a connection (R17). */
function verify(driver: HostDriver): Promise<HostFacts> {
  return driver.facts();
}

/** Has the host trust us, and looks who it is; until it does, the pair waits in state. */
async function trustAndVerify(
  spec: VmHostSpec,
  olds: Plain,
  context: Context,
): Promise<{ readonly facts: HostFacts; readonly outs: Plain }> {
  const trust = await establishTrust(spec, olds, context);
  const connection = trust?.connection ?? connectionOf(spec, olds);
  if (trust?.trusted === false && spec.generateCertificate) {
    const outs = { ...withoutOffers(spec), ...trust.outs, hostId: trust.fingerprint, trusted: false };
    const reason = `${hostLabel(connection)}: ${howToTrust(connection.certificate ?? "")}`;
    throw new HalfDone(trust.fingerprint, { ...outs, stateVersion: STATE_VERSION }, [reason]);
  }
  const facts = await context.observe(connection, verify);
  if (trust === undefined && spec.project !== undefined)
    await context.observe(connection, async (driver) => driver.trust?.ensureProject(false));
  return { facts, outs: { ...outsOf(spec, facts), ...trustOuts(spec, connection) } };
}

/** What buys trust is good once, and never kept in state. */
function withoutOffers({ trustToken: _token, trustPassword: _password, ...spec }: VmHostSpec): Plain {
  return spec;
}

function requireSameMachine(id: string, facts: HostFacts, spec: VmHostSpec): void {
  if (facts.hostId === id) return;
  throw new DriverError(
    `the address now leads to another machine (${facts.hostname}, ${facts.hostId}) than the one in state (${id})`,
    {
      code: "foreign-object",
      operation: "verify the host",
      host: spec.address,
      remedy:
        "Put the old address back; or, if the machine was rebuilt, remove this VmHost and what lives on it from state (`pulumi state delete`) and run again.",
    },
  );
}

/** Only what stays the same while VMs come and go is kept: usage belongs to the functions and the live outputs. */
function outsOf(spec: VmHostSpec, facts: HostFacts): Plain {
  const { total } = facts;
  const { cores, memoryMiB } = measureOf({ total }, spec);
  return {
    ...withoutOffers(spec),
    hostId: facts.hostId,
    hostname: facts.hostname,
    architectures: facts.architectures,
    version: facts.version,
    hypervisorVersion: facts.hypervisorVersion,
    cpuModel: facts.cpuModel,
    cpuMhz: facts.cpuMhz,
    kvmAvailable: facts.kvmAvailable,
    domainTypes: facts.domainTypes,
    total,
    overcommitted: {
      cores: limitOf(cores),
      memoryMiB: limitOf(memoryMiB),
    },
    stateVersion: STATE_VERSION,
  };
}
