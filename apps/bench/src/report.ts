import type { Figure } from "./interleave.ts";

function significant(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en").replaceAll(",", " ");
  return value.toPrecision(3);
}

/** A table as lines of text: a row a contestant; numbers end in one column. */
export function tableOf(unit: string, figures: readonly Figure[]): string {
  const isMeasured = figures.some(({ peak }) => peak !== undefined);
  const head = ["", `${unit}/s`, "ratio", `CPU µs a unit`, ...(isMeasured ? ["peak MiB"] : [])];
  const rows = figures.map((one) => [
    ...[one.name, significant(one.rate), one.ratio.toFixed(2), significant(one.cpu)],
    ...(isMeasured ? [one.peak === undefined ? "" : significant(one.peak)] : []),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2))).join("");
  return [head, ...rows].map((row) => `  ${line(row)}`.trimEnd()).join("\n");
}
