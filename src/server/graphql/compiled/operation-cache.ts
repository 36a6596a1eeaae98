/**
 * Compiled operations by their text. Apollo Server has parsed, validated and answered each of them before; the next request
 * with the same text is executed at once, like a prepared statement. Anything unusual in a request, or in its result, is left
 * to Apollo Server. Texts with a caller's own values are not kept; see `document-cache.ts`.
 */
import type { Backlog } from "../../../observability/standard-output.ts";
import type { CompiledOperation } from "./compile-operation.ts";

/** Clients use a handful of operations; this limit stops abuse. The operations used last are kept. */
const maxOperations = 100;
const maxTextCharacters = 4000;

export interface CachedOperation {
  readonly compiled: CompiledOperation;
  readonly name: string | undefined;
  /** The values for a request's record. */
  readonly recordedType: string | undefined;
  readonly recordedName: string | undefined;
}

/** A cached operation with the variables of one request. */
export interface CompiledRequest extends CachedOperation {
  readonly variables: Readonly<Record<string, unknown>>;
}

export class OperationCache {
  readonly #operations = new Map<string, CachedOperation>();
  #usedLast: CachedOperation | undefined;
  #textOf: (body: object) => string | undefined = textInBody;
  readonly #logBacklog: Pick<Backlog, "isFull">;

  /** @param logBacklog while it is full, Apollo Server gets the mutations and refuses them. */
  constructor(logBacklog: Pick<Backlog, "isFull"> = { isFull: false }) {
    this.#logBacklog = logBacklog;
  }

  /** @param textOf the text of a request that may name an operation of the manifest; `undefined` if it does not. */
  useManifest(textOf: (body: object) => string | undefined): void {
    this.#textOf = textOf;
  }

  add(text: string, operation: CachedOperation): void {
    if (text.length > maxTextCharacters) return;
    this.#operations.delete(text);
    this.#operations.set(text, operation);
    const [oldest] = this.#operations.keys();
    if (oldest !== undefined && this.#operations.size > maxOperations) this.#operations.delete(oldest);
  }

  /** @param body parsed body of a POST. */
  find(body: unknown): CompiledRequest | undefined {
    if (typeof body !== "object" || body === null) return undefined;
    const text = this.#textOf(body);
    if (text === undefined) return undefined;
    for (const name in body) if (!known.includes(name)) return undefined;
    const operation = this.#operations.get(text);
    if (operation === undefined) return undefined;
    if (operation !== this.#usedLast) this.add(text, operation);
    this.#usedLast = operation;
    if ("operationName" in body && body.operationName !== operation.name && body.operationName != null)
      return undefined;
    const variables = "variables" in body ? body.variables : undefined;
    if (!isVariables(variables)) return undefined;
    const { compiled, name, recordedType, recordedName } = operation;
    if (recordedType === "mutation" && this.#logBacklog.isFull) return undefined;
    return { compiled, name, recordedType, recordedName, variables: variables ?? {} };
  }
}

const known: readonly string[] = ["query", "variables", "operationName", "extensions", "documentId"];

/** The text that a request brings. Extensions change nothing, `clientLibrary` of Apollo Client among them, but for a persisted query. */
export function textInBody(body: object): string | undefined {
  if (!("query" in body) || typeof body.query !== "string" || "documentId" in body) return undefined;
  const extensions = "extensions" in body ? body.extensions : undefined;
  if (extensions == null) return body.query;
  if (typeof extensions !== "object" || Array.isArray(extensions) || "persistedQuery" in extensions) return undefined;
  return body.query;
}

function isVariables(value: unknown): value is Record<string, unknown> | null | undefined {
  return value == null || (typeof value === "object" && !Array.isArray(value));
}
