/** A CSV that lists files. */
import { dirname, resolve } from "node:path";
import { CsvProblem, readList as readCells } from "intune-pfx-client/lists";
import { type CliError, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { whyUnreadable } from "./file-error.ts";
import { type ListRow, locateRow } from "./list-row.ts";
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
  const list = cellsOf(await readBytes(absolute, listName), listName);
  const rows: ListRow[] = [];
  for (let start = 0; start < list.rows.length; start += rowsAtOnce) {
    const some = list.rows.slice(start, start + rowsAtOnce);
    const place = { listName, folder: dirname(absolute) };
    rows.push(...(await Promise.all(some.map((row) => locateRow(row, place)))));
  }
  return { ...list, rows, hasPasswords: list.passwordCount > 0 };
}

async function readBytes(path: string, listName: string): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readUpTo(path, maxListBytes);
  } catch (error) {
    throw usageError("LIST_UNREADABLE", `${listName} can't be read: ${whyUnreadable(error)}.`);
  }
  if (bytes === undefined) throw invalid(listName, "is larger than 64 MiB");
  return bytes;
}

function cellsOf(bytes: Uint8Array, listName: string) {
  try {
    return readCells(bytes);
  } catch (error) {
    throw error instanceof CsvProblem ? invalid(listName, error.message) : error;
  }
}

function invalid(listName: string, problem: string): CliError {
  return usageError("LIST_INVALID", `${listName}: ${problem}`);
}
