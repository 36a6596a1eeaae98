/**
 * Deletes at most once. A deletion whose answer is lost may have been applied, and the certificate imported anew since, under the
 * same id: before it is sent again, it is looked whether that is still the one to be deleted.
 */
import type { GatewayError } from "../../errors.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { fromGraphResponse, fromTransportFailure } from "../graph/protocol/error.ts";
import { type GraphRequest, type Outcome, TransportError } from "../graph/protocol/request.ts";
import { isSegmentMissing } from "../graph/protocol/response.ts";
import { resolutionMs } from "../graph/protocol/server-clock.ts";
import type { LastResponse } from "./audited.ts";
import { isSince } from "./match-created-record.ts";
import { isDoubtful } from "./outcome.ts";

/**
 * @param find the certificate as it is now; null where there is none.
 * @throws {GatewayError} `NOT_FOUND`; `OUTCOME_UNKNOWN` where what became of it could not be settled in time.
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
      throw doubt ?? refusal; // where the gateway refuses to ask again, what it has asked may have been applied all the same
    });
    const response = "response" in outcome ? outcome.response : undefined;
    const wasInDoubt = doubt !== undefined;
    last.response = response;
    if (response?.status === 204) return;
    // Gone on a second try, after the answer to the first was lost: the first did it.
    if (response?.status === 404 && wasInDoubt && !isSegmentMissing(response)) return;
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
    if (isSince(createdDateTime, sentMs + resolutionMs)) return; // imported anew, so the one before is gone
    const waitMs = (error.retryAfterSeconds ?? client.clock.random()) * 1000;
    const fits = waitMs < request.caller.deadline.remainingMs;
    if (isSince(createdDateTime, sentMs) || !fits || !client.maySendAgain(request)) throw error;
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
