/**
 * Caches parsed and validated documents by their text. A document with a literal text or a comment is not cached: it may be a
 * secret of the caller, and would stay in memory as long as the document.
 */
import type { DocumentNode } from "graphql";
import { TokenKind } from "graphql";
import { LRUCache } from "lru-cache";

/** A parsed document takes about 300 bytes for each token, so the cache takes about 30 MB at most. */
const maxTokensKept = 100_000;

const texts: readonly TokenKind[] = [TokenKind.STRING, TokenKind.BLOCK_STRING, TokenKind.COMMENT];

interface Entry {
  readonly document: DocumentNode;
  readonly tokens: number;
}

/** Apollo Server's `documentStore`. The documents used last stay longest. */
export class DocumentCache {
  readonly #entries = new LRUCache<string, Entry>({
    maxSize: maxTokensKept,
    sizeCalculation: ({ tokens }) => Math.max(1, tokens),
  });
  readonly #keepsTexts: boolean;

  /** @param keepsTexts true if all documents come from the operator, so that they hold no secret of a caller. */
  constructor({ keepsTexts }: { keepsTexts: boolean }) {
    this.#keepsTexts = keepsTexts;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** True if the document can hold no secret of a caller. */
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

  /** Number of tokens of a document, comments included; `undefined` if it must not be cached. */
  #tokensOf(document: DocumentNode): number | undefined {
    let tokens = 0;
    for (let token = document.loc?.startToken; token; token = token.next ?? undefined) {
      if (!this.#keepsTexts && texts.includes(token.kind) && token.value) return undefined;
      tokens += 1;
    }
    return tokens;
  }
}
