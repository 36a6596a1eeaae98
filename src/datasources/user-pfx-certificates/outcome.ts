/** How certain a write is after one sending of it. */
import type { Outcome } from "../graph/protocol/request.ts";
import { isFailureOfGraph } from "../graph/protocol/response.ts";

/** Whether the write may have been applied although no response says so. A 2xx that ends up here is unreadable or unexpected. */
export function isDoubtful(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return isFailureOfGraph(status) || (status >= 200 && status < 300);
}

/**
 * Whether Graph may still apply the write, or show it, after a look-up has found nothing. A gateway between here and Intune may
 * have given up, as a 504 says, or the connection was cut. Other errors of Graph say that it failed.
 */
export function mayStillBeApplied(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return status === 504 || (status >= 200 && status < 300);
}

/** Whether Graph rejected the write because of another record, or of another write for that user. */
export function isConflict(outcome: Outcome): boolean {
  return "response" in outcome && (outcome.response.status === 409 || outcome.response.status === 412);
}
