/**
 * Turns an error of the identity provider into the gateway's codes. The provider's messages are not passed on: they name
 * tenants, applications and users.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import { GatewayError } from "../errors.ts";

/** @param mode kind of the requested token: `app` for the gateway's own, `obo` for one on behalf of the caller. */
export function entraError(mode: "app" | "obo", error: unknown): GatewayError {
  const { errorCode, claims, subError } = partsOf(error);
  if (mode === "obo") {
    if (claims !== "" && isJson(claims)) {
      return new GatewayError(
        "CLAIMS_CHALLENGE",
        "Microsoft Entra requires step-up authentication; request a new token with the returned claims.",
        {
          claims: Buffer.from(claims, "utf8").toString("base64"),
        },
      );
    }
    if (errorCode === "consent_required" || subError === "consent_required") {
      return new GatewayError("FORBIDDEN", "Consent to call Microsoft Graph on the caller's behalf is missing.");
    }
    if (["invalid_grant", "interaction_required", "login_required"].includes(errorCode)) {
      return new GatewayError("UNAUTHENTICATED", "Microsoft Entra rejected the token; sign in again.");
    }
  }
  const misconfigured = /^(?:invalid_|unauthorized_|access_denied|consent_required|interaction_required)/.test(
    errorCode,
  );
  return misconfigured
    ? new GatewayError(
        "UPSTREAM_MISCONFIGURED",
        "The gateway's identity is misconfigured; tell the gateway's operator.",
      )
    : new GatewayError("UPSTREAM_UNAVAILABLE", "Microsoft Entra could not issue a token; retry later.");
}

function partsOf(error: unknown): { errorCode: string; claims: string; subError: string } {
  const field = (name: string): string => {
    const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === "string" ? value : "";
  };
  return { errorCode: field("errorCode"), claims: field("claims"), subError: field("subError") };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
