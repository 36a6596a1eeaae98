/** Pieces of secrets: runs of twelve characters, too long to be anywhere by chance. */

const pieceCharacters = 12;
/** Wherever a piece begins in a text, it has a whole one of the text's blocks in it. So only the blocks are looked up. */
const blockCharacters = pieceCharacters / 2;

/** The pieces of some secrets, to be found in long texts. */
export class Pieces<Label> {
  readonly #labels = new Map<string, Set<Label>>();
  readonly #blocks = new Set<string>();

  /** Whether all secrets are shorter than a piece. */
  get isEmpty(): boolean {
    return this.#labels.size === 0;
  }

  /** @param label is found with each piece of the secret. */
  add(secret: string, label: Label): void {
    for (let at = 0; at + pieceCharacters <= secret.length; at++) {
      const piece = secret.slice(at, at + pieceCharacters);
      const labels = this.#labels.get(piece);
      if (labels) labels.add(label);
      else this.#labels.set(piece, new Set([label]));
    }
    for (let at = 0; at + blockCharacters <= secret.length; at++) {
      this.#blocks.add(secret.slice(at, at + blockCharacters));
    }
  }

  /** The pieces that show in a text, and their labels. */
  *in(text: string): Generator<readonly [piece: string, labels: ReadonlySet<Label>]> {
    if (this.isEmpty) return;
    for (let block = 0; block + blockCharacters <= text.length; block += blockCharacters) {
      if (!this.#blocks.has(text.slice(block, block + blockCharacters))) continue;
      for (let at = Math.max(0, block - blockCharacters + 1); at <= block; at++) {
        const piece = text.slice(at, at + pieceCharacters);
        const labels = this.#labels.get(piece);
        if (labels) yield [piece, labels];
      }
    }
  }
}
