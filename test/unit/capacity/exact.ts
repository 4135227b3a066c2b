/** Decimal numbers as whole multiples of 10^-12: an oracle without rounding for what doubles only approximate. */
const DIGITS = 12;

export function exact(value: number): bigint {
  const [, sign, whole = "0", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const digits = BigInt(whole + fraction);
  const shift = DIGITS - fraction.length + Number(exponent);
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return sign === "-" ? -scaled : scaled;
}

const ONE = 10n ** BigInt(DIGITS);

/** `total × ratio ≥ used + requested`, as written on paper. */
export function fitsOnPaper(total: number, ratio: number, used: number, requested: number): boolean {
  return exact(total) * exact(ratio) >= (exact(used) + exact(requested)) * ONE;
}

/** `total × ratio`, cut to a whole number, as written on paper. */
export function limitOnPaper(total: number, ratio: number): number {
  return Number((exact(total) * exact(ratio)) / (ONE * ONE));
}
