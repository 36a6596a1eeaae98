/**
 * Reads the text of Graph's error bodies and makes it fit for API users. Intune nests its own JSON as a string in `message`,
 * up to three levels deep, and its text names internal hosts. Any response may quote what was sent. The text is unwrapped,
 * addresses are cut, and a text that is no plain prose or holds a secret is not shown.
 */

import { isRecord, stringOrNull } from "../../../json.ts";
import { isShowable } from "./showable.ts";

export interface GraphErrorText {
  code: string | null;
  message: string | null;
  activityId: string | null;
}

const maxMessageCharacters = 300;

/**
 * Reads an error body.
 *
 * @param secrets values that must not appear in the result, whole or in pieces.
 */
export function readGraphError(body: unknown, secrets: readonly string[]): GraphErrorText {
  const { code, message } = unwrap(body);
  const activityId = /Activity ID: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/i.exec(message ?? "")?.[1] ?? null;
  const isCode = code !== null && /^[A-Za-z0-9_.-]{1,80}$/.test(code);
  return {
    code: isCode && isShowable(code, secrets) ? code : null,
    message: message === null ? null : shownOf(message, secrets),
    activityId,
  };
}

/** Returns every `RetryAfter` of the nested JSON, unchanged. */
export function retryHintsOf(body: unknown): unknown[] {
  return unwrap(body).retryHints;
}

/** The message and every code of an error body, unwrapped and as Graph sent them: to decide by, not to show. */
export function wordsOf(body: unknown): { message: string; codes: readonly string[] } {
  const { message, codes } = unwrap(body);
  return { message: message ?? "", codes };
}

interface UnwrappedError {
  /** The innermost code. */
  code: string | null;
  message: string | null;
  /** The codes of all levels. */
  codes: string[];
  retryHints: unknown[];
}

function unwrap(body: unknown): UnwrappedError {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  let code = stringOrNull(error.code);
  let message = stringOrNull(error.message);
  const codes = code ? [code] : [];
  const retryHints: unknown[] = [];
  for (let level = 0; level < 3 && message !== null; level++) {
    const nested = parseObject(message);
    if (nested === undefined) break;
    const nestedCode = stringOrNull(nested.ErrorCode);
    if (nestedCode) {
      code = nestedCode;
      codes.push(nestedCode);
    }
    retryHints.push(nested.RetryAfter);
    message = stringOrNull(nested.Message) ?? stringOrNull(nested.message);
  }
  return { code, message, codes, retryHints };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a message on one line, without addresses and without the part that only Microsoft's support can use. */
function shownOf(message: string, secrets: readonly string[]): string | null {
  const [said = ""] = message.split(" - Operation ID", 1);
  if (said.length > maxMessageCharacters) return null;
  const text = said
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*/gi, "(address cut)")
    .replace(/\b(?:[a-z0-9-]+\.)+manage\.microsoft\.com\S*/gi, "(address cut)")
    .replace(/\s+/g, " ")
    .trim();
  return text !== "" && isShowable(text, secrets) ? text : null;
}
