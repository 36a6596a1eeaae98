/**
 * How long Graph asks to wait, in seconds, in any of the forms it has been seen to use: `x-ms-retry-after-ms`, or
 * `Retry-After` as whole seconds, fractional seconds or an HTTP date (measured against Graph's own `Date`).
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
import type { GraphResponse } from "./graph-request.ts";

/** `undefined` where the headers carry no hint, or none that can be read. Never negative. */
export function retryAfterSecondsOf(headers: GraphResponse["headers"]): number | undefined {
  const milliseconds = numberOf(headers["x-ms-retry-after-ms"]);
  if (milliseconds !== undefined) return milliseconds / 1000;
  const seconds = numberOf(headers["retry-after"]);
  if (seconds !== undefined) return seconds;
  const date = Date.parse(String(headers["retry-after"]));
  if (Number.isNaN(date)) return undefined;
  const sentAt = Date.parse(String(headers.date));
  return Math.max(0, (date - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000);
}

function numberOf(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : undefined;
}
