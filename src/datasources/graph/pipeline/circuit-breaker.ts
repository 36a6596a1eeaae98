/**
 * Stops asking a Graph that is down: after twenty failures in a row everything is refused unsent for five seconds, then one
 * request is let through to probe while the others are refused as before. Answers below 500 are no failures, whatever they
 * say, nor is a wait that a caller cut short: else one caller in a hurry could shut Graph off for everybody. The breaker
 * itself is cockatiel's.
 */
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from "cockatiel";
import { type GraphRequest, type GraphResponse, type Send, TransportError } from "../protocol/request.ts";

const failuresInARow = 20;
const halfOpenAfterMs = 5000;
/** A request that Graph has had for less time says nothing by not being answered. */
const patienceMs = 4000;

type Attempt = { response: GraphResponse } | { error: unknown; waitedMs: number };

/** What a probe came to: where Graph did not answer it, whatever the reason, nothing is known of Graph's being back. */
type Probe = { probe: Attempt };

/** @param onChange told whenever it opens or closes. */
export function withCircuitBreaker(send: Send, onChange: (isOpen: boolean) => void): Send {
  const breaker = circuitBreaker(
    handleWhenResult((result) => saysDown(result as Attempt | Probe)), // cockatiel hands over what it was given
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresInARow) },
  );
  breaker.onStateChange((state) => onChange(state !== CircuitState.Closed));
  /** While all is well there is nothing that cockatiel would have to be told. */
  let hasFailed = false;
  const note = async (attempt: Attempt): Promise<void> => {
    hasFailed = isFailure(attempt);
    if (breaker.state !== CircuitState.Closed) return; // opened meanwhile; it would have to wait for a probe's end
    await breaker.execute(async () => attempt);
  };
  return async (request) => {
    if (breaker.state === CircuitState.Closed) {
      const attempt = await attemptOf(send, request);
      if ((hasFailed || isFailure(attempt)) && !isFollowedByLookUp(request, attempt)) await note(attempt);
      return answerOf(attempt);
    }
    if (request.isLookUp) return send(request);
    // Left to cockatiel, it would wait for the probe's end, which may be after its deadline.
    if (breaker.state === CircuitState.HalfOpen) throw new TransportError("circuitOpen", false);
    const { probe } = await breaker
      .execute(async () => ({ probe: await attemptOf(send, request) }))
      .catch((error: unknown) => {
        throw error instanceof BrokenCircuitError ? new TransportError("circuitOpen", false) : error;
      });
    return answerOf(probe);
  };
}

async function attemptOf(send: Send, request: GraphRequest): Promise<Attempt> {
  const startedAtMs = performance.now();
  try {
    return { response: await send(request) };
  } catch (error) {
    return { error, waitedMs: performance.now() - startedAtMs };
  }
}

function answerOf(attempt: Attempt): GraphResponse {
  if ("response" in attempt) return attempt.response;
  throw attempt.error;
}

/** What a create or a deletion that Graph fails at has come to is looked up at once, and whether Graph is down shows by that. */
function isFollowedByLookUp({ operation }: GraphRequest, attempt: Attempt): boolean {
  return (operation === "create" || operation === "delete") && "response" in attempt && attempt.response.status >= 500;
}

function saysDown(result: Attempt | Probe): boolean {
  if (!("probe" in result)) return isFailure(result);
  return isFailure(result.probe) || !("response" in result.probe);
}

function isFailure(attempt: Attempt): boolean {
  if ("response" in attempt) return attempt.response.status >= 500;
  const { error, waitedMs } = attempt;
  if (!(error instanceof TransportError)) return false;
  return error.reason === "network" || (error.reason === "timeout" && error.sent && waitedMs >= patienceMs);
}
