/** A CSV that lists files, with users and passwords. */
import { CsvProblem, findSeparator, readRecords } from "./csv-records.ts";
import { decodeText } from "./decode-text.ts";
import { isPathColumn, pathAliases, readColumns } from "./list-columns.ts";
import { type ListRow, readRow } from "./list-row.ts";

export interface List {
  /** In the list's order; rows that can't be used have a `problem`. Blank rows are left out. */
  readonly rows: readonly ListRow[];
  /** Names of columns as the list has them, in its order, made safe to show. */
  readonly columnsUsed: readonly string[];
  readonly columnsIgnored: readonly string[];
  /** The rows that have a password. */
  readonly passwordCount: number;
}

/**
 * Reads a list: UTF-8 or UTF-16LE with a byte order mark; comma, semicolon or tab, by the first line, which names the columns:
 * `path`, and where there are any `user`, `password`, `password file`, `purpose`, `thumbprint`. docs/cli.md has the rules.
 *
 * @throws {CsvProblem} with a message to follow the list's name. It never has a cell: a file with passwords may have been taken
 *   for a list.
 */
export function readList(bytes: Uint8Array): List {
  const text = decodeText(bytes);
  if (text === undefined) throw new CsvProblem('is neither UTF-8 nor UTF-16; in Excel choose "CSV UTF-8"');
  if (text.trim() === "") throw new CsvProblem("is empty");
  const csv = new TextEncoder().encode(text);
  const separator = findSeparator(csv, isPathColumn);
  if (separator === undefined) {
    throw new CsvProblem(`the first line must have a column "path"\n  (also called ${pathAliases})`);
  }
  const [header, ...records] = readRecords(csv, separator);
  if (header?.problem !== undefined) throw new CsvProblem(`line 1, ${header.problem}`);
  const columns = readColumns(header?.cells ?? []);
  if (typeof columns === "string") throw new CsvProblem(columns);
  const filled = records.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
  if (filled.length === 0) throw new CsvProblem("has no rows");

  const passwordIndex = columns.indexes.get("password") ?? -1;
  return {
    rows: filled.map((record) => readRow(record, columns)),
    columnsUsed: columns.used,
    columnsIgnored: columns.ignored,
    passwordCount: filled.filter(({ cells }) => (cells[passwordIndex] ?? "") !== "").length,
  };
}
