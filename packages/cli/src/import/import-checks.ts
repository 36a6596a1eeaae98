/** What is checked of a prepared certificate beside the library's own checks, for an import as for `inspect` and `encrypt`. */
import { type Item, type Result, resultOf } from "./item.ts";
import type { Opened } from "./open-entry.ts";

export class ImportChecks {
  readonly #allowExpired: boolean;
  /** The first source of each user and thumbprint. */
  readonly #seen = new Map<string, string>();

  constructor({ allowExpired }: { allowExpired: boolean }) {
    this.#allowExpired = allowExpired;
  }

  /** Turns an item that would not be sent into its result. */
  check(opened: Opened): Opened {
    if ("result" in opened) return opened;
    const result = this.repeated(opened.item) ?? this.expired(opened.item);
    return result === undefined ? opened : { result };
  }

  /** `skipped` where the same user and thumbprint came before in this run. */
  repeated(item: Item): Result | undefined {
    const key = `${item.facts.user.toLowerCase()} ${item.facts.thumbprint}`;
    const first = this.#seen.get(key);
    if (first !== undefined) return resultOf(item, "skipped", { code: "SAME_AS", message: `same as ${first}` });
    this.#seen.set(key, item.entry.source);
    return undefined;
  }

  /** `failed` where the certificate has expired. Encryption certificates may have: old mail needs them. */
  expired(item: Item): Result | undefined {
    const warning = item.facts.warnings.find(({ code }) => code === "EXPIRED");
    if (warning === undefined || item.facts.purpose === "SMIME_ENCRYPTION" || this.#allowExpired) return undefined;
    return resultOf(item, "failed", warning);
  }

  /** The same files will come again. */
  forget(): void {
    this.#seen.clear();
  }
}
