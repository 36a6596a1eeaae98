/**
 * Reads the wait that Graph asks for, in seconds. Graph uses `x-ms-retry-after-ms`, `Retry-After`, and `RetryAfter` in
 * Intune's nested JSON. Dates are measured against Graph's own `Date`. If there are several, the longest counts: a retry that
 * comes too early costs another 429.
 */
import { numberOfHint, secondsOfHint } from "../../../request/retry-hint.ts";
import { retryHintsOf } from "./error-message.ts";
import type { GraphResponse } from "./request.ts";

/** `undefined` if the response has no readable hint. Never negative. */
export function retryAfterSecondsOf({ headers, body }: Pick<GraphResponse, "headers" | "body">): number | undefined {
  const sentAt = Date.parse(String(headers.date));
  const nowMs = Number.isNaN(sentAt) ? Date.now() : sentAt;
  const milliseconds = [headers["x-ms-retry-after-ms"]].flat().map((hint) => numberOfHint(hint) / 1000);
  const others = [headers["retry-after"], ...retryHintsOf(body)].flat().map((hint) => secondsOfHint(hint, nowMs));
  const readable = [...milliseconds, ...others].filter((seconds) => !Number.isNaN(seconds));
  return readable.length === 0 ? undefined : Math.max(...readable);
}
