/** Tells what became of every single request that went out to Graph: the hook for logs and metrics. */
import type { GraphAttemptRecord } from "../log.ts";
import { type GraphRequest, type GraphResponse, TransportError } from "./graph-request.ts";

type SendTo = (request: GraphRequest, path: string) => Promise<GraphResponse>;

/** @param onAttempt must not throw. */
export function withObserver(
  send: SendTo,
  now: () => number,
  onAttempt: (attempt: GraphAttemptRecord) => void,
): SendTo {
  return async (request, path) => {
    const { operation } = request;
    const startedAt = now();
    try {
      const response = await send(request, path);
      const { status, clientRequestId } = response;
      const requestId = requestIdOf(response);
      onAttempt({ operation, status, durationMs: now() - startedAt, clientRequestId, ...(requestId && { requestId }) });
      return response;
    } catch (error) {
      const silence = error instanceof TransportError ? error.reason : "refused";
      onAttempt({ operation, silence, durationMs: now() - startedAt });
      throw error;
    }
  };
}

/** Graph's own id of a request; null where there is none, or it is no GUID: any other text may be an echo. */
export function requestIdOf({ headers }: Pick<GraphResponse, "headers">): string | null {
  const id = headers["request-id"];
  return typeof id === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id : null;
}
