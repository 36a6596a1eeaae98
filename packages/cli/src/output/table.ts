/** Tables: cut to the window on a terminal, else with tabs and nothing cut, for other programs. */

import { printable } from "../files/printable.ts";
import type { OutputStream } from "../io.ts";

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly align?: "right";
  /** This column gives up room where the window is too narrow; one of a table. */
  readonly canShrink?: boolean;
}

export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  stream: OutputStream,
): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  if (stream.isTTY !== true) return cells.map((row) => `${row.join("\t")}\n`).join("");
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => (row[index] ?? "").length)));
  const gaps = (columns.length - 1) * 2;
  const tooMuch = widths.reduce((sum, width) => sum + width, gaps) - ((stream.columns ?? 80) - 1);
  const shrinking = columns.findIndex(({ canShrink }) => canShrink === true);
  if (tooMuch > 0 && shrinking >= 0) widths[shrinking] = Math.max(8, (widths[shrinking] ?? 0) - tooMuch);
  return cells
    .map((row) => {
      const line = columns.map(({ align }, index) => {
        const text = cut(row[index] ?? "", widths[index] ?? 0);
        return align === "right" ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
      });
      return `${line
        .join("  ")
        .trimEnd()
        .slice(0, (stream.columns ?? 80) - 1)}\n`;
    })
    .join("");
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}
