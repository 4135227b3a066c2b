import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ProgressLine } from "../../../provider/lifecycle/status/progress";
import { SharedLine } from "../../../provider/lifecycle/status/sharedLine";
import { contentOf } from "../../contract/content";

const MiB = 2 ** 20;

test("a line about many things shows the oldest, and how many there are besides", () => {
  jest.useFakeTimers();
  const said: string[] = [];
  const line = new SharedLine("making", () => ({ say: (text) => said.push(text), close: () => undefined }));
  const ends = ["a", "b", "c", "d", "e"].map((name) => line.add(() => `VM ${name}`));
  jest.advanceTimersByTime(3000);
  for (const end of ends) end();
  expect(said).toEqual(["making VM a; VM b; VM c; and 2 more"]);
  jest.useRealTimers();
});

describe("the line about transfers", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const said: string[] = [];
  let closed = 0;
  const line = new ProgressLine(() => ({ say: (text) => said.push(text), close: () => closed++ }));

  /** The chunks of a content that was handed out so far, and the way to the next one. */
  const reading = (label: string, sizes: readonly number[]) => {
    const chunks = line.watched(label, contentOf(sizes.map((hole) => ({ hole })))).chunks();
    return chunks[Symbol.asyncIterator]();
  };

  test("says what is on its way, at growing pauses, and leaves nothing", async () => {
    const [a, b] = [reading("a.img", [3 * MiB, 6 * MiB, MiB]), reading("b.img", [MiB, MiB])];
    for (const each of [a, a, b]) await each.next();
    jest.advanceTimersByTime(3000);
    expect(said).toEqual(["sending a.img 30 % of 10 MiB, 1 MiB/s; b.img 0 % of 2 MiB, 0 B/s"]);
    await a.next();
    jest.advanceTimersByTime(4499);
    expect(said).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(said[1]).toMatch(/^sending a\.img 90 % of 10 MiB, 1\.3 MiB\/s; b/);
    for (let left = 3; left > 0; left--) await b.next();
    jest.advanceTimersByTime(6750);
    expect(said[2]).toBe("sending a.img 90 % of 10 MiB, 0 B/s");
    expect(closed).toBe(0);
    // Whoever leaves early leaves no timer either.
    await a.return?.(undefined);
    expect(closed).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("says nothing of short ones", async () => {
    const before = said.length;
    const short = reading("short.img", [MiB]);
    await short.next();
    jest.advanceTimersByTime(2900);
    await short.next();
    jest.advanceTimersByTime(60_000);
    expect(said).toHaveLength(before);
    expect(jest.getTimerCount()).toBe(0);
  });
});
