/** One row of a list, as far as its cells tell. */
import type { CsvRecord } from "./csv-records.ts";
import type { Column, ListColumns } from "./list-columns.ts";
import { offeredPurposes, type PurposeChoice, purposeByName } from "./purpose.ts";

interface RowLine {
  /** The line that the row begins on, from 1. */
  readonly line: number;
}

export interface InvalidRow extends RowLine {
  /** As the row has it, where it has one. */
  readonly path: string | undefined;
  /** Why the row can't be used, to follow its place. It has no cell, except a purpose of letters. */
  readonly problem: string;
}

export interface UsableRow extends RowLine {
  /** As the row has it: relative to the list's folder, and `\` may separate folders. */
  readonly path: string;
  /** Any text: `prepareUserPfxCertificate` checks user principal names. */
  readonly user?: string;
  /** As it is in the list, not trimmed; not empty. */
  readonly password?: string;
  /** The path of a file that has the password, as the row has it. */
  readonly passwordFile?: string;
  readonly purpose?: PurposeChoice;
  /** 40 lower-case hexadecimal digits. */
  readonly thumbprint?: string;
  readonly problem?: undefined;
}

export type ListRow = UsableRow | InvalidRow;

export function readRow({ line, cells, problem }: CsvRecord, { indexes, count }: ListColumns): ListRow {
  if (problem !== undefined) return { line, path: undefined, problem };
  if (cells.length !== count) {
    return { line, path: undefined, problem: `has ${countOf(cells.length)}; the first line has ${count}` };
  }
  const cellOf = (column: Column) => cells[indexes.get(column) ?? -1] ?? "";
  const path = cellOf("path").trim();
  if (path === "") return { line, path: undefined, problem: "has no path" };

  const purpose = readPurpose(cellOf("purpose").trim());
  const thumbprint = readThumbprint(cellOf("thumbprint").trim());
  const invalid = purpose.problem ?? thumbprint.problem;
  if (invalid !== undefined) return { line, path, problem: invalid };

  const user = cellOf("user").trim();
  const password = cellOf("password");
  const passwordFile = cellOf("passwordFile").trim();
  return {
    line,
    path,
    ...(user !== "" && { user }),
    ...(password !== "" && { password }),
    ...(passwordFile !== "" && { passwordFile }),
    ...(purpose.value !== undefined && { purpose: purpose.value }),
    ...(thumbprint.value !== undefined && { thumbprint: thumbprint.value }),
  };
}

function countOf(cells: number): string {
  return cells === 1 ? "1 cell" : `${cells} cells`;
}

interface Read<T> {
  readonly value?: T;
  readonly problem?: string;
}

/** A purpose is repeated only if it can't be taken for a password. */
function readPurpose(cell: string): Read<PurposeChoice> {
  if (cell === "") return {};
  const value = purposeByName(cell);
  if (value !== undefined) return { value };
  const name = /^[A-Za-z]{1,20}$/.test(cell) ? `purpose "${cell}"` : "the purpose";
  return { problem: `${name} is not known (${offeredPurposes})` };
}

/** Certificate dialogs write thumbprints with spaces, colons and hidden characters. */
function readThumbprint(cell: string): Read<string> {
  if (cell === "") return {};
  const value = cell.replace(/[\s:\p{Cf}]/gu, "").toLowerCase();
  if (/^[0-9a-f]{40}$/.test(value)) return { value };
  return { problem: "the thumbprint is not SHA-1: 40 hexadecimal digits" };
}
