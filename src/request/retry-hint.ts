/**
 * Reads the wait that a server asks for: seconds, whole or not, an HTTP or ISO date, or a .NET time span.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */

/** Seconds, never negative; NaN if the hint cannot be read. @param nowMs epoch milliseconds that a date is measured against. */
export function secondsOfHint(hint: unknown, nowMs: number): number {
  const number = numberOfHint(hint);
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

/** NaN if the hint is no plain number. */
export function numberOfHint(hint: unknown): number {
  if (typeof hint !== "number" && typeof hint !== "string") return Number.NaN; // String(hint) of a deep list could overflow the stack
  return /^\s*\d{1,15}(?:\.\d{1,30})?\s*$/.test(String(hint)) ? Number(hint) : Number.NaN;
}
