/** One row of a list, and where its files are. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { ListRow as RowOfCells, UsableRow as UsableRowOfCells } from "intune-pfx-client/lists";
import { isMissing } from "./file-error.ts";
import { printable } from "./printable.ts";

/** Why a row can't be used: that row's failure, not the list's. */
export interface RowProblem {
  /** Stable, for reports and programs that read `--json`. */
  readonly code: "FILE_NOT_FOUND" | "FILE_UNREADABLE" | "ROW_INVALID";
  /** To follow the row's place. It has no cell, except a path and a purpose of letters. */
  readonly message: string;
}

interface RowPlace {
  /** List and line, to begin a message with: `users.csv:12`. */
  readonly place: string;
}

export interface FailedRow extends RowPlace {
  readonly line: number;
  /** Absolute, where the row has a path. */
  readonly path?: string;
  readonly problem: RowProblem;
}

/** `path` and `passwordFile` are absolute. Nobody has looked whether the password file is there. */
export type UsableRow = UsableRowOfCells & RowPlace;

export type ListRow = UsableRow | FailedRow;

/**
 * @param listName - as messages name the list
 * @param folder - the list's, absolute
 */
export async function locateRow(
  row: RowOfCells,
  { listName, folder }: { listName: string; folder: string },
): Promise<ListRow> {
  const begin = { line: row.line, place: `${listName}:${row.line}` };
  if (row.problem !== undefined) {
    const problem = invalid(row.problem);
    if (row.path === undefined) return { ...begin, problem };
    const { path, stats } = await locate(folder, row.path);
    return { ...begin, path, problem: problemOfFile(row.path, stats) ?? problem };
  }
  const { path, stats } = await locate(folder, row.path);
  const problem = problemOfFile(row.path, stats);
  if (problem !== undefined) return { ...begin, path, problem };
  const { passwordFile } = row;
  return {
    ...row,
    ...begin,
    path,
    ...(passwordFile !== undefined && { passwordFile: (await locate(folder, passwordFile)).path }),
  };
}

function invalid(message: string): RowProblem {
  return { code: "ROW_INVALID", message };
}

type Found = Stats | "missing" | "unknown";

/** Lists come from Windows: where there is no file with a `\` in its name, `\` separates folders. */
async function locate(folder: string, cell: string): Promise<{ path: string; stats: Found }> {
  const path = resolve(folder, cell);
  const stats = await statOf(path);
  const other = resolve(folder, cell.replaceAll("\\", "/"));
  if (stats !== "missing" || other === path) return { path, stats };
  const otherStats = await statOf(other);
  return otherStats === "missing" ? { path, stats } : { path: other, stats: otherStats };
}

async function statOf(path: string): Promise<Found> {
  try {
    return await stat(path);
  } catch (error) {
    return isMissing(error) ? "missing" : "unknown"; // Reading it says why.
  }
}

function problemOfFile(cell: string, stats: Found): RowProblem | undefined {
  if (stats === "missing") return { code: "FILE_NOT_FOUND", message: `there is no file ${printable(cell)}` };
  if (stats === "unknown" || stats.isFile()) return undefined;
  return { code: "FILE_UNREADABLE", message: `${printable(cell)} is no file` };
}
