/** What an import has come to: counts, failures grouped by code, and what to do next. */
import { ExitCode } from "../cli-error.ts";
import { printable } from "../files/printable.ts";
import type { OutputStream } from "../io.ts";
import { wrap } from "../output/wrap.ts";
import type { OutcomeName, Result } from "./item.ts";
import { outcomeWords } from "./report.ts";

const order: readonly OutcomeName[] = ["created", "replaced", "alreadyThere", "skipped", "failed", "notTried"];
const filesPerCode = 3;

export class Summary {
  readonly counts: Record<OutcomeName, number> = {
    created: 0,
    replaced: 0,
    alreadyThere: 0,
    skipped: 0,
    failed: 0,
    notTried: 0,
  };
  /** The sources of the first failures of each code, and how many there are. */
  readonly #failures = new Map<string, { count: number; sources: string[] }>();

  add({ outcome, code = "", source }: Result): void {
    this.counts[outcome] += 1;
    if (outcome !== "failed") return;
    const failures = this.#failures.get(code) ?? { count: 0, sources: [] };
    failures.count += 1;
    if (failures.sources.length < filesPerCode) failures.sources.push(source);
    this.#failures.set(code, failures);
  }

  get done(): number {
    return order.reduce((sum, outcome) => sum + (outcome === "notTried" ? 0 : this.counts[outcome]), 0);
  }

  /** `588 created, 6 already in Intune, 6 failed`; counts that are 0 are left out. */
  line(): string {
    const parts = order
      .filter((outcome) => this.counts[outcome] > 0)
      .map((outcome) => `${this.counts[outcome]} ${outcomeWords[outcome]}`);
    return parts.length === 0 ? "nothing done" : parts.join(", ");
  }

  /** A row for each code of failures, the most frequent first; names that do not fit `stream` go on below the others. */
  failureTable(stream: OutputStream): string[] {
    if (this.#failures.size === 0) return [];
    const rows = [...this.#failures].sort(([, one], [, other]) => other.count - one.count);
    const width = Math.max("CODE".length, ...rows.map(([code]) => code.length));
    const filesColumn = "  FAILED  ".length + width + 2;
    return [
      `  FAILED  ${"CODE".padEnd(width)}  FILES`,
      ...rows.map(([code, { count, sources }]) => {
        const more = count > sources.length ? `, and ${count - sources.length} more` : "";
        const row = `  ${String(count).padStart(6)}  ${code.padEnd(width)}  ${sources.map(printable).join(", ")}${more}`;
        return wrap(row, stream, filesColumn);
      }),
    ];
  }

  /** What to do about codes whose message alone leads astray. */
  advice(): string[] {
    return this.#failures.has("OTHER_KEY")
      ? [
          "OTHER_KEY: check --key-name first, then --provider and --padding. Devices can't",
          "open files that are sent under a wrong key name. If the connector has a new",
          "key, --replace sends the files again.",
        ]
      : [];
  }

  get exitCode(): ExitCode {
    return this.counts.failed > 0 ? ExitCode.FAILED : ExitCode.DONE;
  }
}
