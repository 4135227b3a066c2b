/** Kept away from VMs before the ratio counts: an amount, or a share of the total; a negative one adds (R58). */
export type Reserved = number | `${number}%`;

/** One resource of a host, in the unit in which it is counted (cores, MiB). */
export interface Measure {
  readonly total: number;
  /** Virtual per physical, 0 to 10. */
  readonly ratio: number;
  readonly reserved?: Reserved;
}

/**
 * 15 cores × 8.2 is 122.99999999999999 in doubles. What is closer than this to a limit is on it; the tolerance grows
 * with the limit, because the gap between neighbouring doubles does.
 */
function tolerance(limit: number): number {
  return Math.max(1e-9, Math.abs(limit) * 8 * Number.EPSILON);
}

/** What VMs may have at most, with the fraction: `(total − reserved) × ratio`, never below 0. */
export function exactLimit({ total, ratio, reserved = 0 }: Measure): number {
  return Math.max(0, (total - reservedOf(total, reserved)) * ratio);
}

/** The limit in whole units: 15 × 8.2 is 123, 12288 × 1.3333 is 16383. */
export function limitOf(measure: Measure): number {
  return wholeUnits(exactLimit(measure), 0);
}

/** Whole units between what is used and the limit; below 0 by as many as the limit is exceeded. */
export function leftOf(measure: Measure, used: number): number {
  return wholeUnits(exactLimit(measure), used);
}

/** Physical units that no VM has been promised; below 0 where a host is overcommitted (R60). */
export function available(total: number, used: number): number {
  return total - used;
}

/** Whether the request stays within `total × ratio` (R52). Asking for nothing, or for less than before, always does. */
export function fits(
  total: number,
  ratio: number,
  used: number,
  requested: number,
  reserved?: Reserved,
): boolean {
  if (requested <= 0) return true;
  return within(exactLimit({ total, ratio, reserved }), used + requested);
}

/** The reserved amount in the measure's unit. */
export function reservedOf(total: number, reserved: Reserved): number {
  return typeof reserved === "number" ? reserved : (total * Number(reserved.slice(0, -1))) / 100;
}

function within(limit: number, sum: number): boolean {
  return limit - sum >= -tolerance(limit);
}

/**
 * Rounded before truncation, so that a product that only just misses a whole number counts as that number. Where the
 * rounding of the difference itself decides, {@link within} has the last word.
 */
function wholeUnits(limit: number, used: number): number {
  const guess = Math.floor(limit - used);
  // Adding 0 turns the negative zero of -0.3 into 0.
  return ([guess + 1, guess].find((units) => within(limit, used + units)) ?? guess - 1) + 0;
}
