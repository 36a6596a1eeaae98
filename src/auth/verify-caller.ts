/**
 * Verifies that a bearer token is an access token that Entra ID issued for this gateway, to a caller of an allowed tenant.
 * Every check is exact, and no check follows an address from the token: the tenant must be one of the operator's before a key
 * is fetched. Verified tokens are not cached: verification takes 70 µs of CPU (RSA-2048, measured), and an uncached token
 * cannot leak.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-validation
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import { GatewayError } from "../errors.ts";
import { type CallerKind, callingAppOf, grantOf } from "./caller-claims.ts";
import type { FetchJson } from "./fetch-json.ts";
import { issuersOf, keysUrlOf, type TokenVersion } from "./issuers.ts";
import { type KeyLog, TenantKeys } from "./jwks.ts";

export interface VerifiedCaller {
  tenantId: string;
  /** Object id of the user, or of the application's service principal. */
  objectId: string;
  /** Client id of the calling application. */
  clientId: string | null;
  kind: CallerKind;
  /** Delegated: the words of `scp`; application: its `roles`. */
  permissions: ReadonlySet<string>;
  /** The token itself, unchanged. */
  token: string;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}

export interface VerifierOptions {
  /** Such as `https://login.microsoftonline.com`. */
  authorityUrl: URL;
  /** The gateway's client id. It is an accepted audience; in version 1.0, `api://` followed by it is accepted too. */
  clientId: string;
  /** An additional accepted audience. */
  audience: string | undefined;
  /** GUIDs. */
  allowedTenants: readonly string[];
  /** Milliseconds since the epoch. */
  nowMs: () => number;
  /** Fetches a tenant's key set, limited in time and size. */
  fetchJson: FetchJson;
  log: KeyLog;
}

/** Tolerance for the start and end of validity, because clocks differ. */
const skewSeconds = 60;
/** Entra ID's longest tokens, with two hundred groups, have about 12 KB. */
const maxTokenLength = 16 * 1024;
const maxClaimLength = 256;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const accessTokenTypes = ["jwt", "at+jwt", "application/at+jwt"];

const refusals = {
  malformed: "The bearer token is not a signed JSON Web Token.",
  foreign: "The access token was not issued for this gateway.",
  signature: "The access token's signature can't be verified.",
  expired: "The access token has expired.",
  early: "The access token is not valid yet.",
  kind: "The bearer token is not an access token of a user or an application.",
} as const;

/**
 * Creates the verifier, which keeps the keys of the allowed tenants.
 *
 * @returns a function that throws {GatewayError} `UNAUTHENTICATED`, or `UPSTREAM_UNAVAILABLE` if the token names an unknown
 * key and the identity provider cannot be reached.
 */
export function createCallerVerifier(options: VerifierOptions): (token: string) => Promise<VerifiedCaller> {
  const { authorityUrl, clientId, audience, nowMs, fetchJson, log } = options;
  const tenants = new Map<string, TenantKeys>();
  for (const tenantId of options.allowedTenants.map((tenant) => tenant.toLowerCase())) {
    if (!guid.test(tenantId)) throw new TypeError("An allowed tenant is not a GUID.");
    tenants.set(tenantId, new TenantKeys(tenantId, keysUrlOf(authorityUrl, tenantId), fetchJson, nowMs, log));
  }
  const audiences: Record<TokenVersion, string[]> = {
    "1.0": [clientId, `api://${clientId}`, ...(audience === undefined ? [] : [audience])],
    "2.0": [clientId, ...(audience === undefined ? [] : [audience])],
  };

  return async (token) => {
    const { kid, tid, ver } = peek(token);
    const keys = tenants.get(tid);
    if (keys === undefined) throw refused("foreign");
    const key = await keys.find(kid);
    if (key === undefined) throw refused("signature");
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["RS256"],
      issuer: [...issuersOf(authorityUrl, tid, ver)],
      audience: audiences[ver],
      clockTolerance: skewSeconds,
      currentDate: new Date(nowMs()),
      requiredClaims: ["exp"],
    }).catch((error: unknown) => {
      throw refused(reasonOf(error)); // without the cause, because jose's errors contain the claims
    });
    const { aud, exp, oid } = payload;
    // Entra ID writes one string. A token with a list of audiences is not for this gateway alone.
    if (typeof aud !== "string") throw refused("foreign");
    const grant = grantOf(payload);
    if (grant === undefined || exp === undefined || !isShortText(oid)) throw refused("kind");
    const { kind, permissions } = grant;
    const caller = { tenantId: tid, objectId: oid, clientId: callingAppOf(payload) };
    return { ...caller, kind, permissions, token, expiresAtMs: exp * 1000 };
  };
}

/** Reads the unverified fields that select the key and the rules. The signature covers exactly the bytes that are read here. */
function peek(token: string): { kid: string; tid: string; ver: TokenVersion } {
  if (!isCompact(token)) throw refused("malformed");
  const { alg, typ = "JWT", kid, crit, b64 } = read(() => decodeProtectedHeader(token));
  const { tid, ver } = read((): JWTPayload => decodeJwt(token));
  if (alg !== "RS256" || crit !== undefined || b64 !== undefined || !isShortText(kid)) throw refused("signature");
  if (typeof typ !== "string" || !accessTokenTypes.includes(typ.toLowerCase())) throw refused("kind");
  if (!isShortText(tid) || (ver !== "1.0" && ver !== "2.0")) throw refused("foreign");
  return { kid, tid, ver };
}

/**
 * Whether the token has three parts in canonical base64url. jose accepts white space and extra bits at the end, so that one
 * token would have many spellings.
 */
function isCompact(token: string): boolean {
  if (token.length > maxTokenLength) return false;
  const parts = token.split(".");
  return parts.length === 3 && parts.every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
}

function read<T>(decode: () => T): T {
  try {
    return decode();
  } catch {
    throw refused("malformed");
  }
}

function reasonOf(error: unknown): keyof typeof refusals {
  if (error instanceof errors.JWTExpired) return "expired";
  if (!(error instanceof errors.JWTClaimValidationFailed)) return "signature";
  if (error.claim === "nbf") return "early";
  return error.claim === "exp" ? "kind" : "foreign"; // `exp` is missing or not a number
}

const isShortText = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= maxClaimLength;

const refused = (reason: keyof typeof refusals): GatewayError => new GatewayError("UNAUTHENTICATED", refusals[reason]);
