/** A CSV that lists files. */
import { dirname, resolve } from "node:path";
import { type CliError, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { CsvProblem, type CsvRecord, findSeparator, readRecords } from "./csv-records.ts";
import { decodeText } from "./decode-text.ts";
import { whyUnreadable } from "./file-error.ts";
import { isPathColumn, type ListColumns, pathAliases, readColumns } from "./list-columns.ts";
import { type ListRow, readRow } from "./list-row.ts";
import { printable } from "./printable.ts";
import { readUpTo } from "./read-file-bytes.ts";

const maxListBytes = 64 * 1024 * 1024;
/** Enough to hide a network drive's delays. */
const rowsAtOnce = 32;

export interface List {
  /** In the list's order; rows that can't be used have a `problem`. Blank rows are left out. */
  readonly rows: readonly ListRow[];
  /** Names of columns as the list has them, in its order, made safe to show. */
  readonly columnsUsed: readonly string[];
  readonly columnsIgnored: readonly string[];
  readonly hasPasswords: boolean;
  /** The rows that have a password. */
  readonly passwordCount: number;
}

/**
 * Reads a list. No message has a cell of it: a file with passwords may have been taken for a list.
 *
 * @param path - as the user named it, relative to `io.folder`; messages repeat it
 * @throws {CliError} `LIST_UNREADABLE`, `LIST_INVALID`; exit code 64
 */
export async function readList(path: string, io: Pick<Io, "folder">): Promise<List> {
  const listName = printable(path);
  const absolute = resolve(io.folder, path);
  const csv = Buffer.from(await readText(absolute, listName));
  const { columns, records } = parseList(csv, listName);
  const rows: ListRow[] = [];
  for (let start = 0; start < records.length; start += rowsAtOnce) {
    const some = records.slice(start, start + rowsAtOnce);
    const place = { listName, folder: dirname(absolute) };
    rows.push(...(await Promise.all(some.map((record) => readRow(record, columns, place)))));
  }
  const passwordIndex = columns.indexes.get("password") ?? -1;
  const passwordCount = records.filter(({ cells }) => (cells[passwordIndex] ?? "") !== "").length;
  return {
    rows,
    columnsUsed: columns.used,
    columnsIgnored: columns.ignored,
    hasPasswords: passwordCount > 0,
    passwordCount,
  };
}

async function readText(path: string, listName: string): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readUpTo(path, maxListBytes);
  } catch (error) {
    throw usageError("LIST_UNREADABLE", `${listName} can't be read: ${whyUnreadable(error)}.`);
  }
  if (bytes === undefined) throw invalid(listName, "is larger than 64 MiB");
  const text = decodeText(bytes);
  if (text === undefined) throw invalid(listName, 'is neither UTF-8 nor UTF-16; in Excel choose "CSV UTF-8"');
  if (text.trim() === "") throw invalid(listName, "is empty");
  return text;
}

function parseList(csv: Buffer, listName: string): { columns: ListColumns; records: CsvRecord[] } {
  try {
    const separator = findSeparator(csv, isPathColumn);
    if (separator === undefined)
      throw new CsvProblem(`the first line must have a column "path"\n  (also called ${pathAliases})`);
    const [header, ...records] = readRecords(csv, separator);
    if (header?.problem !== undefined) throw new CsvProblem(`line 1, ${header.problem}`);
    const columns = readColumns(header?.cells ?? []);
    if (typeof columns === "string") throw new CsvProblem(columns);
    const filled = records.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
    if (filled.length === 0) throw new CsvProblem("has no rows");
    return { columns, records: filled };
  } catch (error) {
    throw error instanceof CsvProblem ? invalid(listName, error.message) : error;
  }
}

function invalid(listName: string, problem: string): CliError {
  return usageError("LIST_INVALID", `${listName}: ${problem}`);
}
