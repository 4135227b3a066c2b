import { expect, test } from "@jest/globals";
import { ensureBuilt } from "../../../scripts/lib/build";
import { race } from "../../../scripts/lib/race";
import { ownHost } from "../../support/host";

/** The short form of `npm run race`. */
test("two processes that want the last places of a host are never both admitted past its limit", async () => {
  await ensureBuilt({ typeErrors: "ignore" });
  const host = await ownHost({ name: "race" });
  try {
    const { over, admitted, refused, unexplained } = await race(host, 12);
    expect(unexplained).toEqual([]);
    expect(over).toBe(0);
    expect(admitted).toBeGreaterThan(12);
    expect(refused).toBeGreaterThanOrEqual(12);
  } finally {
    await host.stop();
  }
});
