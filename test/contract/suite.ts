import { afterAll, beforeAll, describe } from "@jest/globals";
import { Bench, type CurrentBench } from "./bench";
import { factsContract } from "./facts";
import { networksContract } from "./networks";
import { poolsContract } from "./pools";
import type { Missing, Setup } from "./setup";
import { snapshotsContract } from "./snapshots";
import { vmChangesContract } from "./vmChanges";
import { vmPowerContract } from "./vmPower";
import { vmsContract } from "./vms";
import { volumesContract } from "./volumes";

export interface Suite {
  setup(): Promise<Setup>;
  /** What this set-up cannot show, each with its reason; those tests are left out. */
  readonly missing?: Missing;
}

/** The rules of provider/driver/contract.ts, the same for every driver. */
export function contractSuite(name: string, { setup, missing = {} }: Suite): void {
  describe(`the driver contract: ${name}`, () => {
    let made: Setup | undefined;
    let bench: Bench | undefined;

    beforeAll(async () => {
      made = await setup();
      bench = new Bench(made, missing);
    });

    afterAll(async () => {
      await made?.teardown();
    });

    const current: CurrentBench = () => {
      if (bench === undefined) throw new Error("The set-up of the suite failed");
      return bench;
    };
    for (const part of [
      factsContract,
      networksContract,
      poolsContract,
      volumesContract,
      vmsContract,
      vmChangesContract,
      vmPowerContract,
      snapshotsContract,
    ]) {
      part(current, missing);
    }
  });
}
