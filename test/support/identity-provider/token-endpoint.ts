/**
 * The token endpoint: client credentials and on-behalf-of, with the answers and errors of Entra ID's shape. Every token
 * it issues is one of its kind and written down, so that a test can tell whose token reached Graph.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
import { createHash, randomUUID } from "node:crypto";
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify, UnsecuredJWT } from "jose";
import type { ClientAuthentication, Credentials } from "./credentials.ts";
import type { SigningKeys } from "./signing-keys.ts";

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export interface TokenRequest {
  readonly tenantId: string;
  readonly grant: "client_credentials" | "on_behalf_of" | "other";
  readonly form: Readonly<Record<string, string>>;
  /** The `claims` parameter, parsed. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Client capabilities declared in `claims`, such as `cp1`. */
  readonly capabilities: readonly string[];
  /** How the client proved itself, if it did. */
  authentication: ClientAuthentication | undefined;
  /** The token issued for it, if one was. */
  accessToken: string | undefined;
}

/** One answer on order, in place of a token. */
export interface Challenge {
  /** Default `interaction_required`. */
  error?: string;
  /** Default 50076: multi-factor authentication is needed. */
  code?: number;
  suberror?: string;
  /** JSON text that the client must carry on to the caller; null for none. */
  claims?: string | null;
  status?: number;
}

/** What can be changed while the provider runs. */
export interface TokenEndpointSettings {
  /** `expires_in` of tokens for Graph. Default 3600. */
  lifetimeSeconds: number;
  /** Whether tokens for Graph are opaque texts or (unsigned) JWTs. */
  format: "opaque" | "jwt";
  /** What the application itself is permitted, as its tokens say it where they are JWTs. Default: nothing. */
  appRoles: readonly string[];
}

export const defaultChallengeClaims =
  '{"access_token":{"capolids":{"essential":true,"values":["3a1c9f52-0000-4000-8000-0000000000c5"]}}}';

const onBehalfOf = "urn:ietf:params:oauth:grant-type:jwt-bearer";

export class TokenEndpoint {
  readonly requests: TokenRequest[] = [];
  readonly settings: TokenEndpointSettings = { lifetimeSeconds: 3600, format: "opaque", appRoles: [] };
  readonly challenges: Challenge[] = [];
  #issued = 0;
  readonly #credentials: Credentials;
  readonly #keys: SigningKeys;
  readonly #clientId: string;
  readonly #nowMs: () => number;

  constructor(credentials: Credentials, keys: SigningKeys, clientId: string, nowMs: () => number) {
    this.#credentials = credentials;
    this.#keys = keys;
    this.#clientId = clientId;
    this.#nowMs = nowMs;
  }

  /** Writes a request down; faults of the transport may still keep it from being answered. */
  record(tenantId: string, body: string): TokenRequest {
    const form = Object.fromEntries(new URLSearchParams(body));
    const claims = parsed(form.claims);
    const grant = grantOf(form);
    const capabilities = capabilitiesOf(claims);
    const request: TokenRequest = {
      tenantId,
      grant,
      form,
      claims,
      capabilities,
      authentication: undefined,
      accessToken: undefined,
    };
    this.requests.push(request);
    return request;
  }

