/** Reports the result of every single request to Graph, for logs, metrics and traces. */

import { networkCauseOf } from "../../../network/network-cause.ts";
import type { GraphAttemptRecord } from "../../../observability/log.ts";
import type { TraceSpan } from "../../../observability/span.ts";
import { type GraphRequest, type GraphResponse, TransportError } from "../protocol/request.ts";
import { requestIdOf } from "../protocol/response.ts";

/** @param path absolute, with the API version. @param traceparent header for the request. */
type SendTo = (request: GraphRequest, path: string, traceparent: string | undefined) => Promise<GraphResponse>;

/** @param baseUrl Graph's root without the version. @param onAttempt must not throw; also receives the response's `Date`. */
export function withObserver(
  send: SendTo,
  baseUrl: URL,
  now: () => number,
  onAttempt: (attempt: GraphAttemptRecord, date?: string | string[]) => void,
): (request: GraphRequest, path: string) => Promise<GraphResponse> {
  return async (request, path) => {
    const { operation } = request;
    const startedAt = now();
    const span = spanOf(request, path, baseUrl);
    try {
      const response = await send(request, path, span.traceparent);
      const { status, headers, clientRequestId } = response;
      const requestId = requestIdOf(response);
      const durationMs = now() - startedAt;
      onAttempt({ operation, status, durationMs, clientRequestId, ...(requestId && { requestId }) }, headers.date);
      if (span.isRecording) {
        span.set({ "http.response.status_code": status, "azure.service.request.id": requestId ?? undefined });
      }
      span.end(status >= 400 ? String(status) : undefined);
      return response;
    } catch (error) {
      const silence = error instanceof TransportError ? error.reason : "refused";
      onAttempt({ operation, silence, cause: causeOf(error), durationMs: now() - startedAt });
      span.end(silence);
      throw error;
    }
  };
}

/** Undefined if the gateway itself refused to send, or nobody waits any more. */
function causeOf(error: unknown): string | undefined {
  if (!(error instanceof TransportError)) return undefined;
  const { reason, sent, cause } = error;
  if (reason === "network") return networkCauseOf(cause);
  if (reason !== "timeout" && reason !== "deadline") return undefined;
  return sent ? "ANSWER_TIMEOUT" : "CONNECT_TIMEOUT";
}

/**
 * Follows the conventions for HTTP clients. Paths contain certificates' ids and queries contain names of users, so neither is
 * recorded.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
function spanOf(request: GraphRequest, path: string, baseUrl: URL): TraceSpan {
  const { caller, method, operation } = request;
  if (!caller.span.isRecording) return caller.span.child({ name: method });
  const template = templateOf(request, path);
  return caller.span.child({
    name: `${method} ${template}`,
    kind: "client",
    attributes: {
      "http.request.method": method,
      "server.address": baseUrl.hostname,
      "server.port": Number(baseUrl.port || (baseUrl.protocol === "https:" ? 443 : 80)),
      "url.full": `${baseUrl.origin}${template.replace("{id}", "REDACTED")}`,
      "url.template": template,
      "gateway.graph.operation": operation,
    },
  });
}

/** Turns an absolute path into a pattern: an id is replaced by a placeholder. */
function templateOf({ resource }: GraphRequest, path: string): string {
  const at = path.indexOf(`${resource.collectionPath}/`);
  return at === -1 ? path : `${path.slice(0, at)}${resource.collectionPath}/{id}`;
}
