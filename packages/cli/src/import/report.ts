/** `--report`: what became of each file, for Excel. It holds no password, no token and no key. */
import type { Io } from "../io.ts";
import { CsvFile } from "../output/csv-writer.ts";
import { purposeWord } from "../output/words.ts";
import type { OutcomeName, Result } from "./item.ts";

const columns = ["source", "user", "thumbprint", "purpose", "expires", "outcome", "code", "message", "graphRequestId"];

export const outcomeWords: Readonly<Record<OutcomeName, string>> = {
  created: "created",
  replaced: "replaced",
  alreadyThere: "already in Intune",
  skipped: "skipped",
  failed: "failed",
  notTried: "not tried",
};

export class Report {
  readonly #csv: CsvFile;

  constructor(file: string, io: Io) {
    this.#csv = new CsvFile(file, "--report", columns, io);
  }

  get file(): string {
    return this.#csv.file;
  }

  add({ source, facts, user, outcome, code, message, graphRequestId }: Result): void {
    this.#csv.add([
      source,
      user,
      facts?.thumbprint,
      facts && purposeWord(facts.purpose),
      facts?.expirationDateTime,
      outcomeWords[outcome],
      code,
      message,
      graphRequestId,
    ]);
  }

  close(): void {
    this.#csv.close();
  }
}
