import type { LibvirtSession } from "../provider/libvirt/session.ts";
import { changeAll, makeAll, openSession, readModel, removeAll } from "./bareClient.ts";
import { figureOf, type Benchmark, type Round } from "./figures.ts";
import { CHANGING, NOTHING_CHANGING } from "./programs.ts";
import { nothingProgram, theStand, took, vmsProgram } from "./stand.ts";

const COUNT = 50;
const ROUNDS = 3;

/** More memory, a core, a disk and an interface for each of 50 running VMs, of which none may be restarted. */
export const change: Benchmark = {
  name: "change-50",
  about: "memory, a core, a disk and an interface for 50 running VMs / (the engine alone + a bare client)",
  run: async () => {
    const stand = await theStand();
    const ours = vmsProgram(stand, { count: COUNT }, CHANGING);
    const nothing = nothingProgram(stand, { count: COUNT }, NOTHING_CHANGING);
    const session = openSession(stand);
    const rounds: Round[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        await took(ours.up());
        await took(nothing.up());
        const [before, guests] = [await readModel(session), await guestsOf(session)];
        await Promise.all([ours, nothing].map((program) => program.setConfig("grown", "true")));
        const figures = { ours: await took(ours.up()), engine: await took(nothing.up()) };
        const after = await readModel(session);
        if (guests !== (await guestsOf(session))) throw new Error("a change has restarted guests");
        await took(ours.destroy());
        await took(nothing.destroy());
        await Promise.all([ours, nothing].map((program) => program.setConfig("grown", "false")));
        await makeAll(session, before, stand);
        rounds.push({ ...figures, bare: await changeAll(session, before, after) });
        await removeAll(session);
      }
    } finally {
      await session.close();
      await Promise.all([ours.dispose(), nothing.dispose()]);
    }
    return figureOf("change-50", rounds, 1.2, `${COUNT} VMs changed, none restarted,`);
  },
};

/** A guest that is started again has another number. */
async function guestsOf(session: LibvirtSession): Promise<string> {
  const { domains } = await session.call("connect_list_all_domains", { need_results: 1, flags: 0 });
  const numbers = domains.map(({ uuid, id }) => `${uuid} ${id}`).sort();
  if (numbers.length !== COUNT || domains.some(({ id }) => id < 0)) throw new Error("not all guests run");
  return numbers.join("\n");
}
