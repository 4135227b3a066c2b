import { hasCode } from "../../driver/errors";

/** What may pass by itself while a daemon restarts. */
const PASSING = ["unreachable", "connection-lost"] as const;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Milliseconds to wait before attempt number `attempt` (from 1): doubling, with jitter so that many sessions do not march in step. */
export function backOff(attempt: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  return pause * (0.5 + Math.random() / 2);
}

/** Tries until it works, fails for good, or would end after `deadline` (in terms of `performance.now()`). */
export async function untilReachable<T>(
  attempt: (leftMs: number) => Promise<T>,
  deadline: number,
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt(deadline - performance.now());
    } catch (error) {
      const pause = backOff(count);
      if (!hasCode(error, ...PASSING) || performance.now() + pause >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
