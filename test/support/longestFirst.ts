/**
 * The order in which jest hands test files to its workers: what takes minutes comes first, so that no worker is left with it
 * alone at the end. A file that is not named here takes less than any that is, or the list wants an update (`npm test` ends
 * with the slowest files).
 */
const LONGEST = [
  "fates/libvirt.test.ts",
  "engine/guests.test.ts",
  "fates/lxd.test.ts",
  "fault/midUp.test.ts",
  "live/libvirt/race.test.ts",
  "engine/lxd.test.ts",
  "fault/wire.test.ts",
  "engine/lxdExamples.test.ts",
  "engine/traps.test.ts",
  "engine/examples.test.ts",
  "engine/power.test.ts",
  "engine/lifecycle.test.ts",
  "engine/lxdTrust.test.ts",
  "fault/midUpload.test.ts",
  "live/libvirt/volumes.test.ts",
  "engine/admission.test.ts",
  "engine/lxdInside.test.ts",
  "engine/lxdCluster.test.ts",
  "fault/drift.test.ts",
  "engine/package.test.ts",
];

const { default: Sequencer } = require("@jest/test-sequencer") as typeof import("@jest/test-sequencer");

class LongestFirst extends Sequencer {
  override sort(tests: Parameters<InstanceType<typeof Sequencer>["sort"]>[0]): typeof tests {
    const place = ({ path }: (typeof tests)[number]): number => {
      const index = LONGEST.findIndex((file) => path.endsWith(`/test/${file}`));
      return index < 0 ? LONGEST.length : index;
    };
    return [...tests].sort((a, b) => place(a) - place(b) || a.path.localeCompare(b.path));
  }
}

module.exports = LongestFirst;
