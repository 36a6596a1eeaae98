/**
 * The rounds of key derivation that one file may ask for. They are counted before any of them is done, so that a file made to
 * keep a processor busy for hours costs nothing.
 */
import { PfxError } from "../pfx-error.ts";

/** What WebCrypto takes for one derivation. */
const maxAtOnce = 2 ** 31 - 1;

export class IterationBudget {
  readonly #max: number;
  #asked = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws {PfxError} `TOO_EXPENSIVE` */
  spend(derivations: readonly { readonly iterations: number }[]): void {
    for (const { iterations } of derivations) this.#asked += iterations;
    const isCountable = derivations.every(({ iterations }) => iterations <= maxAtOnce);
    if (isCountable && this.#asked <= this.#max) return;
    throw new PfxError(
      "TOO_EXPENSIVE",
      `this file asks for ${this.#asked} rounds of key derivation; at most ${this.#max} are done`,
      { iterations: this.#asked },
    );
  }
}
