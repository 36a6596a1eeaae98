/** What a dry run prints: counts, where users came from, and what can't be imported. */
import type { OutputStream } from "../io.ts";
import { roughDuration } from "../output/words.ts";
import { wrap } from "../output/wrap.ts";
import type { ItemFacts } from "./item.ts";
import type { Summary } from "./summary.ts";
import type { CheckedItem, Plan } from "./view.ts";

const sourceWords: Readonly<Record<ItemFacts["userSource"], string>> = {
  "file name": "the file name",
  list: "the list",
  option: "--user",
  userPrincipalName: "certificate's UPN",
  emailAddress: "certificate's e-mail address",
};

/** @param seconds how long the import would take at Graph's quota */
export function dryRunText(
  plan: Plan,
  items: readonly CheckedItem[],
  { summary, seconds, stream }: { summary: Summary; seconds: number; stream: OutputStream },
): string {
  const rows = [
    row(plan.toImport, "would be imported", `user from ${usersFrom(items)}`),
    row(plan.toReplace, "would be sent anew", "in the place of those in Intune"),
    row(plan.alreadyThere, "already in Intune", "skipped"),
    row(summary.counts.skipped, "twice in this run", "skipped"),
    row(plan.failed, "can't be imported", ""),
  ].filter((line) => line !== "");
  const table = summary.failureTable(stream);
  const advice = summary.advice();
  const work = plan.toImport + plan.toReplace;
  const time = work > 0 ? ` The import takes ${roughDuration(seconds)} (Graph takes 100 in 20 s).` : "";
  const lines = [
    ...rows,
    ...(table.length > 0 ? ["", ...table] : []),
    ...(advice.length > 0 ? ["", ...advice] : []),
    "",
    `Nothing was changed.${time}`,
    ...(work > 0 ? ["Only Graph can tell whether it accepts them."] : []),
    "",
  ];
  return lines.map((line) => wrap(line, stream)).join("\n");
}

function row(count: number, what: string, remark: string): string {
  return count === 0 ? "" : `${String(count).padStart(5)}  ${what.padEnd(19)}${remark}`.trimEnd();
}

function usersFrom(items: readonly CheckedItem[]): string {
  const counts = new Map<string, number>();
  for (const { state, facts } of items) {
    if (state === "already there") continue;
    const words = sourceWords[facts.userSource];
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return [...counts].map(([words, count]) => `${words} ${count}`).join(", ");
}
