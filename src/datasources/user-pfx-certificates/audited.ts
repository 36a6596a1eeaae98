/** One line of the audit log for every write, whatever becomes of it. */
import { GatewayError, GraphError } from "../../errors.ts";
import type { AuditEntry } from "../../observability/log.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { type GraphCaller, type GraphResponse, isAbandoned } from "../graph/protocol/request.ts";
import { requestIdOf } from "../graph/protocol/response.ts";

/** What a line of the audit log is about. */
export type AuditSubject = Omit<AuditEntry, "outcome" | "clientRequestId" | "requestId">;

/** The ids of Graph's last answer to a write, for the audit log. */
export interface LastResponse {
  response: GraphResponse | undefined;
  ids: { clientRequestId: string | null; requestId: string | null } | undefined;
}

function idsOf(response: GraphResponse | undefined): { clientRequestId: string | null; requestId: string | null } {
  if (response === undefined) return { clientRequestId: null, requestId: null };
  return { clientRequestId: response.clientRequestId, requestId: requestIdOf(response) };
}

/** Does a write, where the caller may, and leaves a line in the audit log, whatever becomes of it, be it that the process is to stop. */
export async function audited<Result>(
  client: GraphClient,
  caller: GraphCaller,
  subject: AuditSubject,
  write: (last: LastResponse, token: string) => Promise<Result>,
): Promise<Result> {
  const last: LastResponse = { response: undefined, ids: undefined };
  let outcome = "INTERNAL_SERVER_ERROR";
  client.beginUnfinished();
  try {
    caller.authorize("write");
    const result = await write(last, await caller.token()); // without one, nothing of the write quota is taken
    outcome = "success";
    return result;
  } catch (error) {
    if (error instanceof GatewayError) outcome = isAbandoned(error) ? "disconnected" : error.code;
    if (error instanceof GraphError) last.ids = error.graph;
    throw error;
  } finally {
    client.endUnfinished();
    const { clientRequestId, requestId } = last.ids ?? idsOf(last.response);
    caller.audit({
      operation: subject.operation,
      outcome,
      certificateId: subject.certificateId,
      thumbprint: subject.thumbprint,
      userPrincipalName: subject.userPrincipalName,
      clientRequestId: clientRequestId ?? undefined,
      requestId: requestId ?? undefined,
    });
  }
}
