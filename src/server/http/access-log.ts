/**
 * Writes a line of the access log and GraphQL's metrics when a response has ended. The code that handles a request writes the
 * facts that only it knows into the request's record.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestRecord } from "../../context.ts";
import type { GatewayLog } from "../../observability/log.ts";
import type { GatewayMetrics } from "../../observability/metrics.ts";
import { traceIdOf, untraced } from "../../observability/span.ts";
import type { RequestClosed } from "../../request/request-closed.ts";

/** Bytes that had gone over a connection when its last request ended. */
interface Transferred {
  read: number;
  written: number;
}

const transferred = new WeakMap<Socket, Transferred>();

function transferredBy(socket: Socket): Transferred {
  const nothing = { read: 0, written: 0 };
  transferred.set(socket, nothing);
  return nothing;
}

export function observeRequest(
  { log, metrics }: { log: GatewayLog; metrics: GatewayMetrics | undefined },
  request: IncomingMessage,
  response: ServerResponse,
  responseClosed: RequestClosed,
): RequestRecord {
  const startedAtMs = performance.now();
  const record: RequestRecord = {
    id: randomUUID(),
    route: "other",
    isGraphql: false,
    caller: null,
    span: untraced(undefined),
    errorCodes: [],
  };
  const { socket } = request;
  responseClosed.add({
    onClose() {
      const durationMs = performance.now() - startedAtMs;
      const { bytesRead, bytesWritten } = socket;
      const before = transferred.get(socket) ?? transferredBy(socket);
      const [bytesIn, bytesOut] = [bytesRead - before.read, bytesWritten - before.written];
      before.read = bytesRead;
      before.written = bytesWritten;
      const { errorCodes, isGraphql, operationType, caller } = record;
      if (isGraphql) {
        const outcome = errorCodes.length === 0 && response.writableFinished ? "success" : "error";
        metrics?.requestEnded(operationType, outcome, durationMs / 1000);
        for (const code of errorCodes) metrics?.error(code);
      }
      log.access({
        id: record.id,
        method: request.method ?? "",
        route: record.route,
        status: response.headersSent ? response.statusCode : undefined,
        aborted: response.writableFinished ? undefined : true,
        durationMs: Math.round(durationMs * 1000) / 1000,
        bytesIn,
        bytesOut,
        operationType,
        operationName: record.operationName,
        traceId: traceIdOf(record.span),
        errorCodes: errorCodes.length > 0 ? [...new Set(errorCodes)] : undefined,
        tenantId: caller?.tenantId,
        objectId: caller?.objectId,
        clientId: caller?.clientId ?? undefined,
      });
    },
  });
  return record;
}
