/** Columns as wide as their widest cell; numbers to the right. */
export function table(rows: readonly (readonly (string | number | undefined)[])[], indent = "  "): string {
  const cells = rows.map((row) => row.map((cell) => (cell === undefined ? "" : String(cell))));
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const numeric = (cells[0] ?? []).map((_, column) =>
    cells.slice(1).every((row) => /^-?[\d.,]*( [KMGT]iB)?$/.test(row[column] ?? "")),
  );
  return cells
    .map(
      (row) =>
        indent +
        row
          .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
          .join("  ")
          .trimEnd(),
    )
    .join("\n");
}

export function bytes(amount: number): string {
  const unit = amount >= 2 ** 40 ? "TiB" : amount >= 2 ** 30 ? "GiB" : "MiB";
  return `${(amount / { TiB: 2 ** 40, GiB: 2 ** 30, MiB: 2 ** 20 }[unit]).toFixed(1)} ${unit}`;
}
