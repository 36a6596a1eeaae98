/** Looks at certificates by id, and deletes them one at a time. */
import { DeleteUserPfxCertificateDocument, UserPfxCertificateDocument } from "intune-pfx-client/operations";
import { CliError, ExitCode } from "../../cli-error.ts";
import type { Session } from "../../gateway/session.ts";
import type { DeleteView, FoundCertificate } from "./delete-view.ts";

interface DeleteParts {
  readonly session: Session;
  readonly view: DeleteView;
  /** Nothing new is begun once it is aborted. */
  readonly stopped: AbortSignal;
  /** `--even-encryption` */
  readonly evenEncryption: boolean;
}

export class DeleteRun {
  readonly #parts: DeleteParts;
  #isUnderWay = false;

  constructor(parts: DeleteParts) {
    this.#parts = parts;
  }

  /** Whether a request that deletes is under way. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /**
   * Reads every certificate. Those that are not there or must not be deleted fail here, before anything is deleted.
   *
   * @throws {CliError} where the run can't go on, or was interrupted
   */
  async look(ids: readonly string[]): Promise<FoundCertificate[]> {
    const { session, view, stopped, evenEncryption } = this.#parts;
    const found: FoundCertificate[] = [];
    for (const [index, id] of ids.entries()) {
      if (stopped.aborted) throw interrupted();
      view.progress("Reading", index + 1, ids.length);
      const outcome = await session.call("UserPfxCertificate", UserPfxCertificateDocument, { id });
      if ("failure" in outcome) {
        const { code, message, graphRequestId } = outcome.failure;
        view.result({ id, outcome: "failed", code, message, graphRequestId });
        continue;
      }
      const certificate = outcome.data.userPfxCertificate;
      if (certificate === null) {
        const message =
          "there is no certificate with this id: 'intune-pfx list' prints the ids of those that there are";
        view.result({ id, outcome: "failed", code: "NOT_FOUND", message });
      } else if (mayBeForEncryption(certificate) && !evenEncryption) {
        const message = "old mail can't be read without it; to delete it all the same, add --even-encryption";
        view.result({ id, outcome: "failed", certificate, code: "ENCRYPTION", message });
      } else found.push(certificate);
    }
    view.clear();
    return found;
  }

  /** @throws {CliError} where the run can't go on; what has no result then was not tried, and the view knows it */
  async delete(certificates: readonly FoundCertificate[]): Promise<void> {
    const { session, view, stopped } = this.#parts;
    const outstanding = new Map(certificates.map((certificate) => [certificate.id, certificate]));
    try {
      for (const certificate of certificates) {
        if (stopped.aborted) return;
        const { id } = certificate;
        view.progress("Deleting", certificates.length - outstanding.size + 1, certificates.length);
        this.#isUnderWay = true;
        const outcome = await session.call("DeleteUserPfxCertificate", DeleteUserPfxCertificateDocument, {
          deletedId: id,
        });
        this.#isUnderWay = false;
        outstanding.delete(id);
        if ("data" in outcome) view.result({ id, outcome: "deleted", certificate });
        // It was there a moment ago: an answer was lost and the request repeated, or somebody else was faster.
        else if (outcome.failure.code === "NOT_FOUND") view.result({ id, outcome: "gone", certificate });
        else {
          const { code, message, graphRequestId } = outcome.failure;
          view.result({ id, outcome: "failed", certificate, code, message, graphRequestId });
        }
      }
    } finally {
      this.#isUnderWay = false;
      for (const [id, certificate] of outstanding) view.result({ id, outcome: "notTried", certificate });
    }
  }
}

/** Graph may leave the purpose out: then nobody knows. */
function mayBeForEncryption({ intendedPurpose }: FoundCertificate): boolean {
  return intendedPurpose === "SMIME_ENCRYPTION" || intendedPurpose === null;
}

export function interrupted(): CliError {
  return new CliError(ExitCode.INTERRUPTED, "INTERRUPTED", "Interrupted. Nothing was deleted.");
}
