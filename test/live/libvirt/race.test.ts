import { expect, test } from "@jest/globals";
import { ensureBuilt } from "../../../scripts/lib/build";
import { race } from "../../../scripts/lib/race";
import { ownHost } from "../../support/host";

/** What `npm run race` does in a hundred rounds. */
test("two processes that want the last places of a host are never both admitted past its limit", async () => {
  await ensureBuilt({ typeErrors: "ignore" });
  const host = await ownHost({ name: "race" });
  try {
    const { over, admitted, refused, unexplained } = await race(host, 40);
    expect(unexplained).toEqual([]);
    expect(over).toBe(0);
    expect(admitted).toBeGreaterThan(40);
    expect(refused).toBeGreaterThanOrEqual(40);
  } finally {
    await host.stop();
  }
});
