/** What a delete shows: for people on standard error, for programs on standard output. */

import type { UserPfxCertificateQuery } from "intune-pfx-client/operations";
import { printable } from "../../files/printable.ts";
import type { Wait } from "../../gateway/session.ts";
import type { Io } from "../../io.ts";
import { JsonLines } from "../../output/json-lines.ts";
import { ProgressLine } from "../../output/progress-line.ts";
import { formatTable } from "../../output/table.ts";
import { count, duration, purposeWord } from "../../output/words.ts";
import { wrap } from "../../output/wrap.ts";

export type FoundCertificate = NonNullable<UserPfxCertificateQuery["userPfxCertificate"]>;

/** `gone`: it was there when this run looked, and is not there any more. */
export type DeleteOutcome = "deleted" | "gone" | "failed" | "notTried";

export interface DeleteResult {
  readonly id: string;
  readonly outcome: DeleteOutcome;
  readonly certificate?: FoundCertificate | undefined;
  readonly code?: string;
  readonly message?: string;
  readonly graphRequestId?: string | undefined;
}

const outcomeWords: Readonly<Record<DeleteOutcome, string>> = {
  deleted: "deleted",
  gone: "already gone",
  failed: "failed",
  notTried: "not tried",
};
const order: readonly DeleteOutcome[] = ["deleted", "gone", "failed", "notTried"];

export class DeleteView {
  readonly counts: Record<DeleteOutcome, number> = { deleted: 0, gone: 0, failed: 0, notTried: 0 };
  readonly #io: Io;
  readonly #json: JsonLines | undefined;
  readonly #line: ProgressLine;
  readonly #startedAtMs: number;

  constructor(io: Io, isJson: boolean) {
    this.#io = io;
    this.#json = isJson ? new JsonLines(io) : undefined;
    this.#line = new ProgressLine(io);
    this.#startedAtMs = io.now().getTime();
  }

  note(message: string): void {
    if (this.#json === undefined) this.#line.print(wrap(message, this.#io.stderr));
    else this.#json.write("note", { message });
  }

  /** What would be deleted, before the question. */
  found(certificates: readonly FoundCertificate[]): void {
    if (this.#json !== undefined || certificates.length === 0) return;
    const rows = certificates.map(({ intendedPurpose, userPrincipalName, expirationDateTime, thumbprint }) => [
      intendedPurpose === null ? "" : purposeWord(intendedPurpose),
      `${thumbprint?.slice(0, 8) ?? ""}...`,
      `valid to ${expirationDateTime?.slice(0, 10) ?? "?"}`,
      userPrincipalName ?? "",
    ]);
    const columns = [
      { title: "PURPOSE" },
      { title: "THUMBPRINT" },
      { title: "VALIDITY" },
      { title: "USER", canShrink: true },
    ];
    this.#line.print(formatTable(columns, rows, this.#io.stderr).trimEnd());
  }

  progress(verb: string, done: number, total: number): void {
    if (this.#json !== undefined) return;
    this.#line.show([`${verb} ${done} of ${total}`, this.counts.failed > 0 ? `${this.counts.failed} failed` : ""]);
  }

  wait({ seconds, code, message }: Wait): void {
    if (this.#json === undefined) this.#line.show([`Waiting ${seconds} s: ${message}`]);
    else this.#json.write("wait", { seconds, code });
  }

  result({ id, outcome, certificate, code, message, graphRequestId }: DeleteResult): void {
    this.counts[outcome] += 1;
    if (this.#json !== undefined) {
      this.#json.write("item", {
        id,
        outcome,
        user: certificate?.userPrincipalName ?? undefined,
        thumbprint: certificate?.thumbprint ?? undefined,
        purpose: certificate?.intendedPurpose ?? undefined,
        expirationDateTime: certificate?.expirationDateTime ?? undefined,
        code,
        message,
        graphRequestId,
      });
    } else if (outcome === "failed") {
      const whose = certificate?.userPrincipalName == null ? "" : ` (${printable(certificate.userPrincipalName)})`;
      const ids = [code, graphRequestId === undefined ? "" : `Graph request ${graphRequestId}`].filter(Boolean);
      this.note(`${printable(id)}${whose}\n  ${message ?? ""} (${ids.join(", ")})`);
    }
  }

  clear(): void {
    this.#line.clear();
  }

  interrupted(isUnderWay: boolean): void {
    if (this.#json !== undefined) this.#json.write("interrupted", { underWay: isUnderWay ? 1 : 0 });
    else if (isUnderWay)
      this.note("Finishing the one under way (up to 25 s). Ctrl-C again stops at once; that is safe too.");
  }

  end(wasInterrupted: boolean): void {
    if (this.#json !== undefined) {
      this.#json.write("end", { ...this.counts, interrupted: wasInterrupted || undefined });
      return;
    }
    const parts = order
      .filter((outcome) => this.counts[outcome] > 0)
      .map((outcome) => `${this.counts[outcome]} ${outcomeWords[outcome]}`);
    const took = duration(this.#io.now().getTime() - this.#startedAtMs);
    this.note(`${parts.length === 0 ? "Nothing deleted" : parts.join(", ")}, in ${took}`);
    if (this.counts.notTried > 0) this.note("Run the same command again to go on.");
  }
}

/** `Delete 2 certificates of 1 user? …` */
export function deleteQuestion(certificates: readonly FoundCertificate[]): string {
  const users = new Set(certificates.map(({ userPrincipalName }) => userPrincipalName?.toLowerCase()));
  return `Delete ${count(certificates.length, "certificate")} of ${count(users.size, "user")}? Devices lose ${certificates.length === 1 ? "it" : "them"}.`;
}
