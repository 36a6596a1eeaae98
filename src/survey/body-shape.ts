/**
 * Describes a body of Graph's by its keys and types, so that the description can be published. Everything that is printed is on
 * a list here: known keys, and names made of known words. A value is never printed, except an error code of known words.
 */
import { isRecord } from "../json.ts";

const knownKeys = new Set([
  "@odata.context",
  "@odata.count",
  "@odata.nextLink",
  "@odata.type",
  "CustomApiErrorPhrase",
  "ErrorCode",
  "ErrorSourceService",
  "HttpHeaders",
  "Message",
  "RetryAfter",
  "_version",
  "client-request-id",
  "code",
  "createdDateTime",
  "date",
  "details",
  "encryptedPfxBlob",
  "encryptedPfxPassword",
  "error",
  "expirationDateTime",
  "id",
  "innerError",
  "innererror",
  "intendedPurpose",
  "keyName",
  "lastModifiedDateTime",
  "message",
  "paddingScheme",
  "providerName",
  "request-id",
  "startDateTime",
  "target",
  "thumbprint",
  "userPrincipalName",
  "value",
]);

/** The words of the names that Graph and Intune give errors and properties, in lower case. */
const knownWords = new Set(
  `access already another argument authentication authorization backend bad base64 blob body certificate code collection
  conflict content count data date denied device directory duplicate encrypted encryption entity entry enum error exception
  exist exists expired failed failure fault field filter forbidden format found gateway general graph id import imported info
  inner input intended internal intune invalid item key length license limit management many match media message method missing
  model modified name no not null object odata of operation option out padding parameter parse password payload permission pfx
  precondition principal property provider purpose query quota range read record reference request required resource retry role
  route scheme segment serialization server service source start state status store string subscription syntax target tenant
  throttled thumbprint time timeout token too trace type unable unauthorized unavailable unexpected unknown unprocessable
  unsupported update uri url user validation value version violation write`.split(/\s+/),
);

/** The name if all its words are known: `ResourceNotFound`, `Request_BadRequest`. */
function knownName(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_.-]{0,79}$/.test(name)) return undefined;
  const words = name.split(/[_.-]|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).filter((word) => word !== "");
  return words.every((word) => knownWords.has(word.toLowerCase())) ? name : undefined;
}

/** An error code if all its words are known, otherwise what it is. */
export function codeWord(code: unknown): string {
  if (typeof code !== "string") return "no code";
  if (code === "") return "an empty code";
  return knownName(code) ?? "a code with unlisted words";
}

/** The innermost error code and the wrapping of an error body. */
export interface ErrorForm {
  /** `undefined`: the body is no error of Graph's. */
  readonly wrapping: "plain" | "nested" | "threeLevel" | undefined;
  readonly code: string;
}

export function errorFormOf(body: unknown): ErrorForm {
  const error = isRecord(body) && isRecord(body.error) ? body.error : undefined;
  if (error === undefined) return { wrapping: undefined, code: codeWord(undefined) };
  const nested = objectIn(error.message);
  if (nested === undefined) return { wrapping: "plain", code: codeWord(error.code) };
  const innerCode = nested.ErrorCode;
  if (typeof innerCode !== "string") return { wrapping: "nested", code: codeWord(error.code) };
  return { wrapping: "threeLevel", code: codeWord(innerCode) };
}

const maxDepth = 8;
const maxKeys = 30;

/** Keys and types, such as `{error: {code: "BadRequest", message: string}}`. JSON inside a string is described too. */
export function shapeOf(body: unknown, depth = 0): string {
  if (body === undefined) return "no JSON";
  if (body === null) return "null";
  if (depth === maxDepth) return "…";
  if (Array.isArray(body)) return body.length === 0 ? "[]" : `[${shapeOf(body[0], depth + 1)}]`;
  if (typeof body === "string") {
    const nested = objectIn(body);
    return nested === undefined ? "string" : `JSON text ${shapeOf(nested, depth + 1)}`;
  }
  if (!isRecord(body)) return typeof body;
  const entries = Object.entries(body);
  const shown = entries.slice(0, maxKeys).map(([key, value]) => {
    const name = knownKeys.has(key) ? key : (knownName(key) ?? "(an unlisted key)");
    const isCode = (key === "code" || key === "ErrorCode") && typeof value === "string";
    return `${name}: ${isCode ? `"${codeWord(value)}"` : shapeOf(value, depth + 1)}`;
  });
  return `{${[...shown, ...(entries.length > maxKeys ? ["…"] : [])].join(", ")}}`;
}

function objectIn(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== "string" || !text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
