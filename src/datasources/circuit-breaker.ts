/**
 * Stops asking a Graph that is down: after twenty failures in a row everything is refused unsent for five seconds, then one
 * request is let through to probe. Answers below 500 are no failures, whatever they say. The breaker itself is cockatiel's.
 */
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { type GraphResponse, type Send, TransportError } from "./graph-request.ts";

const failuresInARow = 20;
const halfOpenAfterMs = 5000;

export function withCircuitBreaker(send: Send): Send {
  const breaker = circuitBreaker(
    handleWhen(isFailure).orWhenResult((result) => isServerError(result)),
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresInARow) },
  );
  return async (request) => {
    try {
      return await breaker.execute(() => send(request));
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new TransportError("circuitOpen", false) : error;
    }
  };
}

/** A caller's own deadline or disconnect says nothing about Graph. */
function isFailure(error: Error): boolean {
  return error instanceof TransportError && (error.reason === "network" || error.reason === "timeout");
}

function isServerError(result: unknown): boolean {
  return (result as GraphResponse).status >= 500; // cockatiel hands over what `send` resolved with
}
