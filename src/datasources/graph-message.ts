/**
 * What an error body of Graph says, fit for API users. Intune nests its own JSON in `message`, as a string, up to three
 * levels deep, and its text names internal hosts; any answer may quote what was sent. Here it is unwrapped and cut.
 */
import { isRecord, stringOrNull } from "./json.ts";

export interface GraphErrorText {
  code: string | null;
  message: string | null;
  activityId: string | null;
  /** From `RetryAfter` in the nested JSON. */
  retryAfterSeconds: number | undefined;
}

const maxMessageCharacters = 500;
/** Shortest piece of a secret that is cut from a message. */
const pieceCharacters = 8;

/** @param secrets values that must not show in the result, whole or in pieces. */
export function readGraphError(body: unknown, secrets: readonly string[]): GraphErrorText {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  let code = stringOrNull(error.code);
  let message = stringOrNull(error.message);
  let retryAfterSeconds: number | undefined;
  for (let level = 0; level < 3 && message !== null; level++) {
    const nested = parseObject(message);
    if (nested === undefined) break;
    const nestedCode = stringOrNull(nested.ErrorCode);
    if (nestedCode) code = nestedCode;
    const { RetryAfter: asked } = nested;
    // Not String(asked) of anything: a list nested deeply enough exhausts the stack.
    const isNumber = typeof asked === "number" || typeof asked === "string";
    if (isNumber && /^\d{1,15}(\.\d+)?$/.test(String(asked))) retryAfterSeconds = Number(asked);
    message = stringOrNull(nested.Message) ?? stringOrNull(nested.message);
  }
  const activityId = /Activity ID: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/i.exec(message ?? "")?.[1] ?? null;
  return {
    code: code !== null && /^[A-Za-z0-9_.-]{1,80}$/.test(code) ? cutSecrets(code, secrets) : null,
    message: message === null ? null : presentable(message, secrets),
    activityId,
    retryAfterSeconds,
  };
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

function presentable(message: string, secrets: readonly string[]): string | null {
  const text = message
    .slice(0, 8 * maxMessageCharacters) // before the patterns below: on long text they would take seconds
    .replace(/\s+-\s+Operation ID[\s\S]*$/, "")
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*/gi, "(address cut)")
    .replace(/\b(?:[a-z0-9-]+\.)+manage\.microsoft\.com\S*/gi, "(address cut)")
    .replace(/\p{Cc}+/gu, " ");
  // A long run of base64 or hexadecimal digits is data, however it was encoded on the way; so is a long list of bytes.
  const cut = cutSecrets(text, secrets)
    .replace(/[A-Za-z0-9+/_=%-]{48,}/g, "(cut)")
    .replace(/(?:\b(?:0x)?[0-9a-f]{1,3}\b[\s,;:.\\-]*){12,}/gi, "(cut)");
  return cut.trim() === "" ? null : cut.slice(0, maxMessageCharacters);
}

/**
 * Replaces every piece of a secret in the text: as it is, and as base64, hex, URL, JSON and HTML would write it, in upper or
 * lower case.
 */
export function cutSecrets(text: string, secrets: readonly string[]): string {
  const marked = new Uint8Array(text.length);
  const lower = lowerOf(text);
  for (const secret of secrets) {
    if (secret.length === 0) continue;
    const width = Math.min(pieceCharacters, secret.length);
    const positions = new Map<string, number[]>();
    for (let at = 0; at + width <= text.length; at++) {
      const piece = lower.slice(at, at + width);
      const known = positions.get(piece);
      if (known === undefined) positions.set(piece, [at]);
      else known.push(at);
    }
    for (const form of formsOf(secret).map(lowerOf)) {
      for (let at = 0; at + width <= form.length; at++) {
        const piece = form.slice(at, at + width);
        for (const position of positions.get(piece) ?? []) marked.fill(1, position, position + width);
        positions.delete(piece); // marked once, done with: text and secret may both be one letter repeated
      }
    }
  }
  let result = "";
  for (let at = 0; at < text.length; at++) {
    if (marked[at] === 0) result += text[at];
    else if (marked[at - 1] !== 1) result += "(cut)";
  }
  return result;
}

/** In lower case, letter for letter: where that would change the length, as it is. */
function lowerOf(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

function formsOf(secret: string): string[] {
  if (secret.length > 65_536) return [secret];
  const bytes = Buffer.from(secret, "utf8");
  // Base64 of a text depends on where in a group of three bytes it begins.
  const shifted = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]));
  // Blob and password are base64 themselves: what they decode to may be shown in hexadecimal, too.
  const hex = [bytes, Buffer.from(secret, "base64")].map((each) => each.toString("hex"));
  return [
    secret,
    ...shifted.flatMap((each) => [each.toString("base64"), each.toString("base64url")]),
    ...hex,
    encodeURIComponent(secret.replace(/\p{Cs}/gu, "")),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  ];
}
