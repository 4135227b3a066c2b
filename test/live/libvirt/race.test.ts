import { expect, test } from "@jest/globals";
import { ensureBuilt } from "../../../scripts/lib/build";
import { race } from "../../../scripts/lib/race";
import { ownHost } from "../../support/host";

/** What `npm run race` does, without its report. */
test("two processes that want the last places of a host are never both admitted past its limit", async () => {
  await ensureBuilt({ typeErrors: "ignore" });
  const host = await ownHost({ name: "race" });
  try {
    const { over, admitted, refused, unexplained } = await race(host, 100);
    expect(unexplained).toEqual([]);
    expect(over).toBe(0);
    expect(admitted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThanOrEqual(100);
  } finally {
    await host.stop();
  }
});
