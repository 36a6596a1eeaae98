/**
 * Operations that Apollo Server has parsed, validated and answered before, by their text, each with its plan: the next request
 * with the same text is executed at once, as with prepared statements. Whatever is unusual about a request, or about what
 * comes of it, is left to Apollo Server. Texts with anything of a caller's in them are not kept; see `document-store.ts`.
 */
import type { Plan } from "./compile-operation.ts";

/** What clients have is a handful; what is more would be somebody's play. Used last stays longest. */
const maxOperations = 100;
const maxTextCharacters = 4000;
const maxAcceptHeaders = 50;

export interface CompiledOperation {
  readonly plan: Plan;
  readonly name: string | undefined;
  /** As they stand in the record of a request. */
  readonly recordedType: string | undefined;
  readonly recordedName: string | undefined;
}

/** A compiled operation, and how a request asks for it. */
export interface CompiledRequest extends CompiledOperation {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly mediaType: string;
}

export class OperationCache {
  readonly #operations = new Map<string, CompiledOperation>();
  #usedLast: CompiledOperation | undefined;
  /** What Apollo Server answered to an `Accept` header. */
  readonly #mediaTypes = new Map<string | undefined, string>();
  #textOf: (body: object) => string | undefined = textInBody;

  /** @param textOf the text of a request that may name an operation of the manifest; `undefined` if it does not. */
  useManifest(textOf: (body: object) => string | undefined): void {
    this.#textOf = textOf;
  }

  add(text: string, operation: CompiledOperation): void {
    if (text.length <= maxTextCharacters) keep(this.#operations, text, operation, maxOperations);
  }

  addMediaType(accept: string | undefined, mediaType: string): void {
    if (this.#mediaTypes.get(accept) !== mediaType) keep(this.#mediaTypes, accept, mediaType, maxAcceptHeaders);
  }

  /** @param body of a POST, parsed. */
  find(accept: string | undefined, body: unknown): CompiledRequest | undefined {
    if (typeof body !== "object" || body === null) return undefined;
    const text = this.#textOf(body);
    if (text === undefined) return undefined;
    for (const name in body) if (!known.includes(name)) return undefined;
    const operation = this.#operations.get(text);
    const mediaType = this.#mediaTypes.get(accept);
    if (operation === undefined || mediaType === undefined) return undefined;
    if (operation !== this.#usedLast) keep(this.#operations, text, operation, maxOperations);
    this.#usedLast = operation;
    if ("operationName" in body && body.operationName !== operation.name && body.operationName != null)
      return undefined;
    const variables = "variables" in body ? body.variables : undefined;
    if (!isVariables(variables)) return undefined;
    const { plan, name, recordedType, recordedName } = operation;
    return { plan, name, recordedType, recordedName, variables: variables ?? {}, mediaType };
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

function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size > max) map.delete(oldest);
}
