/**
 * A token that Graph refuses is replaced once, where it can be: Graph asks for claims that the token lacks, or has revoked
 * it before its time. A 401 means that nothing was done, so the same request can go out again.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
import { claimsChallengeOf } from "../protocol/error.ts";
import type { GraphCaller, GraphRequest, GraphResponse, Send } from "../protocol/request.ts";

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
  const used = await caller.token(); // whatever it is replaced by meanwhile
  const response = await send(request);
  if (response.status !== 401) return response;
  if (attempts !== undefined) {
    if (attempts.hasRenewed || attempts.left <= 0) return response;
    attempts.hasRenewed = true;
    attempts.left -= 1;
  }
  const challenge = claimsChallengeOf(response);
  const claims = challenge === undefined ? undefined : Buffer.from(challenge, "base64url").toString("utf8");
  await renew(used, claims);
  return send(request);
}
