/** `--users FILE`: whom a list is about. No message has a cell: a file with passwords may have been named by mistake. */
import path from "node:path";
import { CsvProblem, decodeText, findSeparator, readRecords } from "intune-pfx-client/lists";
import { type CliError, usageError } from "../../cli-error.ts";
import { whyUnreadable } from "../../files/file-error.ts";
import { isListName } from "../../files/file-kinds.ts";
import { printable } from "../../files/printable.ts";
import { readUpTo } from "../../files/read-file-bytes.ts";
import type { Io } from "../../io.ts";

const maxBytes = 64 * 1024 * 1024;

/** The names of the column, folded; an export of a directory may have several of them, of which the first one counts. */
const columnNames = ["userprincipalname", "upn", "user", "email", "mail"];

export interface Users {
  /** Each user once, in the file's order and spelling. */
  readonly users: readonly string[];
  /** As messages name the file. */
  readonly name: string;
}

/** Whether `text` has the form of a user principal name. */
export function looksLikeUser(text: string): boolean {
  return text.length <= 1024 && /^[^\s@"<>:,;\p{C}]+@[^\s@"<>:,;\p{C}]+$/u.test(text);
}

/**
 * Reads a CSV that has a column `user`, or a text file with a user principal name on each line.
 *
 * @param file - as the user named it, relative to `io.folder`
 * @throws {CliError} exit code 64
 */
export async function readUsers(file: string, io: Pick<Io, "folder">): Promise<Users> {
  const name = printable(file);
  const text = await readText(path.resolve(io.folder, file), name);
  try {
    const cells = readColumn(Buffer.from(text)) ?? readLines(text, isListName(file));
    const users = new Map<string, string>();
    for (const { line, cell } of cells) {
      const user = cell.trim();
      if (user === "") continue;
      if (!looksLikeUser(user)) throw new CsvProblem(`line ${line}: the user is no user principal name`);
      if (!users.has(user.toLowerCase())) users.set(user.toLowerCase(), user);
    }
    if (users.size === 0) throw new CsvProblem("has no users");
    return { users: [...users.values()], name };
  } catch (error) {
    throw error instanceof CsvProblem ? invalid(name, error.message) : error;
  }
}

interface Cell {
  readonly line: number;
  readonly cell: string;
}

/** The cells of the column with the users; `undefined` where the first line names no such column. */
function readColumn(csv: Buffer): Cell[] | undefined {
  const rankOf = (cell: string) => columnNames.indexOf(cell.toLowerCase().replace(/[\s_-]/g, ""));
  const separator = findSeparator(csv, (cell) => rankOf(cell) >= 0);
  if (separator === undefined) return undefined;
  const [header, ...records] = readRecords(csv, separator);
  const [column] = (header?.cells ?? [])
    .map((cell, index) => ({ index, rank: rankOf(cell) }))
    .filter(({ rank }) => rank >= 0)
    .sort((one, other) => one.rank - other.rank);
  return records.map(({ line, cells }) => ({ line, cell: cells[column?.index ?? 0] ?? "" }));
}

/** @param isCsv - whether the name promises columns, which the first line then should have named */
function readLines(text: string, isCsv: boolean): Cell[] {
  const lines = text.split(/\r\n|\n|\r/).map((cell, index) => ({ line: index + 1, cell }));
  const first = lines.find(({ cell }) => cell.trim() !== "");
  if (isCsv && !looksLikeUser(first?.cell.trim() ?? "")) {
    throw new CsvProblem(
      'the first line must have a column "user"\n  (also called userPrincipalName, upn, email, mail)',
    );
  }
  return lines;
}

async function readText(file: string, name: string): Promise<string> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readUpTo(file, maxBytes);
  } catch (error) {
    throw usageError("LIST_UNREADABLE", `${name} can't be read: ${whyUnreadable(error)}.`, { option: "--users" });
  }
  if (bytes === undefined) throw invalid(name, "is larger than 64 MiB");
  const text = decodeText(bytes);
  if (text === undefined) throw invalid(name, 'is neither UTF-8 nor UTF-16; in Excel choose "CSV UTF-8"');
  return text;
}

function invalid(name: string, problem: string): CliError {
  return usageError("LIST_INVALID", `${name}: ${problem}`, { option: "--users" });
}
