import * as pulumi from "@pulumi/pulumi";

/** What the SDK keeps beside an output's value, as promises of their own; not in its declarations. */
interface Beside {
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
  promise(): Promise<unknown>;
}

/** An answer of a host as an output; no answer ends the program with one message, whether it is used or not. */
export function answered<A, T>(question: pulumi.Output<A>, ask: (asked: A) => Promise<T>): pulumi.Output<T> {
  const answer = question.apply(async (asked) => {
    try {
      return await ask(asked);
    } catch (error) {
      throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
    }
  }) as pulumi.Output<T>;
  return quiet(answer);
}

/** A part of an answer. */
export function partOf<T, K extends keyof T>(answer: pulumi.Output<T>, key: K): pulumi.Output<T[K]> {
  return quiet(answer.apply((all) => all[key]) as pulumi.Output<T[K]>);
}

/** What an output is beside its value fails with it, and is looked at later: Node would tell of that in lines that say nothing. */
function quiet<T>(output: pulumi.Output<T>): pulumi.Output<T> {
  const { isKnown, isSecret } = output as unknown as Beside;
  for (const beside of [isKnown, isSecret]) beside.catch(() => undefined);
  // The value's own failure is left to the SDK, which says it once.
  void (output as unknown as Beside).promise();
  return output;
}