  /** @param url of the endpoint, as the request named it. */
  async answer(request: TokenRequest, url: string): Promise<Answer> {
    const { form, tenantId } = request;
    request.authentication = await this.#credentials.check(form, url);
    if (request.authentication === undefined) {
      return this.failure(401, "invalid_client", 7000215, "Invalid client secret or assertion provided.");
    }
    const challenge = this.challenges.shift();
    if (challenge !== undefined) return this.#challenged(challenge);
    if (form.scope === undefined) return this.failure(400, "invalid_request", 900144, "'scope' is missing.");
    if (request.grant === "other") return this.failure(400, "unsupported_grant_type", 70003, "Unsupported grant type.");
    if (request.grant === "on_behalf_of") {
      const refusal = await this.#refuseAssertion(form.assertion ?? "");
      if (refusal !== undefined) return refusal;
    }
    return { status: 200, body: this.#issue(request, tenantId) };
  }

  /** An error as Entra words it. */
  failure(status: number, error: string, code: number, message: string, more: Record<string, unknown> = {}): Answer {
    const now = new Date(this.#nowMs()).toISOString();
    const [trace, correlation] = [randomUUID(), randomUUID()];
    const description = `AADSTS${code}: ${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${now}`;
    return {
      status,
      body: {
        error,
        error_description: description,
        error_codes: [code],
        timestamp: now,
        trace_id: trace,
        correlation_id: correlation,
        error_uri: `https://login.microsoftonline.com/error?code=${code}`,
        ...more,
      },
    };
  }

  /** A token for the managed identity. @param resource asked for. */
  issueForManagedIdentity(resource: string, clientId: string | null): Record<string, unknown> {
    const { lifetimeSeconds } = this.settings;
    const token = this.#newToken("managed-identity", resource, {});
    const isTrusted = clientId !== null && clientId === this.#credentials.trustedIdentity;
    if (isTrusted && resource === "api://AzureADTokenExchange") this.#credentials.acceptFederated(token);
    return {
      access_token: token,
      client_id: clientId ?? this.#clientId,
      expires_in: String(lifetimeSeconds),
      expires_on: String(Math.floor(this.#nowMs() / 1000) + lifetimeSeconds),
      ext_expires_in: String(lifetimeSeconds),
      not_before: String(Math.floor(this.#nowMs() / 1000)),
      resource,
      token_type: "Bearer",
    };
  }

  #challenged({ error = "interaction_required", code = 50076, status = 400, ...rest }: Challenge): Answer {
    const { suberror = "basic_action", claims = defaultChallengeClaims } = rest;
    const message =
      "Due to a configuration change made by your administrator, you must use multi-factor authentication.";
    return this.failure(status, error, code, message, { suberror, ...(claims !== null && { claims }) });
  }

  /** An assertion must be a user's token for this client, signed here and unexpired. */
  async #refuseAssertion(assertion: string): Promise<Answer | undefined> {
    try {
      const { payload } = await jwtVerify(assertion, createLocalJWKSet({ keys: this.#keys.published }), {
        algorithms: ["RS256"],
        audience: [this.#clientId, `api://${this.#clientId}`],
        currentDate: new Date(this.#nowMs()),
        requiredClaims: ["exp"],
      });
      if (payload.scp !== undefined) return undefined;
      return this.failure(400, "invalid_grant", 7000114, "Application is not allowed to make on-behalf-of calls.");
    } catch {
      return this.failure(400, "invalid_grant", 50013, "Assertion failed signature validation.");
    }
  }

  #issue(request: TokenRequest, tenantId: string): Record<string, unknown> {
    const { form, grant } = request;
    const scopes = (form.scope ?? "").split(" ");
    const { lifetimeSeconds } = this.settings;
    const user = grant === "on_behalf_of" ? decodeJwt(form.assertion ?? "") : undefined;
    request.accessToken = this.#newToken(grant, form.scope ?? "", {
      tid: tenantId,
      appid: this.#clientId,
      ...(user === undefined ? { roles: this.settings.appRoles } : { oid: user.oid, scp: "User.Read" }),
    });
    const clientInfo = { uid: user?.oid, utid: user?.tid };
    return {
      token_type: "Bearer",
      expires_in: lifetimeSeconds,
      ext_expires_in: lifetimeSeconds,
      access_token: request.accessToken,
      ...(user && { scope: scopes.filter((scope) => scope.includes("/")).join(" ") }),
      ...(user && scopes.includes("offline_access") && { refresh_token: `refresh-${randomUUID()}` }),
      ...(user && scopes.includes("openid") && { id_token: this.#idToken(user, tenantId) }),
      ...(user && form.client_info === "1" && { client_info: base64url(JSON.stringify(clientInfo)) }),
    };
  }

  #idToken(user: JWTPayload, tid: string): string {
    const now = Math.floor(this.#nowMs() / 1000);
    const about = {
      oid: user.oid,
      sub: user.sub ?? "",
      preferred_username: "caller@contoso.example",
      name: "A Caller",
    };
    return new UnsecuredJWT({ aud: this.#clientId, iat: now, exp: now + 3600, tid, ver: "2.0", ...about }).encode();
  }

  /** Different for every call and assertion. */
  #newToken(grant: string, audience: string, claims: Record<string, unknown>): string {
    const jti = `${++this.#issued}-${randomUUID()}`;
    if (this.settings.format === "opaque") return `graph.${grant}.${jti}`.replaceAll("_", "-");
    const now = Math.floor(this.#nowMs() / 1000);
    const exp = now + this.settings.lifetimeSeconds;
    return `${new UnsecuredJWT({ aud: audience, iat: now, nbf: now, exp, jti, ...claims }).encode()}${hashOf(jti)}`;
  }
}

const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

function grantOf(form: Readonly<Record<string, string>>): TokenRequest["grant"] {
  if (form.grant_type === "client_credentials") return "client_credentials";
  if (form.grant_type === onBehalfOf && form.requested_token_use === "on_behalf_of") return "on_behalf_of";
  return "other";
}

function parsed(claims: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (claims === undefined) return undefined;
  const value: unknown = JSON.parse(claims);
  return isRecord(value) ? value : undefined;
}

function capabilitiesOf(claims: Readonly<Record<string, unknown>> | undefined): string[] {
  const accessToken = claims?.access_token;
  const capability = isRecord(accessToken) ? accessToken.xms_cc : undefined;
  const values = isRecord(capability) ? capability.values : undefined;
  return Array.isArray(values) ? values.map(String) : [];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
