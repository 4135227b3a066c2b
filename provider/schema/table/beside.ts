/**
 * What a constructor tells the provider beside the inputs, under a key that check takes off again: no state, no diff and no
 * preview has it.
 */
export const BESIDE_KEY = "__beside";

/** Outputs as a preview can know them. A null is one that there will not be; of lists, what is computed of each element. */
export type Foreseen = Readonly<Record<string, unknown>>;

export interface Beside {
  /** In a preview: the file into which check writes what it knows of outputs, as JSON, where it knows something. */
  readonly foresight?: string;
  /** The option of the same name, of which the SDK tells no dynamic provider. */
  readonly replaceOnChanges?: readonly string[];
  /** The same; the engine puts old values in place of what the program writes, and knows nothing of what check makes of it. */
  readonly ignoreChanges?: readonly string[];
}
