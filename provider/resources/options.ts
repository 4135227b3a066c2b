import type * as pulumi from "@pulumi/pulumi";
import type { Beside } from "../schema/table/beside";
import type { Kind } from "../schema/table/kinds";

type Options = pulumi.CustomResourceOptions;

/** Options that the engine can keep, without those that would do harm. */
export function soundOptions(opts: Options): Options {
  if (opts.deleteBeforeReplace !== false) return opts;
  // Names are stable: a successor that is made first is the same object, and goes with its predecessor.
  const { deleteBeforeReplace: _later, ...others } = opts;
  return others;
}

/** What the provider must be told of them. */
export function besideOf(
  kind: Kind,
  { replaceOnChanges = [], ignoreChanges = [] }: Options,
  foresight: string | undefined,
): Beside {
  return {
    ...(foresight === undefined ? {} : { foresight }),
    ...(replaceOnChanges.length === 0 || kind === "VmHost" ? {} : { replaceOnChanges }),
    ...(ignoreChanges.length === 0 ? {} : { ignoreChanges }),
  };
}

/** What of them does not do here what it says, each in a sentence. */
export function warningsOf(kind: Kind, name: string, opts: Options): readonly string[] {
  const said = `${kind} "${name}": the option`;
  return [
    ...(opts.deleteBeforeReplace === false
      ? [
          `${said} \`deleteBeforeReplace: false\` is left out: the name on the host stays the same, so a successor can only be made when the predecessor is gone`,
        ]
      : []),
    ...(opts.customTimeouts === undefined
      ? []
      : [
          `${said} \`customTimeouts\` has no effect, dynamic providers are not told of it; what can be limited is an argument: ${TIMEOUTS[kind] ?? "`connectTimeout` of the VmHost"}`,
        ]),
    ...(kind === "VmHost" && (opts.replaceOnChanges ?? []).length > 0
      ? [`${said} \`replaceOnChanges\` has no effect: there is nothing of a host that could be made anew`]
      : []),
  ];
}

const TIMEOUTS: Partial<Record<Kind, string>> = {
  Vm: "`waitFor.timeout`, `shutdownTimeout`, `connectTimeout` of the VmHost",
  VmHost: "`connectTimeout`",
};
