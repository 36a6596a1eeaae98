/** Cells survive the way into a CSV and out of it. */
import fc from "fast-check";
import { findSeparator, readRecords } from "intune-pfx-client/lists";
import { describe, expect, it } from "vitest";

const separator = fc.constantFrom(",", ";", "\t");
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const character = fc.oneof(
  fc.constantFrom('"', ",", ";", "\t", "\n", "\r", "\r\n", " ", "'", "\\", "=", "\u00df", "\u{1f600}"),
  fc.string({ maxLength: 3, unit: "binary" }),
);
const cell = fc.array(character, { maxLength: 8 }).map((parts) => Buffer.from(parts.join("")).toString());
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

describe("the cells of a CSV", () => {
  it("come back as they were written, with the line of each row", () => {
    fc.assert(
      fc.property(table, separator, lineEnd, fc.boolean(), (rows, separator, end, endsWithLineEnd) => {
        const needsQuotes = new RegExp(`["\r\n${separator}]`);
        const lines = rows.map((cells) =>
          cells.map((cell) => (needsQuotes.test(cell) ? quoted(cell) : cell)).join(separator),
        );
        // A last line without any character is no row.
        const csv = lines.join(end) + (endsWithLineEnd || lines.at(-1) === "" ? end : "");
        const records = readRecords(Buffer.from(csv), separator);

        expect(records.map(({ cells }) => cells)).toEqual(rows);
        let line = 1;
        for (const [index, record] of records.entries()) {
          expect(record.line).toBe(line);
          line += (lines[index] ?? "").split(/\r\n|\n|\r/).length;
        }
      }),
      { numRuns: 500 },
    );
  });

  it("come back where every cell is quoted, and the separator is told by the first line", () => {
    fc.assert(
      fc.property(table, separator, lineEnd, (rows, separator, end) => {
        const header = (rows[0] ?? []).map((_, index) => `"column ${index}"`);
        const all = [[...header, "path"], ...rows.map((cells) => [...cells.map(quoted), quoted("a.pfx")])];
        const csv = Buffer.from(all.map((cells) => cells.join(separator)).join(end));

        expect(findSeparator(csv, (cell) => cell === "path")).toBe(separator);
        expect(
          readRecords(csv, separator)
            .slice(1)
            .map(({ cells }) => cells),
        ).toEqual(rows.map((cells) => [...cells, "a.pfx"]));
      }),
      { numRuns: 300 },
    );
  });

  it("come back where quotes stand inside cells without quotes", () => {
    const words = fc
      .array(fc.constantFrom("a", '"', " ", "\u00df"), { maxLength: 5 })
      .map((parts) => `x${parts.join("")}`);
    const rows = fc.array(fc.array(words, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(rows, lineEnd, (rows, end) => {
        const csv = rows.map((cells) => cells.join(";")).join(end);

        expect(readRecords(Buffer.from(csv), ";")).toEqual(rows.map((cells, index) => ({ line: index + 1, cells })));
        expect(readRecords(Buffer.from(csv), ";", { maxRecords: 1 })).toEqual([{ line: 1, cells: rows[0] }]);
      }),
      { numRuns: 300 },
    );
  });

  it("end in cells or in a problem, whatever the bytes are", () => {
    const pieces = fc.array(fc.constantFrom('"', ",", ";", "\t", "\n", "\r", "path", "canary", " "), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, (pieces) => {
        const csv = Buffer.from(pieces.join(""));
        try {
          const separator = findSeparator(csv, (cell) => cell === "path");
          if (separator !== undefined) expect(readRecords(csv, separator).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({
            name: "CsvProblem",
            message: expect.stringMatching(/^line \d+(, column \d+)?: /),
          });
          expect(String(error)).not.toContain("canary");
        }
      }),
      { numRuns: 1000 },
    );
  });
});
