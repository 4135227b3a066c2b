import * as pulumi from "@pulumi/pulumi";
import { BESIDE_KEY } from "../schema/table/beside";
import type { Kind } from "../schema/table/kinds";
import { isOutputText } from "../schema/table/outputText";
import { isSecretKey } from "../schema/table/secretKeys";
import { SECRET_INPUTS } from "./args.gen";
import { foresee, foresightFile } from "./foresight";
import { besideOf, soundOptions, warningsOf } from "./options";
import { SHELL_KEY, shellText, typeToken } from "./shell";

const BRAND = Symbol.for("pulumi-vmhost.resource");

type Inputs = Record<string, unknown>;

/** What all resources of this package have in common: how arguments become inputs of the shell. */
export abstract class HostObject extends pulumi.CustomResource {
  /** @internal */
  readonly [BRAND] = true;

  /** @internal What other resources put in place of this one among their inputs. */
  abstract reference(): pulumi.Output<unknown>;

  protected constructor(
    kind: Kind,
    name: string,
    args: object,
    outputs: readonly string[],
    opts: pulumi.CustomResourceOptions = {},
  ) {
    refuseImport(kind, name, opts);
    refuseOutputText(kind, name);
    const known = opts.id === undefined;
    const foresight = known ? foresightFile() : undefined;
    const beside = known ? besideOf(kind, opts, foresight) : {};
    super(
      typeToken(kind),
      name,
      {
        ...Object.fromEntries(outputs.map((output) => [output, undefined])),
        ...lower(withSecrets(args as Inputs)),
        ...(known && kind !== "VmHost" ? { owner: ownerOf(kind, name, opts) } : {}),
        ...(Object.keys(beside).length === 0 ? {} : { [BESIDE_KEY]: beside }),
        [SHELL_KEY]: shellText(kind),
      },
      soundOptions(opts),
    );
    if (foresight !== undefined) foresee(this, outputs, foresight, opts.additionalSecretOutputs);
    for (const warning of warningsOf(kind, name, opts)) void pulumi.log.warn(warning, this);
  }
}

/** Resources stand in for their names and connections, at any depth of the arguments, also of those that come later. */
export function lower(args: Inputs): Inputs {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, lowerValue(value)]));
}

function lowerValue(value: unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise)
    return pulumi.output(value).apply((inner) => lowerValue(inner));
  if (isHostObject(value)) return value.reference();
  if (Array.isArray(value)) return value.map(lowerValue);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return lower(withSecrets(value as Inputs));
  return value;
}

function isHostObject(value: unknown): value is HostObject {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** Secrets are encrypted in state even when the program forgot to say that they are secrets. */
export function withSecrets(args: Inputs): Inputs {
  const secret = (key: string): boolean =>
    (SECRET_INPUTS.includes(key) || isSecretKey(key)) && args[key] !== undefined;
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [key, secret(key) ? pulumi.secret(value) : value]),
  );
}

/** `project/stack/Kind/name`, with the types of components in front, as in the URN. */
function ownerOf(kind: Kind, name: string, { parent }: pulumi.CustomResourceOptions): string {
  const type = (parent as { __pulumiType?: string } | undefined)?.__pulumiType;
  const inside = type === undefined || type === "pulumi:pulumi:Stack" ? "" : `${type.replaceAll("/", "_")}$`;
  return [pulumi.getProject(), pulumi.getStack(), inside + kind, name].join("/");
}

/** The engine cannot import dynamic resources; said here instead of in its words ("code must be a string"). */
function refuseImport(kind: Kind, name: string, opts: pulumi.CustomResourceOptions): void {
  if (opts.import === undefined) return;
  throw new pulumi.RunError(
    `${kind} "${name}": the option \`import\` does not work for this provider. To take over what exists, set \`adopt: true\` ` +
      `(or \`adopt: "<name or UUID>"\`) among the arguments; to only read it, use \`${kind}.get("${name}", "<name or id>", { host })\`.`,
  );
}

/** The engine must know a resource by its name before any Output has a value. */
function refuseOutputText(kind: Kind, name: string): void {
  if (!isOutputText(name)) return;
  throw new pulumi.RunError(
    `${kind}: its first argument, the name, is made of an Output, whose value comes later than the name is needed; ` +
      "use a text or a value of the configuration there (the argument `name` may be an Output).",
  );
}
