/** One row of a list. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { CsvRecord } from "./csv-records.ts";
import { isMissing } from "./file-error.ts";
import type { Column, ListColumns } from "./list-columns.ts";
import { printable } from "./printable.ts";
import { offeredPurposes, type PurposeChoice, purposeByName } from "./purpose.ts";

/** Why a row can't be used: that row's failure, not the list's. */
export interface RowProblem {
  /** Stable, for reports and programs that read `--json`. */
  readonly code: "FILE_NOT_FOUND" | "FILE_UNREADABLE" | "ROW_INVALID";
  /** To follow the row's place. It has no cell, except a path and a purpose of letters. */
  readonly message: string;
}

interface RowPlace {
  /** The line that the row begins on, from 1. */
  readonly line: number;
  /** List and line, to begin a message with: `users.csv:12`. */
  readonly place: string;
}

export interface FailedRow extends RowPlace {
  /** Absolute, where the row has a path. */
  readonly path?: string;
  readonly problem: RowProblem;
}

export interface UsableRow extends RowPlace {
  /** Absolute. */
  readonly path: string;
  /** Any text: the library checks user principal names. */
  readonly user?: string;
  /** As it is in the list, not trimmed; not empty. */
  readonly password?: string;
  /** Absolute. Nobody has looked whether it is there. */
  readonly passwordFile?: string;
  readonly purpose?: PurposeChoice;
  /** 40 lower-case hexadecimal digits. */
  readonly thumbprint?: string;
  readonly problem?: undefined;
}

export type ListRow = UsableRow | FailedRow;

/**
 * @param listName - as messages name the list
 * @param folder - the list's, absolute
 */
export async function readRow(
  { line, cells, problem: problemOfCells }: CsvRecord,
  { indexes, count }: ListColumns,
  { listName, folder }: { listName: string; folder: string },
): Promise<ListRow> {
  const row = { line, place: `${listName}:${line}` };
  if (problemOfCells !== undefined) return { ...row, problem: invalid(problemOfCells) };
  if (cells.length !== count) {
    return { ...row, problem: invalid(`has ${countOf(cells.length)}; the first line has ${count}`) };
  }
  const cellOf = (column: Column) => cells[indexes.get(column) ?? -1] ?? "";
  const pathCell = cellOf("path").trim();
  if (pathCell === "") return { ...row, problem: invalid("has no path") };

  const { path, stats } = await locate(folder, pathCell);
  const purpose = readPurpose(cellOf("purpose").trim());
  const thumbprint = readThumbprint(cellOf("thumbprint").trim());
  const problem = problemOfFile(pathCell, stats) ?? purpose.problem ?? thumbprint.problem;
  if (problem !== undefined) return { ...row, path, problem };

  const user = cellOf("user").trim();
  const password = cellOf("password");
  const passwordFile = cellOf("passwordFile").trim();
  return {
    ...row,
    path,
    ...(user !== "" && { user }),
    ...(password !== "" && { password }),
    ...(passwordFile !== "" && { passwordFile: (await locate(folder, passwordFile)).path }),
    ...(purpose.value !== undefined && { purpose: purpose.value }),
    ...(thumbprint.value !== undefined && { thumbprint: thumbprint.value }),
  };
}

function invalid(message: string): RowProblem {
  return { code: "ROW_INVALID", message };
}

function countOf(cells: number): string {
  return cells === 1 ? "1 cell" : `${cells} cells`;
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

interface Read<T> {
  readonly value?: T;
  readonly problem?: RowProblem;
}

/** A purpose is repeated only if it can't be taken for a password. */
function readPurpose(cell: string): Read<PurposeChoice> {
  if (cell === "") return {};
  const value = purposeByName(cell);
  if (value !== undefined) return { value };
  const name = /^[A-Za-z]{1,20}$/.test(cell) ? `purpose "${cell}"` : "the purpose";
  return { problem: invalid(`${name} is not known (${offeredPurposes})`) };
}

/** Certificate dialogs write thumbprints with spaces, colons and hidden characters. */
function readThumbprint(cell: string): Read<string> {
  if (cell === "") return {};
  const value = cell.replace(/[\s:\p{Cf}]/gu, "").toLowerCase();
  if (/^[0-9a-f]{40}$/.test(value)) return { value };
  return { problem: invalid("the thumbprint is not SHA-1: 40 hexadecimal digits") };
}
