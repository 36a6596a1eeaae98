/**
 * Deletes at most once. A deletion whose response is lost may have been applied, and the certificate may have been imported again
 * since, under the same id. Before a deletion is sent again, a look-up checks that the certificate is still the one to delete.
 */
import type { GatewayError } from "../../errors.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { fromGraphResponse, fromTransportFailure } from "../graph/protocol/error.ts";
import { type GraphRequest, type Outcome, TransportError } from "../graph/protocol/request.ts";
import { isNotFound } from "../graph/protocol/response.ts";
import { resolutionMs } from "../graph/protocol/server-clock.ts";
import type { LastResponse } from "./audited.ts";
import { isSince } from "./match-created-record.ts";
import { isDoubtful } from "./outcome.ts";

/**
 * @param find reads the certificate; null if it does not exist.
 * @throws {GatewayError} `NOT_FOUND`; `OUTCOME_UNKNOWN` if the outcome could not be settled in time.
 */
export async function deleteOnce(
  client: GraphClient,
  request: GraphRequest,
  last: LastResponse,
  find: () => Promise<UserPfxCertificate | null>,
): Promise<void> {
  let sentAtMs: number | undefined;
  let doubt: GatewayError | undefined;
  for (;;) {
    const outcome = await client.send(request).catch((refusal: unknown) => {
      throw doubt ?? refusal; // the gateway refuses to send again, but the earlier deletion may have been applied
    });
    const response = "response" in outcome ? outcome.response : undefined;
    const wasInDoubt = doubt !== undefined;
    last.response = response;
    if (response?.status === 204) return;
    // Not found after a lost response: the first deletion was applied.
    if (response !== undefined && wasInDoubt && isNotFound(response)) return;
    const error = await errorOf(request, outcome, wasInDoubt);
    if (!isDoubtful(outcome)) throw error;
    doubt = error;
    sentAtMs ??= request.sentAtMs ?? client.clock.now();

    const found = await find().catch(() => {
      throw error;
    });
    if (found === null) return;
    const sentMs = client.graphClock.earliestAt(sentAtMs);
    const createdDateTime = found.createdDateTime ?? "";
    if (isSince(createdDateTime, sentMs + resolutionMs)) return; // imported again, so the earlier certificate is gone
    const waitMs = (error.retryAfterSeconds ?? client.clock.random()) * 1000;
    const fits = waitMs < request.caller.deadline.remainingMs;
    if (isSince(createdDateTime, sentMs) || !fits || !client.takeRetry(request)) throw error;
    await client.clock.sleep(waitMs, request.caller.closed.signal);
  }
}

async function errorOf(request: GraphRequest, outcome: Outcome, wasInDoubt: boolean): Promise<GatewayError> {
  if ("response" in outcome) return fromGraphResponse(request, { ...outcome.response, afterDoubt: wasInDoubt });
  const { error } = outcome;
  return fromTransportFailure(
    request,
    wasInDoubt && !error.sent ? new TransportError(error.reason, true, error) : error,
  );
}
