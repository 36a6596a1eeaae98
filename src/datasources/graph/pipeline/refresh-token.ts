/**
 * Replaces a token that Graph rejects, once, if it can be replaced. Graph may require claims that the token lacks, or may have
 * revoked the token early. A 401 means that Graph processed nothing, so the same request can be sent again.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
import { claimsChallengeOf } from "../protocol/error.ts";
import type { GraphCaller, GraphRequest, GraphResponse, Send } from "../protocol/request.ts";
import { saysForbidden } from "../protocol/response.ts";

export function withFreshToken(send: Send): Send {
  return (request) => {
    const { renew } = request.caller;
    return renew === undefined ? send(request) : sendRenewing(send, request, renew);
  };
}

async function sendRenewing(
  send: Send,
  request: GraphRequest,
  renew: NonNullable<GraphCaller["renew"]>,
): Promise<GraphResponse> {
  const { caller, attempts } = request;
  const used = request.first?.token ?? (await caller.token()); // the token of this attempt, even if it is replaced meanwhile
  const response = await send(request);
  if (response.status !== 401) return response;
  const challenge = claimsChallengeOf(response);
  if (challenge === undefined && saysForbidden(response)) return response; // a new token would be denied as well
  if (attempts !== undefined) {
    if (attempts.hasRenewed || attempts.left <= 0) return response;
    attempts.hasRenewed = true;
    attempts.left -= 1;
  }
  const claims = challenge === undefined ? undefined : Buffer.from(challenge, "base64url").toString("utf8");
  await renew(used, claims);
  return send(request);
}
