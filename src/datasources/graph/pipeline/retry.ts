/**
 * Repeats requests that can safely be repeated: requests that were never sent, requests that Graph throttled or was not ready
 * for, and reads and updates whose response was lost. It does not repeat a create or a deletion whose response was lost: `create-once.ts` and
 * `delete-once.ts` look the certificate up first.
 */
import type { Clock } from "../../../request/clock.ts";
import { type GraphRequest, type Outcome, type Send, TransportError } from "../protocol/request.ts";
import { isFailureOfGraph, isNotAppliedNow } from "../protocol/response.ts";
import { retryAfterSecondsOf } from "../protocol/retry-after.ts";
import type { RetryBudgets } from "./retry-budgets.ts";

/** Attempts for one request, including the first. */
const maxAttempts = 3;
/** Full jitter: the wait is random between 0 and this base, which doubles with each attempt. */
const backoffBaseMs = 200;
/** Intune often throttles without a wait time. Its windows last tens of seconds. */
const throttledBaseMs = 2000;

/**
 * Rejects only if the gateway itself refuses to send.
 *
 * @param onRetry called for every request that is sent once more.
 */
export function withRetry(
  send: Send,
  budgets: RetryBudgets,
  clock: Clock,
  onRetry: (request: GraphRequest) => void,
): (request: GraphRequest) => Promise<Outcome> {
  return async (request) => {
    const { deadline, closed } = request.caller;
    budgets.countRequest(request);
    request.attempts ??= { left: maxAttempts };
    const { attempts } = request;
    let doubt = false;
    for (let attempt = 1; ; attempt++) {
      attempts.left -= 1;
      let outcome: Outcome;
      try {
        outcome = { response: await send(request) };
      } catch (error) {
        // If the gateway itself refuses the retry, the earlier attempt may still have been applied.
        if (!(error instanceof TransportError)) {
          if (doubt) return { error: new TransportError("network", true, error) };
          throw error;
        }
        outcome = { error };
      }
      doubt ||= isDoubtful(request, outcome);
      const waitMs = waitBefore(request, outcome, attempt, clock);
      if (
        waitMs === undefined ||
        attempts.left <= 0 ||
        waitMs >= deadline.remainingMs ||
        closed.isClosed ||
        !(isInvited(outcome) || budgets.takeRetry(request))
      ) {
        return conclude(outcome, doubt);
      }
      await sleepTogether(outcome, waitMs, () => clock.sleep(waitMs, closed.signal));
      if (closed.isClosed) return { error: new TransportError("disconnected", doubt) };
      onRetry(request);
    }
  };
}

/** Waits; items of one batch that wait equally long have one wait. */
function sleepTogether(outcome: Outcome, waitMs: number, sleep: () => Promise<void>): Promise<void> {
  const pause = "error" in outcome ? outcome.error.batchPause : outcome.response.batchPause;
  const shared = pause?.waits.get(waitMs) ?? sleep();
  pause?.waits.set(waitMs, shared);
  return shared;
}

/** Whether the request may have been applied although its response does not say so. */
function isDoubtful({ operation }: GraphRequest, outcome: Outcome): boolean {
  if (operation === "read") return false;
  return "error" in outcome ? outcome.error.sent : isFailureOfGraph(outcome.response.status);
}

function conclude(outcome: Outcome, doubt: boolean): Outcome {
  if (!doubt) return outcome;
  if ("response" in outcome) return { response: { ...outcome.response, afterDoubt: true } };
  const { error } = outcome;
  return error.sent ? outcome : { error: new TransportError(error.reason, true, error) };
}

/** Whether Graph said when to retry. Such a retry makes no outage worse. */
function isInvited(outcome: Outcome): boolean {
  return (
    "response" in outcome && outcome.response.status === 429 && retryAfterSecondsOf(outcome.response) !== undefined
  );
}

/** Milliseconds until the next attempt; `undefined`: do not retry. */
function waitBefore(request: GraphRequest, outcome: Outcome, attempt: number, clock: Clock): number | undefined {
  const repeatable = request.operation === "read" || request.operation === "update";
  if ("error" in outcome) {
    const { reason, sent, batchPause } = outcome.error;
    if (reason !== "network" && reason !== "timeout") return undefined;
    const jitter = batchPause?.jitter ?? clock.random();
    return repeatable || !sent ? jitter * backoffBaseMs * 2 ** (attempt - 1) : undefined;
  }
  const { remainingMs } = request.caller.deadline;
  const { status, batchPause } = outcome.response;
  const mayRepeat = status === 429 || isNotAppliedNow(status) || (repeatable && isFailureOfGraph(status));
  if (!mayRepeat) return undefined;
  const jitter = batchPause?.jitter ?? clock.random();
  const own = retryAfterSecondsOf(outcome.response);
  const longest = status === 429 ? batchPause?.longestSeconds : undefined;
  const askedSeconds = longest !== undefined && longest * 1000 + 500 < remainingMs ? longest : own;
  if (askedSeconds !== undefined) {
    // Timers may fire a little early, and clients that waited should not all return at the same moment.
    return askedSeconds * 1000 + 5 + jitter * Math.min(250, askedSeconds * 100);
  }
  const baseMs = status === 429 ? throttledBaseMs : backoffBaseMs;
  return jitter * baseMs * 2 ** (attempt - 1);
}
