import { describe, expect, test } from "@jest/globals";
import { askedOnce, storageChanges } from "../../../provider/libvirt/askedOnce";

/** Counts how often it was asked, and answers with that number. */
function counter(): { ask: () => Promise<number>; asked: () => number } {
  let count = 0;
  return { ask: async () => ++count, asked: () => count };
}

describe("what is asked of a host's storage", () => {
  test("is asked once by all who want it together, and shortly after", async () => {
    const { ask } = counter();
    const session = {};
    const answers = await Promise.all([1, 2, 3].map(() => askedOnce(session, "pool", ask)));
    expect([...answers, await askedOnce(session, "pool", ask)]).toEqual([1, 1, 1, 1]);
    expect(await askedOnce(session, "another pool", ask)).toBe(2);
    expect(await askedOnce({}, "pool", ask)).toBe(3);
  });

  test("is asked anew after a change, also where the answer was under way", async () => {
    const { ask } = counter();
    const session = {};
    await askedOnce(session, "pool", ask);
    storageChanges(session);
    expect(await askedOnce(session, "pool", ask)).toBe(2);
    let answer = (_: string): void => undefined;
    const slow = askedOnce(session, "image", () => new Promise<string>((resolve) => (answer = resolve)));
    storageChanges(session);
    answer("from before");
    expect(await slow).toBe("from before");
    expect(await askedOnce(session, "image", async () => "from after")).toBe("from after");
  });

  test("is asked anew after a failure", async () => {
    const session = {};
    const failing = async (): Promise<string> => {
      throw new Error("no");
    };
    await expect(askedOnce(session, "pool", failing)).rejects.toThrow("no");
    expect(await askedOnce(session, "pool", async () => "yes")).toBe("yes");
  });
});
