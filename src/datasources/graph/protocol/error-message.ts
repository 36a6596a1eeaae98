/**
 * Reads the text of Graph's error bodies and makes it fit for API users. Intune nests its own JSON as a string in `message`,
 * up to three levels deep, and its text names internal hosts. Any response may quote what was sent. The text is unwrapped, and
 * secrets and addresses are cut.
 */

import { isRecord, stringOrNull } from "../../../json.ts";
import { redactSecrets } from "./redact-secrets.ts";

export interface GraphErrorText {
  code: string | null;
  message: string | null;
  activityId: string | null;
}

const maxMessageCharacters = 500;

const oneEscape = String.raw`(?:\\{1,16}(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|[0-7]{3})|&(?:#x?[0-9a-f]{1,7}|[a-z]{2,8});|%[0-9a-f]{2})`;
/**
 * Three or more escapes close together are no readable text. All repetitions are bounded and the gaps lazy, so the time grows
 * linearly with the text.
 */
const escapes = new RegExp(`${oneEscape}(?:(?:\\S{0,7}?|[\\s,;:|]{1,3})${oneEscape}){2,}[^\\s"']{0,7}`, "gi");

/**
 * Reads an error body.
 *
 * @param own values that must not appear in the result, whole or in pieces.
 * @param shared more such values, in lists that are used again: what is computed for a list is kept as long as the list.
 */
export function readGraphError(
  body: unknown,
  own: readonly string[],
  shared: readonly (readonly string[])[] = [],
): GraphErrorText {
  const { code: givenCode, message } = unwrap(body);
  const activityId = /Activity ID: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/i.exec(message ?? "")?.[1] ?? null;
  const code = givenCode !== null && /^[A-Za-z0-9_.-]{1,80}$/.test(givenCode) ? givenCode : null;
  const said = [code ?? "", message === null ? "" : legible(message)];
  const [cutCode = "", cutMessage = ""] = redactSecrets(said, own, shared);
  return {
    code: code === null ? null : cutCode,
    message: presentable(cutMessage),
    activityId,
  };
}

/** Returns every `RetryAfter` of the nested JSON, unchanged. */
export function retryHintsOf(body: unknown): unknown[] {
  return unwrap(body).retryHints;
}

function unwrap(body: unknown): { code: string | null; message: string | null; retryHints: unknown[] } {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  let code = stringOrNull(error.code);
  let message = stringOrNull(error.message);
  const retryHints: unknown[] = [];
  for (let level = 0; level < 3 && message !== null; level++) {
    const nested = parseObject(message);
    if (nested === undefined) break;
    const nestedCode = stringOrNull(nested.ErrorCode);
    if (nestedCode) code = nestedCode;
    retryHints.push(nested.RetryAfter);
    message = stringOrNull(nested.Message) ?? stringOrNull(nested.message);
  }
  return { code, message, retryHints };
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

/** Puts a message on one line, without addresses and without the parts that only Microsoft's support can use. */
function legible(message: string): string {
  return message
    .slice(0, 8 * maxMessageCharacters) // before the patterns below, which would take seconds on long text
    .replace(/\s+-\s+Operation ID[\s\S]*$/, "")
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*/gi, "(address cut)")
    .replace(/\b(?:[a-z0-9-]+\.)+manage\.microsoft\.com\S*/gi, "(address cut)")
    .replace(/\p{Cc}+/gu, " ")
    .replace(escapes, "(cut)");
}

function presentable(text: string): string | null {
  // A long run of base64 or hexadecimal digits is data, however it was encoded. So is a long list of bytes.
  const cut = text
    .replace(/[A-Za-z0-9+/_=%-]{48,}/g, "(cut)")
    .replace(/(?:\b(?:0x)?[0-9a-f]{1,3}\b[\s,;:.\\-]*){12,}/gi, "(cut)");
  return cut.trim() === "" ? null : cut.slice(0, maxMessageCharacters);
}
