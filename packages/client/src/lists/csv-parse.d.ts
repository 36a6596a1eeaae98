/** What is used of csv-parse, for programs without Node.js' types, which csv-parse's own would bring along: see tsconfig.json. */
export interface Options {
  delimiter?: string;
  record_delimiter?: string[];
  relax_column_count?: boolean;
  relax_quotes?: boolean;
  max_record_size?: number;
  to?: number;
  /** What it returns is the record; `null` leaves it out. */
  on_record?: (cells: string[], context: { readonly bytes: number }) => null;
}
export type CsvErrorCode =
  | "CSV_INVALID_CLOSING_QUOTE"
  | "CSV_MAX_RECORD_SIZE"
  | "CSV_QUOTE_NOT_CLOSED"
  | "INVALID_OPENING_QUOTE";
export class CsvError extends Error {
  readonly code: CsvErrorCode;
  readonly index?: unknown;
}
export function parse(csv: Uint8Array, options: Options): unknown[];
