/**
 * Parsed and validated documents, kept so that the next request with the same text need not begin anew. Documents with
 * text of a caller's in them are not kept: a literal may be a secret, and would stay in memory for as long as the document.
 */
import type { DocumentNode } from "graphql";
import { TokenKind } from "graphql";
import { LRUCache } from "lru-cache";

/** Parsed documents are large, about 300 bytes for each token: all of them together take some 30 MB at the most. */
const maxTokensKept = 100_000;

const texts: readonly TokenKind[] = [TokenKind.STRING, TokenKind.BLOCK_STRING, TokenKind.COMMENT];

interface Entry {
  readonly document: DocumentNode;
  readonly tokens: number;
}

/** Apollo Server's `documentStore`. The documents used last stay longest. */
export class DocumentStore {
  readonly #entries = new LRUCache<string, Entry>({
    maxSize: maxTokensKept,
    sizeCalculation: ({ tokens }) => Math.max(1, tokens),
  });
  readonly #keepsTexts: boolean;

  /** @param keepsTexts where all documents come from the operator, and hold nothing of a caller's. */
  constructor({ keepsTexts }: { keepsTexts: boolean }) {
    this.#keepsTexts = keepsTexts;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether nothing in the document is a caller's own. */
  mayKeep(document: DocumentNode): boolean {
    return this.#tokensOf(document) !== undefined;
  }

  async get(key: string): Promise<DocumentNode | undefined> {
    return this.#entries.get(key)?.document;
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    const tokens = this.#tokensOf(document);
    if (tokens !== undefined) this.#entries.set(key, { document, tokens });
  }

  async delete(key: string): Promise<boolean> {
    return this.#entries.delete(key);
  }

  /** How many tokens a document has, comments included; `undefined` where it must not be kept. */
  #tokensOf(document: DocumentNode): number | undefined {
    let tokens = 0;
    for (let token = document.loc?.startToken; token; token = token.next ?? undefined) {
      if (!this.#keepsTexts && texts.includes(token.kind) && token.value) return undefined;
      tokens += 1;
    }
    return tokens;
  }
}
