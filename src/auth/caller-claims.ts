/**
 * Reads the kind of caller from a verified token: a user for whom an application acts (`scp`), or an application itself
 * (`roles`). Users' tokens may contain `roles` too, so `roles` count only without a user.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
import type { JWTPayload } from "jose";

export type CallerKind = "delegated" | "application";

/** Claims that only ID tokens have. ID tokens are for the application that requested them, not for an API. */
const idTokenClaims = ["nonce", "at_hash", "c_hash"];
/** Claims that only users' tokens have. */
const userClaims = ["preferred_username", "upn", "unique_name"];

/** `undefined` if the token is clearly neither; then it is rejected as no access token. */
export function grantOf(claims: JWTPayload): { kind: CallerKind; permissions: ReadonlySet<string> } | undefined {
  if (idTokenClaims.some((name) => Object.hasOwn(claims, name))) return undefined;
  const { scp, roles, idtyp } = claims;
  if (scp !== undefined) {
    if (typeof scp !== "string" || (idtyp !== undefined && idtyp !== "user")) return undefined;
    return { kind: "delegated", permissions: new Set(scp.split(" ").filter((word) => word !== "")) };
  }
  if (idtyp !== undefined && idtyp !== "app") return undefined;
  if (userClaims.some((name) => Object.hasOwn(claims, name))) return undefined;
  const permissions = new Set(Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : []);
  // `idtyp` is an optional claim. Without it, an application's name and a role show that the caller is an application.
  const isApplication = idtyp === "app" || (callingAppOf(claims) !== null && permissions.size > 0);
  return isApplication ? { kind: "application", permissions } : undefined;
}

/** The client id of the calling application: `azp` in version 2.0, `appid` in version 1.0. */
export function callingAppOf({ ver, azp, appid }: JWTPayload): string | null {
  const id = ver === "1.0" ? appid : azp;
  return typeof id === "string" && id !== "" ? id : null;
}
