/** A row of a CSV that Excel opens. */

/** The row with its line end. No cell is one that Excel would take for a formula. */
export function csvRow(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell) => toCell(cell ?? "")).join(",")}\r\n`;
}

function toCell(text: string): string {
  const shown = text.replace(/[^\P{Cc}\t\n\r]/gu, "\uFFFD");
  const harmless = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
