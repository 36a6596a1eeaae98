/** How certain a write is after one sending of it. */
import type { Outcome } from "../graph/protocol/request.ts";

/** Whether the write may have been applied although no response says so. A 2xx that ends up here is unreadable or unexpected. */
export function isDoubtful(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return status >= 500 || (status >= 200 && status < 300);
}

/** Whether Graph may apply the write later: the gateway stopped waiting, but neither a response nor a broken connection ended it. */
export function mayStillBeApplied(outcome: Outcome): boolean {
  if ("response" in outcome) return false;
  const { sent, reason } = outcome.error;
  return sent && reason !== "network" && reason !== "tooLarge";
}

/** Whether the write may be stored although a look-up right after it finds nothing. Other errors of Graph say that it failed. */
export function mayBecomeVisibleLate(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return status === 504 || status < 300;
}

/** Whether Graph rejected the write because of another record, or of another write for that user. */
export function isConflict(outcome: Outcome): boolean {
  return "response" in outcome && (outcome.response.status === 409 || outcome.response.status === 412);
}
