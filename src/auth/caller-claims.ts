/**
 * Whom a verified token speaks of: a user who lets an application act (`scp`), or an application by itself (`roles`).
 * `roles` occur in users' tokens too, so they count only where there is no user.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
import type { JWTPayload } from "jose";

export type CallerKind = "delegated" | "application";

/** Only ID tokens have these, and those are for the application that asked, not for an API. */
const idTokenClaims = ["nonce", "at_hash", "c_hash"];
/** What is said of users, never of applications. */
const userClaims = ["preferred_username", "upn", "unique_name"];

/** `undefined`: neither the one nor the other for certain, and so not an access token to be accepted. */
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
  // `idtyp` is an optional claim; without it, an application's name and a role of its own tell.
  const isApplication = idtyp === "app" || (callingAppOf(claims) !== null && permissions.size > 0);
  return isApplication ? { kind: "application", permissions } : undefined;
}

/** The client id of the application that calls: `azp` in version 2.0, `appid` in 1.0. */
export function callingAppOf({ ver, azp, appid }: JWTPayload): string | null {
  const id = ver === "1.0" ? appid : azp;
  return typeof id === "string" && id !== "" ? id : null;
}
