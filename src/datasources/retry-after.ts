/**
 * How long Graph asks to wait, in seconds, in any of the forms it has been seen to use: `x-ms-retry-after-ms`,
 * `Retry-After` as whole seconds, fractional seconds or an HTTP date (measured against Graph's own `Date`), or
 * `RetryAfter` in Intune's nested JSON.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
import { readGraphError } from "./graph-message.ts";
import type { GraphResponse } from "./graph-request.ts";

/** `undefined` where the answer carries no hint, or none that can be read. Never negative. */
export function askedSecondsOf({ headers, body }: Pick<GraphResponse, "headers" | "body">): number | undefined {
  return secondsOfHeaders(headers) ?? readGraphError(body, []).retryAfterSeconds;
}

function secondsOfHeaders(headers: GraphResponse["headers"]): number | undefined {
  const milliseconds = numberOf(headers["x-ms-retry-after-ms"]);
  if (milliseconds !== undefined) return milliseconds / 1000;
  const seconds = numberOf(headers["retry-after"]);
  if (seconds !== undefined) return seconds;
  const text = headers["retry-after"];
  // Date.parse makes a date of almost anything with a number in it.
  const date = typeof text === "string" && /^\s*[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date)) return undefined;
  const sentAt = Date.parse(String(headers.date));
  return Math.max(0, (date - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000);
}

function numberOf(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\s*\d{1,15}(\.\d+)?\s*$/.test(header) ? Number(header) : undefined;
}
