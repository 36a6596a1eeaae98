/** The first line of a list: which column holds what. */
import { printable } from "../bytes.ts";
import { nearest } from "./edit-distance.ts";

/** The names of a column; the first one stands for all of them in messages. */
const knownNames = {
  path: ["path", "file", "pfx", "p12", "filename"],
  user: ["user", "upn", "userPrincipalName", "email"],
  password: ["password"],
  passwordFile: ["password file"],
  purpose: ["purpose", "intendedPurpose"],
  thumbprint: ["thumbprint"],
} as const;
/** What a column holds. */
export type Column = keyof typeof knownNames;
/** The other names of the column with the paths. */
export const pathAliases = knownNames.path.slice(1).join(", ");
const columns: readonly Column[] = ["path", "user", "password", "passwordFile", "purpose", "thumbprint"];

const columnByName = new Map<string, Column>();
const writtenNames = new Map<string, string>();
for (const column of columns) {
  for (const name of knownNames[column]) {
    columnByName.set(fold(name), column);
    writtenNames.set(fold(name), name);
  }
}
const foldedNames = [...writtenNames.keys()];

/** Case, spaces, `-` and `_` don't matter in a column's name. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, "");
}

export interface ListColumns {
  /** Where each column is in a row. */
  readonly indexes: ReadonlyMap<Column, number>;
  /** The number of cells that a row must have. */
  readonly count: number;
  /** Names as the list has them, made safe to show. */
  readonly used: readonly string[];
  readonly ignored: readonly string[];
}

/** Whether a cell of the first line names the column with the paths. */
export function isPathColumn(name: string): boolean {
  return columnByName.get(fold(name)) === "path";
}

/**
 * Reads a first line that has a `path` column. Without one it may be the first line of a file with passwords, so that its
 * cells must appear in no message: call this only if {@link isPathColumn} accepts one of them.
 *
 * @returns the columns, or the problem with them, to follow the list's name in a message
 */
export function readColumns(header: readonly string[]): ListColumns | string {
  const indexes = new Map<Column, number>();
  const used: string[] = [];
  const ignored: string[] = [];
  for (const [index, cell] of header.entries()) {
    const name = cell.trim();
    const column = columnByName.get(fold(name));
    if (column === undefined) {
      const meant = writtenNames.get(nearest(fold(name), foldedNames, maxDistanceOf(name)) ?? "");
      if (meant !== undefined) return `column "${printable(name)}" is not known; did you mean "${meant}"?`;
      if (name !== "") ignored.push(printable(name));
      continue;
    }
    const first = indexes.get(column);
    if (first !== undefined) return describeTwice(header[first]?.trim() ?? "", name, knownNames[column][0]);
    indexes.set(column, index);
    used.push(printable(name));
  }
  return { indexes, count: header.length, used, ignored };
}

function describeTwice(first: string, second: string, column: string): string {
  if (fold(first) === fold(second)) return `column "${printable(second)}" is there twice`;
  return `columns "${printable(first)}" and "${printable(second)}" both mean "${column}"; leave one of them out`;
}

/** Two letters make another word of a short one: `date` is not a misspelt `path`, but `pth` is. */
function maxDistanceOf(name: string): number {
  return fold(name).length <= 5 ? 1 : 2;
}
