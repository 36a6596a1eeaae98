/**
 * Parsed and validated documents, kept so that the next request with the same text need not begin anew. Documents with
 * text of a caller's in them are not kept: a literal may be a secret, and would stay in memory for as long as the document.
 */
import type { DocumentNode } from "graphql";
import { TokenKind } from "graphql";

/** Parsed documents are large, about 300 bytes for each token: all of them together take some 30 MB at the most. */
const maxTokensKept = 100_000;

const texts: readonly TokenKind[] = [TokenKind.STRING, TokenKind.BLOCK_STRING, TokenKind.COMMENT];

interface Entry {
  readonly document: DocumentNode;
  readonly tokens: number;
}

/** Apollo Server's `documentStore`. What was used last stays longest. */
export class DocumentStore {
  readonly #entries = new Map<string, Entry>();
  readonly #keepsTexts: boolean;
  #tokens = 0;

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
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.document;
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    const tokens = this.#tokensOf(document);
    if (tokens === undefined || this.#entries.has(key)) return;
    this.#entries.set(key, { document, tokens });
    this.#tokens += tokens;
    for (const oldest of this.#entries.keys()) {
      if (this.#tokens <= maxTokensKept) break;
      await this.delete(oldest);
    }
  }

  async delete(key: string): Promise<boolean> {
    this.#tokens -= this.#entries.get(key)?.tokens ?? 0;
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
