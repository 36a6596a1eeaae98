/**
 * Callers' access tokens as Entra ID issues them, by version and kind, and forgeries of them. The claims are those of the
 * reference, with names and ids of nobody.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
import { randomUUID } from "node:crypto";
import { exportSPKI, SignJWT, UnsecuredJWT } from "jose";
import { newSigningKey, type SigningKey, type SigningKeys } from "./signing-keys.ts";

/** Claims over the defaults; `undefined` leaves one out. */
export type Claims = Record<string, unknown>;
type Header = Record<string, unknown>;

export interface TokenSettings {
  tenantId: string;
  clientId: string;
  /** What issuers begin with, such as `https://login.microsoftonline.com`. */
  authority: string;
  nowMs: () => number;
}

export const callerObjectId = "0a1b2c3d-0000-4000-8000-00000000c0de";
export const callingAppId = "5ca1ab1e-0000-4000-8000-0000000000aa";

export class CallerTokens {
  readonly #keys: SigningKeys;
  readonly #settings: TokenSettings;

  constructor(keys: SigningKeys, settings: TokenSettings) {
    this.#keys = keys;
    this.#settings = settings;
  }

  /** A signed-in user's token of version 2.0, valid for an hour. Issuer and `tid` go together unless both are given. */
  issue(claims: Claims = {}, header: Header = {}, key: SigningKey = this.#keys.current): Promise<string> {
    return sign(this.claims(claims), { kid: key.kid, ...header }, key);
  }

  /** The same of version 1.0. */
  issueV1(claims: Claims = {}, header: Header = {}): Promise<string> {
    return this.issue(this.#v1(claims), { x5t: this.#keys.current.kid, ...header });
  }

  /** An application's own token of version 2.0, with roles. */
  issueApp(claims: Claims = {}, header: Header = {}): Promise<string> {
    return this.issue(application(claims), header);
  }

  /** The same of version 1.0. */
  issueAppV1(claims: Claims = {}, header: Header = {}): Promise<string> {
    return this.issueV1(application(claims), header);
  }

  /** An ID token for the gateway's own client id: what a browser has got and must not send. */
  issueIdToken(claims: Claims = {}): Promise<string> {
    return this.issue({
      scp: undefined,
      azp: undefined,
      azpacr: undefined,
      nonce: randomUUID(),
      at_hash: "77QmUPtjPfzWtF2AnpK9RQ",
      preferred_username: "caller@contoso.example",
      ...claims,
    });
  }

  /** The claims that `issue` signs. */
  claims(claims: Claims = {}): Claims {
    const { tenantId, clientId, authority, nowMs } = this.#settings;
    const now = Math.floor(nowMs() / 1000);
    const tid = claims.tid ?? tenantId;
    return withoutUndefined({
      aud: clientId,
      iss: `${authority}/${String(tid)}/v2.0`,
      iat: now,
      nbf: now,
      exp: now + 3600,
      aio: randomUUID(),
      azp: callingAppId,
      azpacr: "1",
      name: "A Caller",
      oid: callerObjectId,
      rh: "0.AAAA",
      scp: "Pfx.Read Pfx.ReadWrite",
      sub: "pairwise-subject",
      tid,
      uti: randomUUID(),
      ver: "2.0",
      ...claims,
    });
  }

  /** Under the published kid, signed by another key. */
  async forgeWithOtherKey(claims: Claims = {}, header: Header = {}): Promise<string> {
    const other = await newSigningKey(this.#keys.current.kid);
    return this.issue(claims, header, other);
  }

  /** @see https://www.rfc-editor.org/rfc/rfc8725#section-2.1 */
  forgeUnsigned(claims: Claims = {}): string {
    return new UnsecuredJWT(this.claims(claims)).encode();
  }

  /** HS256, the published public key's PEM as the secret. */
  async forgeWithPublicKeyAsSecret(claims: Claims = {}): Promise<string> {
    const secret = new TextEncoder().encode(await exportSPKI(this.#keys.current.publicKey));
    return new SignJWT(this.claims(claims))
      .setProtectedHeader({ alg: "HS256", typ: "JWT", kid: this.#keys.current.kid })
      .sign(secret);
  }

  /** Signed by a key that the token brings along itself, in `jwk`, or names by URL in `jku` and `x5u`. */
  async forgeWithOwnKey(given: "jwk" | "jku" | "x5u", url = "", kid = this.#keys.current.kid): Promise<string> {
    const own = await newSigningKey(kid);
    return sign(this.claims(), { kid, [given]: given === "jwk" ? own.jwk : url }, own);
  }

  #v1(claims: Claims): Claims {
    const { tenantId, clientId } = this.#settings;
    return {
      aud: `api://${clientId}`,
      iss: `https://sts.windows.net/${String(claims.tid ?? tenantId)}/`,
      ver: "1.0",
      appid: callingAppId,
      appidacr: "1",
      azp: undefined,
      azpacr: undefined,
      ...claims,
    };
  }
}

/** An application's `sub` is its `oid`. */
function application(claims: Claims): Claims {
  return {
    scp: undefined,
    name: undefined,
    roles: ["Pfx.Read.All", "Pfx.ReadWrite.All"],
    idtyp: "app",
    sub: claims.oid ?? callerObjectId,
    ...claims,
  };
}

function sign(claims: Claims, header: Header, { privateKey }: SigningKey): Promise<string> {
  const { alg = "RS256", ...others } = header;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: String(alg), typ: "JWT", ...withoutUndefined(others) })
    .sign(privateKey);
}

const withoutUndefined = (fields: Claims): Claims =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
