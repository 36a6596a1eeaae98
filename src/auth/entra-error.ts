/**
 * Turns the failure to get a token into the gateway's codes. The identity provider's messages are not passed on: they name
 * tenants, applications and users.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import { type ErrorCode, GatewayError } from "../errors.ts";
import { isLasting, loopDetected, type Refusal, refusalOf } from "./aadsts.ts";
import type { TokenFailure } from "./token-failure.ts";

const answers: Readonly<Record<Refusal, readonly [code: ErrorCode, message: string]>> = {
  signIn: ["UNAUTHENTICATED", "Microsoft Entra rejected the token; sign in again."],
  conditionalAccess: [
    "FORBIDDEN",
    "A Conditional Access policy blocks this access, and a new sign-in does not change that. Ask the tenant's administrator.",
  ],
  account: [
    "FORBIDDEN",
    "Microsoft Entra does not let this account in: it is disabled, locked, or not permitted in this tenant. Ask the tenant's administrator.",
  ],
  blocked: [
    "FORBIDDEN",
    "Microsoft Entra refuses this user, and a new sign-in does not change that. Ask the tenant's administrator.",
  ],
  notAssigned: ["FORBIDDEN", "The user is not assigned to the gateway's application. Ask the tenant's administrator."],
  consent: ["FORBIDDEN", "Consent to call Microsoft Graph on the caller's behalf is missing."],
  notUser: ["FORBIDDEN", "The on-behalf-of flow needs a user's token; this is an application's token."],
  gateway: ["UPSTREAM_MISCONFIGURED", "The gateway's identity is misconfigured; tell the gateway's operator."],
};

const unavailable = "Microsoft Entra could not issue a token; retry later.";

/** How long Entra refuses equal requests after it has seen too many. */
const loopSeconds = 60;

/**
 * @param mode kind of the requested token: `app` for the gateway's own, `obo` for one on behalf of the caller.
 * @param retryAfterSeconds when a repeated call may succeed.
 */
export function entraError(
  mode: "app" | "obo",
  failure: TokenFailure,
  retryAfterSeconds = failure.retryAfterSeconds,
): GatewayError {
  if (mode === "obo" && failure.claims !== "" && isJson(failure.claims)) {
    return new GatewayError(
      "CLAIMS_CHALLENGE",
      "Microsoft Entra requires step-up authentication; request a new token with the returned claims.",
      { claims: Buffer.from(failure.claims, "utf8").toString("base64") },
    );
  }
  const isEntras = failure.isTransient || isLasting(failure.aadsts);
  const refusal = isEntras ? undefined : refusalIn(mode, failure);
  if (refusal !== undefined) return new GatewayError(...answers[refusal]);
  const loop = failure.aadsts.includes(loopDetected) ? loopSeconds : undefined;
  return new GatewayError("UPSTREAM_UNAVAILABLE", unavailable, { retryAfterSeconds: retryAfterSeconds ?? loop });
}

/** `undefined`: nobody refused anything. */
function refusalIn(mode: "app" | "obo", failure: TokenFailure): Refusal | undefined {
  const { status, errorCode, subError, aadsts } = failure;
  if (status === undefined) return "gateway"; // nothing could be sent
  const isRefused = status >= 400 && errorCode !== "";
  if (mode === "app") return isRefused ? "gateway" : undefined; // no caller can mend it, whatever it is
  const known = refusalOf(aadsts);
  if (known !== undefined) return known;
  if (errorCode === "consent_required" || subError === "consent_required") return "consent";
  if (["invalid_grant", "interaction_required", "login_required"].includes(errorCode)) {
    // Signing in would only show a message that says why it is not possible.
    return subError === "message_only" ? "blocked" : "signIn";
  }
  return isRefused ? "gateway" : undefined;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
