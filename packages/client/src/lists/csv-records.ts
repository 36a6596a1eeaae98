/**
 * The cells of a CSV, by csv-parse. Its errors quote cells, which may be passwords, in their messages and properties: none of
 * that is passed on, and no error here has a `cause`. It is csv-parse's build for browsers, which runs in Node.js as well.
 */
import { CsvError, type CsvErrorCode, type Options, parse } from "csv-parse/browser/esm/sync";

export interface CsvRecord {
  /** The line that the record begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Why the cells can't be trusted; never with a cell. */
  readonly problem?: string;
}

/** Where a CSV can't be read, and why; never with a cell. */
export class CsvProblem extends Error {
  override get name(): string {
    return "CsvProblem";
  }
}

const separators = [",", ";", "\t"] as const;
export type Separator = (typeof separators)[number];

/** More than any list needs; what is longer has most likely a quote that is not closed. */
const maxRecordBytes = 1024 * 1024;

/**
 * The separator by which the first line has a cell that `isWanted` accepts; of several, the one that gives the most cells.
 *
 * @returns `undefined` where there is none
 * @throws {CsvProblem} where no separator makes the first line readable
 */
export function findSeparator(csv: Uint8Array, isWanted: (cell: string) => boolean): Separator | undefined {
  let best: { separator: Separator; cells: number } | undefined;
  const problems: unknown[] = [];
  for (const separator of separators) {
    try {
      const [header] = readRecords(csv, separator, { maxRecords: 1 });
      if (header === undefined || !header.cells.some(isWanted)) continue;
      if (best === undefined || header.cells.length > best.cells) best = { separator, cells: header.cells.length };
    } catch (problem) {
      problems.push(problem);
    }
  }
  if (problems.length === separators.length) throw problems[0];
  return best?.separator;
}

/**
 * All records, the first line's too. Lines end in CRLF, LF or CR. Quotes follow RFC 4180; in a cell that does not begin with
 * one they are characters like any other, as for Excel.
 *
 * @throws {CsvProblem} where quotes leave open where a cell ends
 */
export function readRecords(csv: Uint8Array, separator: Separator, { maxRecords = Infinity } = {}): CsvRecord[] {
  const records: CsvRecord[] = [];
  let line = 1;
  let offset = 0;
  const parseRest = (options: Options & { to: number }) => {
    const start = offset;
    parse(csv.subarray(start), {
      delimiter: separator,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true, // A row with too many cells is that row's failure.
      max_record_size: maxRecordBytes,
      ...options,
      on_record: (cells, { bytes }) => {
        const problem = options.relax_quotes === true ? problemOfQuotes(cells) : undefined;
        records.push({ line, cells, ...(problem !== undefined && { problem }) });
        // csv-parse counts a CRLF inside quotes as two lines.
        line += 1 + cells.reduce((breaks, cell) => breaks + countLineBreaks(cell), 0);
        offset = start + bytes;
        return null;
      },
    });
  };
  while (offset < csv.length && records.length < maxRecords) {
    try {
      parseRest({ to: maxRecords === Infinity ? -1 : maxRecords - records.length });
      break;
    } catch (error) {
      if (!hasStrayQuote(error)) throw problemAt(line, error);
    }
    const first = line;
    try {
      parseRest({ to: 1, relax_quotes: true });
    } catch (error) {
      throw problemAt(first, error);
    }
    if (line !== first + 1) throw new CsvProblem(`line ${first}: a quote is not closed`);
  }
  return records;
}

/** csv-parse takes stray quotes for characters only if it takes wrong quotes around cells for such as well. */
function hasStrayQuote(error: unknown): boolean {
  return error instanceof CsvError && error.code === "INVALID_OPENING_QUOTE";
}

function problemOfQuotes(cells: readonly string[]): string | undefined {
  const index = cells.findIndex((cell) => cell.trimStart().startsWith('"'));
  return index < 0 ? undefined : `column ${index + 1}: quotes must enclose the whole cell, and be doubled inside it`;
}

function countLineBreaks(cell: string): number {
  return cell.match(/\r\n|\n|\r/g)?.length ?? 0;
}

function problemAt(line: number, error: unknown): CsvProblem {
  return new CsvProblem(`line ${line}${describe(error)}`);
}

/** The rest of a message that begins with the line. */
function describe(error: unknown): string {
  if (!(error instanceof CsvError)) return ": can't be read as CSV";
  const code: CsvErrorCode = error.code;
  const column = typeof error.index === "number" ? `, column ${error.index + 1}` : "";
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return ": a quote is not closed";
    case "CSV_INVALID_CLOSING_QUOTE":
      return `${column}: a quote is not closed, or does not enclose the whole cell, or is not doubled inside it`;
    case "CSV_MAX_RECORD_SIZE":
      return ": a quote is not closed, or the row is longer than 1 MiB";
    default:
      return `: can't be read as CSV (${code})`;
  }
}
