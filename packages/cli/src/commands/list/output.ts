/** The rows of a list: as a table for people and programs, as a CSV for Excel, as objects of `--json`. */
import type { Io } from "../../io.ts";
import { CsvFile } from "../../output/csv-writer.ts";
import type { JsonLines } from "../../output/json-lines.ts";
import { type Column, formatTable } from "../../output/table.ts";
import { purposeWord } from "../../output/words.ts";
import { type MissingUser, whyText } from "./missing.ts";
import { dateText, dateTimeText, type ListRow } from "./rows.ts";

/** Narrower windows get fewer columns. */
const wideEnough = 60;

/** A table of a list, whatever its rows are about. */
export interface ListTable {
  /** Lower-case names, for programs. */
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** For a terminal of the given width. */
  terminal(width: number): { readonly columns: readonly Column[]; readonly rows: readonly (readonly string[])[] };
  /** Below each row on a terminal, where it fits. */
  readonly below?: readonly string[];
}

/** @param showIds - whether a terminal shows ids too: each fills a line */
export function certificateTable(rows: readonly ListRow[], now: Date, { showIds }: { showIds: boolean }): ListTable {
  const cells = rows.map(({ expiresMs, days, purpose, user, thumbprint, id, newerMs }) => ({
    expires: dateText(expiresMs),
    days: days === undefined ? "" : String(days),
    purpose: purpose === undefined ? "" : purposeWord(purpose),
    user,
    thumbprint,
    id,
    newer: dateText(newerMs),
    newerText:
      newerMs === undefined ? "none" : `${newerMs > now.getTime() ? "valid to" : "expired"} ${dateText(newerMs)}`,
  }));
  return {
    names: ["expires", "days", "purpose", "user", "thumbprint", "id", "newer"],
    rows: cells.map((row) => [row.expires, row.days, row.purpose, row.user, row.thumbprint, row.id, row.newer]),
    terminal: (width) =>
      width >= wideEnough
        ? {
            columns: [
              { title: "EXPIRES" },
              { title: "DAYS", align: "right" },
              { title: "PURPOSE" },
              { title: "USER", canShrink: true },
              { title: "NEWER ONE" },
            ],
            rows: cells.map((row) => [row.expires, row.days, row.purpose, row.user, row.newerText]),
          }
        : {
            columns: [{ title: "EXPIRES" }, { title: "PURPOSE" }, { title: "USER", canShrink: true }],
            rows: cells.map((row) => [row.expires, row.purpose, row.user]),
          },
    ...(showIds ? { below: cells.map(({ id }) => `  ${id}`) } : {}),
  };
}

export function missingTable(users: readonly MissingUser[]): ListTable {
  const rows = users.map((each) => [each.user, whyText(each)]);
  return {
    names: ["user", "why"],
    rows,
    terminal: () => ({ columns: [{ title: "USER", canShrink: true }, { title: "WHY" }], rows }),
  };
}

/** @returns whether everything fitted, ids too */
export function printTable({ names, rows, terminal, below = [] }: ListTable, { stdout }: Io): boolean {
  if (stdout.isTTY !== true) {
    const columns = names.map((title) => ({ title }));
    stdout.write(formatTable(columns, rows, stdout));
    return true;
  }
  if (rows.length === 0) return true;
  const width = stdout.columns ?? 80;
  const shown = terminal(width);
  const lines = formatTable(shown.columns, shown.rows, stdout).split("\n");
  const fits = below.every((line) => line.length < width);
  const [header = "", ...others] = lines;
  const withBelow = fits ? others.flatMap((line, index) => [line, ...below.slice(index, index + 1)]) : others;
  stdout.write([header, ...withBelow].join("\n"));
  return fits;
}

/** @throws {CliError} exit code 64 where the file can't be written */
export function writeCsv({ names, rows }: ListTable, file: string, io: Io): string {
  const csv = new CsvFile(file, "--csv", names, io);
  try {
    for (const row of rows) csv.add(row);
  } finally {
    csv.close();
  }
  return csv.file;
}

export function writeCertificates(json: JsonLines, rows: readonly ListRow[]): void {
  for (const { id, user, thumbprint, purpose, startsMs, expiresMs, days, newerMs, keyName } of rows) {
    json.write("certificate", {
      id,
      user,
      thumbprint,
      purpose,
      startDateTime: dateTimeText(startsMs),
      expirationDateTime: dateTimeText(expiresMs),
      days,
      newer: dateTimeText(newerMs),
      keyName,
    });
  }
}

export function writeMissing(json: JsonLines, users: readonly MissingUser[]): void {
  for (const { user, why, dateMs } of users) json.write("user", { user, why, dateTime: dateTimeText(dateMs) });
}
