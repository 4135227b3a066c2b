import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Foreseen } from "../schema/table/beside";
import { isUnknown } from "../schema/table/unknown";

/*
 * A preview asks dynamic providers for no outputs: the engine shows a program the checked inputs, and all else as unknown. What the
 * provider knows of outputs reaches the program past the engine, in a file of this run; inputs, plans and state never have it.
 */

/** Where the provider writes it, for one resource; none outside of a preview. */
export function foresightFile(): string | undefined {
  if (!pulumi.runtime.isDryRun()) return undefined;
  return join(tmpdir(), `pulumi-vmhost-${randomUUID()}.json`);
}

/** An Output whose function is called for values that are not known yet, too, as the SDK has it for properties of Outputs. */
interface Open {
  apply<T>(step: (value: unknown) => T, withUnknowns: true): pulumi.Output<T>;
}

type Outputs = Record<string, pulumi.Output<unknown>>;

/** Puts what is foreseen in place of what the engine cannot tell. */
export function foresee(
  resource: object,
  outputs: readonly string[],
  file: string,
  secrets: readonly string[] = [],
): void {
  const own = resource as Outputs;
  let foreseen: Foreseen | undefined;
  for (const name of outputs) {
    const told = own[name] as unknown as Open;
    // Called when the resource is registered, which is after its check.
    const known = told.apply((value) => completed(value, (foreseen ??= takeForesight(file))[name]), true);
    own[name] = secrets.includes(name) ? pulumi.secret(known) : known;
  }
}

/** Read once, and gone: nothing of it is left when the program is ended. */
function takeForesight(file: string): Foreseen {
  try {
    const foreseen = JSON.parse(readFileSync(file, "utf8")) as Foreseen;
    rmSync(file, { force: true });
    return foreseen;
  } catch {
    // Nothing is foreseen of a resource that does not change.
    return {};
  }
}

/** Of a list the engine tells the inputs, and computed values are put inside. */
export function completed(value: unknown, foreseen: unknown): unknown {
  if (foreseen === undefined) return value;
  if (Array.isArray(value) && Array.isArray(foreseen))
    return value.map((item: unknown, index) =>
      isPlain(item) && isPlain(foreseen[index]) ? { ...item, ...(revived(foreseen[index]) as object) } : item,
    );
  return pulumi.isUnknown(value) || value === undefined ? revived(foreseen) : value;
}

function revived(value: unknown): unknown {
  if (value === null) return undefined;
  if (isUnknown(value)) return pulumi.unknown;
  if (Array.isArray(value)) return value.map(revived);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !pulumi.isUnknown(value);
}
