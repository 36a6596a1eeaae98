/**
 * Reads the wait that Graph asks for, in seconds. Graph uses `x-ms-retry-after-ms`, `Retry-After`, and `RetryAfter` in
 * Intune's nested JSON. The value is in seconds, whole or not, an HTTP or ISO date (measured against Graph's own `Date`), or a
 * .NET time span. If there are several, the longest counts: a retry that comes too early costs another 429.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
import { retryHintsOf } from "./error-message.ts";
import type { GraphResponse } from "./request.ts";

/** `undefined` if the response has no readable hint. Never negative. */
export function retryAfterSecondsOf({ headers, body }: Pick<GraphResponse, "headers" | "body">): number | undefined {
  const sentAt = Date.parse(String(headers.date));
  const nowMs = Number.isNaN(sentAt) ? Date.now() : sentAt;
  const milliseconds = [headers["x-ms-retry-after-ms"]].flat().map((hint) => numberOf(hint) / 1000);
  const others = [headers["retry-after"], ...retryHintsOf(body)].flat().map((hint) => secondsOf(hint, nowMs));
  const readable = [...milliseconds, ...others].filter((seconds) => !Number.isNaN(seconds));
  return readable.length === 0 ? undefined : Math.max(...readable);
}

/** NaN if the hint cannot be read. */
function secondsOf(hint: unknown, nowMs: number): number {
  const number = numberOf(hint);
  if (!Number.isNaN(number) || typeof hint !== "string") return number;
  const text = hint.trim();
  const [, days = 0, hours, minutes, seconds] =
    /^(?:(\d{1,5})\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,9})?)$/.exec(text) ?? [];
  if (hours !== undefined) return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  // Date.parse accepts almost any text with a number in it.
  const isDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? |^\d{4}-\d{2}-\d{2}T/i.test(text) && text.length < 50;
  if (!isDate) return Number.NaN;
  const hasZone = /(?:GMT|UTC|\dZ|[+-]\d{2}:?\d{2})$/i.test(text);
  const zone = /^\d/.test(text) ? "Z" : " GMT";
  return Math.max(0, (Date.parse(hasZone ? text : text + zone) - nowMs) / 1000);
}

function numberOf(hint: unknown): number {
  if (typeof hint !== "number" && typeof hint !== "string") return Number.NaN; // String(hint) of a deep list could overflow the stack
  return /^\s*\d{1,15}(?:\.\d{1,30})?\s*$/.test(String(hint)) ? Number(hint) : Number.NaN;
}
