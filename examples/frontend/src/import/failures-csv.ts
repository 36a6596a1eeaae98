/** What was not imported, as a CSV for Excel: the columns of the command line's report. It holds no password, no token and no key. */
import { csvRow } from "intune-pfx-client/lists";
import { judge, type Row } from "./rows.ts";
import { statusWords } from "./words.ts";

const columns = ["source", "user", "thumbprint", "purpose", "expires", "outcome", "code", "message", "graphRequestId"];

export function failuresOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => ["locked", "problem", "failed", "notTried"].includes(judge(row).status));
}

export function failuresCsv(rows: readonly Row[]): string {
  const lines = failuresOf(rows).map((row) => {
    const { facts, outcome } = row;
    const { status, code, message } = judge(row);
    const user = facts?.user ?? row.changes.user ?? row.givenUser;
    const rules = outcome?.invalid?.map((rule) => `${rule.path}: ${rule.message}`) ?? [];
    return csvRow([
      row.name,
      user,
      facts?.thumbprint,
      facts?.purpose,
      facts?.expirationDateTime,
      status === "problem" || status === "locked" ? "failed" : statusWords[status],
      code,
      [message, ...rules].filter((text) => text !== undefined).join(" "),
      outcome?.graphRequestId,
    ]);
  });
  return `\uFEFF${csvRow(columns)}${lines.join("")}`;
}

/** Hands a text to the browser as a file. */
export function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after this
}
