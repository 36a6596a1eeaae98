/**
 * Stops sending requests to a Graph that is down. After twenty failures in a row, every request is rejected unsent for five
 * seconds. Then one request goes out as a probe while the others are still rejected. Responses below 500 are no failures. A
 * wait that a caller cut short is no failure either: otherwise one caller in a hurry could block Graph for everybody. The
 * breaker itself is cockatiel's.
 */
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from "cockatiel";
import { type GraphRequest, type GraphResponse, type Send, TransportError } from "../protocol/request.ts";

const failuresInARow = 20;
const halfOpenAfterMs = 5000;
/** A timeout counts as a failure only if Graph had at least this much time to respond. */
const patienceMs = 4000;

type Attempt = { response: GraphResponse } | { error: unknown; waitedMs: number };

/** Result of a probe. Without a response, whatever the reason, Graph is not known to be back. */
type Probe = { probe: Attempt };

/** @param onChange called whenever the breaker opens or closes. */
export function withCircuitBreaker(send: Send, onChange: (isOpen: boolean) => void): Send {
  const breaker = circuitBreaker(
    handleWhenResult((result) => saysDown(result as Attempt | Probe)), // cockatiel passes back the value that it was given
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresInARow) },
  );
  breaker.onStateChange((state) => onChange(state !== CircuitState.Closed));
  /** Without failures, cockatiel needs no call. */
  let hasFailed = false;
  const note = async (attempt: Attempt): Promise<void> => {
    hasFailed = isFailure(attempt);
    if (breaker.state !== CircuitState.Closed) return; // the breaker has opened meanwhile, and this call would wait for the end of a probe
    await breaker.execute(async () => attempt);
  };
  return async (request) => {
    if (breaker.state === CircuitState.Closed) {
      const attempt = await attemptOf(send, request);
      if ((hasFailed || isFailure(attempt)) && !isFollowedByLookUp(request, attempt)) await note(attempt);
      return answerOf(attempt);
    }
    if (request.isLookUp) return send(request);
    // Inside cockatiel, the request would wait for the probe's end, which may be after its deadline.
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

/** A create or a deletion that fails with 5xx is followed by a look-up. The look-up shows whether Graph is down. */
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
