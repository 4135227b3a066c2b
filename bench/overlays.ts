import { inFlight, median, secondsOf, timed, type Benchmark } from "./figures.ts";
import { openSession } from "./bareClient.ts";
import { noOverlaysProgram, overlaysProgram, theStand, took } from "./stand.ts";

const COUNT = 50;
const ROUNDS = 3;
const WIDTH = 10;

export const overlays: Benchmark = {
  name: "overlays-50",
  about: "`pulumi up` of 50 overlay volumes / (the engine alone + a bare client with 10 in flight)",
  run: async () => {
    const stand = await theStand();
    const [ours, nothing] = [
      overlaysProgram(stand, { count: COUNT }),
      noOverlaysProgram(stand, { count: COUNT }),
    ];
    const session = openSession(stand);
    try {
      const rounds = [];
      for (let round = 0; round < ROUNDS; round++) {
        const [own, engine] = [await took(ours.up()), await took(nothing.up())];
        const bare = await again(session);
        await took(ours.destroy());
        await took(nothing.destroy());
        rounds.push({ own, engine, bare, ratio: own / (engine + bare) });
      }
      const ratio = median(rounds.map((each) => each.ratio));
      const { own = 0, engine = 0, bare = 0 } = rounds.find((each) => each.ratio === ratio) ?? {};
      const detail = `${COUNT} overlays in ${secondsOf(own)}; engine ${secondsOf(engine)}, bare client ${secondsOf(bare)}`;
      return { name: "overlays-50", ratio, limit: 1.2, detail };
    } finally {
      await session.close();
      await Promise.all([ours.dispose(), nothing.dispose()]);
    }
  },
};

/** Deletes the overlays that are there and makes them again with the fewest calls there are; milliseconds of the making. */
async function again(session: ReturnType<typeof openSession>): Promise<number> {
  const { pool } = await session.call("storage_pool_lookup_by_name", { name: "bench" });
  const { vols } = await session.call("storage_pool_list_all_volumes", { pool, need_results: 1, flags: 0 });
  const mine = vols.filter(({ name }) => name.startsWith("vm"));
  const texts = await inFlight(
    WIDTH,
    mine.map((vol) => async () => (await session.call("storage_vol_get_xml_desc", { vol, flags: 0 })).xml),
  );
  await inFlight(
    WIDTH,
    mine.map((vol) => () => session.call("storage_vol_delete", { vol, flags: 0 })),
  );
  const { ms } = await timed(() =>
    inFlight(
      WIDTH,
      texts.map((text) => () => {
        const xml = text.replace(/<(key|physical|allocation)[^>]*>[^<]*<\/\1>/g, "");
        return session.call("storage_vol_create_xml", { pool, xml, flags: 0 });
      }),
    ),
  );
  return ms;
}
