/** What an import checks of a prepared certificate, beside the library's own checks. `inspect` and `encrypt` check the same. */
import { resultOf } from "../import/item.ts";
import type { Opened } from "../import/open-entry.ts";

export class ImportChecks {
  readonly #allowExpired: boolean;
  /** The first source of each user and thumbprint. */
  readonly #seen = new Map<string, string>();

  constructor({ allowExpired }: { allowExpired: boolean }) {
    this.#allowExpired = allowExpired;
  }

  /**
   * Turns an item that would not be sent into a result: `skipped` where the same user and thumbprint came before, `failed`
   * where the certificate has expired. Encryption certificates may have expired: old mail needs them.
   */
  check(opened: Opened): Opened {
    if ("result" in opened) return opened;
    const { item } = opened;
    const { facts, entry } = item;
    const key = `${facts.user.toLowerCase()} ${facts.thumbprint}`;
    const first = this.#seen.get(key);
    if (first !== undefined) {
      return { result: resultOf(item, "skipped", { code: "SAME_AS", message: `same as ${first}` }) };
    }
    this.#seen.set(key, entry.source);
    const expired = facts.warnings.find(({ code }) => code === "EXPIRED");
    if (expired === undefined || facts.purpose === "SMIME_ENCRYPTION" || this.#allowExpired) return opened;
    return { result: resultOf(item, "failed", expired) };
  }
}
