import { describe, expect, test } from "@jest/globals";
import { askedOnce, forget, topicOf } from "../../../provider/libvirt/askedOnce";

/** Counts how often it was asked, and answers with that number. */
function counter(): { ask: () => Promise<number>; asked: () => number } {
  let count = 0;
  return { ask: async () => ++count, asked: () => count };
}

describe("what is asked of a host's storage", () => {
  test("is asked once by all who want it together, and shortly after", async () => {
    const { ask } = counter();
    const session = {};
    const answers = await Promise.all([1, 2, 3].map(() => askedOnce(session, "storage", "pool", ask)));
    expect([...answers, await askedOnce(session, "storage", "pool", ask)]).toEqual([1, 1, 1, 1]);
    expect(await askedOnce(session, "storage", "another pool", ask)).toBe(2);
    expect(await askedOnce({}, "storage", "pool", ask)).toBe(3);
    forget(session, "domains");
    expect(await askedOnce(session, "storage", "pool", ask)).toBe(1);
  });

  test("is asked anew after a change, also where the answer was under way", async () => {
    const { ask } = counter();
    const session = {};
    await askedOnce(session, "storage", "pool", ask);
    forget(session, "storage");
    expect(await askedOnce(session, "storage", "pool", ask)).toBe(2);
    let answer = (_: string): void => undefined;
    const slow = askedOnce(
      session,
      "storage",
      "image",
      () => new Promise<string>((resolve) => (answer = resolve)),
    );
    forget(session, "storage");
    answer("from before");
    expect(await slow).toBe("from before");
    expect(await askedOnce(session, "storage", "image", async () => "from after")).toBe("from after");
  });

  test("is asked anew after a failure", async () => {
    const session = {};
    const failing = async (): Promise<string> => {
      throw new Error("no");
    };
    await expect(askedOnce(session, "storage", "pool", failing)).rejects.toThrow("no");
    expect(await askedOnce(session, "storage", "pool", async () => "yes")).toBe("yes");
  });

  test("ends with what changes it", () => {
    const changes = [
      "storage_vol_resize",
      "storage_pool_destroy",
      "domain_define_xml_flags",
      "domain_destroy_flags",
    ];
    expect(changes.map(topicOf)).toEqual(["storage", "storage", "domains", "domains"]);
    const others = ["storage_vol_create_xml", "storage_vol_create_xml_from", "network_create"];
    expect(others.map(topicOf)).toEqual([undefined, undefined, undefined]);
  });
});
