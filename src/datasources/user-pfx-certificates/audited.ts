/** One line in the audit log for every write, successful or not. */
import { GatewayError, GraphError } from "../../errors.ts";
import type { AuditEntry } from "../../observability/log.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { type GraphCaller, type GraphResponse, isAbandoned } from "../graph/protocol/request.ts";
import { requestIdOf } from "../graph/protocol/response.ts";

/** The subject of an audit line. */
export type AuditSubject = Omit<AuditEntry, "outcome" | "clientRequestId" | "requestId">;

/** Graph's last response to a write; the audit line has its ids. */
export interface LastResponse {
  response: GraphResponse | undefined;
  ids: { clientRequestId: string | null; requestId: string | null } | undefined;
}

function idsOf(response: GraphResponse | undefined): { clientRequestId: string | null; requestId: string | null } {
  if (response === undefined) return { clientRequestId: null, requestId: null };
  return { clientRequestId: response.clientRequestId, requestId: requestIdOf(response) };
}

/** Runs a write if the caller is permitted to, and writes its audit line. A stopping process waits for it. */
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
    const result = await write(last, await caller.token()); // without a token no write quota is used
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
