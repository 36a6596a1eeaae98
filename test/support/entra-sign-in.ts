/**
 * A fake Microsoft Entra for those who sign in: authorization codes, device codes and refresh tokens for people, client
 * credentials for applications; for browsers also its metadata, CORS, and who has signed in. On loopback; it writes every request
 * down, and fails on order.
 */
import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { CallerTokens, type Claims, callerObjectId } from "./identity-provider/caller-tokens.ts";
import { Credentials } from "./identity-provider/credentials.ts";
import { type Endpoint, type Fault, Faults } from "./identity-provider/faults.ts";
import { forBrowsers, metadataFor } from "./identity-provider/for-browsers.ts";
import { listen } from "./identity-provider/server.ts";
import { newSigningKey, SigningKeys } from "./identity-provider/signing-keys.ts";
import { type Answer, TokenEndpoint } from "./identity-provider/token-endpoint.ts";

export const signInTenantId = "7e4a4700-0000-4000-8000-000000000001";
export const signInClientId = "c11e4700-0000-4000-8000-000000000003";
export const signInUser = "kim@contoso.example";

type Form = Readonly<Record<string, string>>;

export interface SeenSignInRequest {
  readonly endpoint: Endpoint;
  readonly path: string;
  /** The query of `authorize`, the body of the others. */
  readonly form: Form;
  readonly headers: IncomingMessage["headers"];
}

/** What can be changed while it runs. */
export interface EntraSignInSettings {
  lifetimeSeconds: number;
  /** Claims of the access tokens over the defaults; "opaque" for tokens that say nothing. */
  tokens: Claims | "opaque";
  /** Whether people's tokens come with a refresh token. */
  refreshTokens: boolean;
  /** How the person's sign-in ends; an error code instead of a code. */
  authorizationError: { error: string; description: string } | undefined;
  /** What polling for a device code is answered, in this order; then the token. */
  devicePolls: string[];
  deviceSeconds: number;
}

export interface EntraSignIn extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly url: URL;
  /** The same over TLS, under a certificate that nobody trusts. */
  readonly secureUrl: URL;
  readonly settings: EntraSignInSettings;
  readonly faults: Faults;
  readonly credentials: Credentials;
  readonly requests: readonly SeenSignInRequest[];
  /** Those of the token endpoint with this grant. */
  grants(type: string): SeenSignInRequest[];
  /** No refresh token so far is accepted any more. */
  revokeRefreshTokens(): void;
  /** Whatever must show nowhere: tokens, codes, secrets, assertions. */
  secrets(): string[];
}

/** Account and tenant, as Entra tells them to clients that keep several accounts apart. */
const clientInfo = Buffer.from(JSON.stringify({ uid: callerObjectId, utid: signInTenantId })).toString("base64url");
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/**
 * @param nowMs milliseconds since the epoch: for the tokens' claims.
 * @param signingKeys of another fake provider, which publishes them for a gateway; default keys that nobody knows.
 */
export async function startEntraSignIn(
  nowMs: () => number = Date.now,
  signingKeys?: SigningKeys,
): Promise<EntraSignIn> {
  const keys = signingKeys ?? new SigningKeys(await newSigningKey());
  const credentials = new Credentials(signInClientId, `canary-client-secret-${randomUUID()}`);
  const endpoint = new TokenEndpoint(credentials, keys, signInClientId, nowMs);
  const settings: EntraSignInSettings = {
    lifetimeSeconds: 3600,
    tokens: {},
    refreshTokens: true,
    authorizationError: undefined,
    devicePolls: [],
    deviceSeconds: 900,
  };
  const faults = new Faults();
  const requests: SeenSignInRequest[] = [];
  const issued: string[] = [];
  const codes = new Map<string, Form>();
  const refreshTokens = new Set<string>();
  const deviceCodes = new Set<string>();

  async function route(request: IncomingMessage, body: string, origin: string): Promise<Answer | Fault> {
    return forBrowsers(request, () => answer(request, body, origin));
  }

  async function answer(request: IncomingMessage, body: string, origin: string): Promise<Answer | Fault> {
    const { pathname, search } = new URL(request.url ?? "/", origin);
    const [, tenant = "", name = ""] = /^\/([^/]+)\/oauth2\/v2\.0\/(\w+)$/.exec(pathname) ?? [];
    const metadata = metadataFor(pathname, origin);
    if (metadata !== undefined) return metadata;
    const seen = name === "authorize" || name === "devicecode" || name === "token" ? name : "unknown";
    const form = Object.fromEntries(new URLSearchParams(seen === "authorize" ? search : body));
    requests.push({ endpoint: seen, path: pathname, form, headers: request.headers });
    const fault = faults.take(seen);
    if (fault !== undefined) return { ...endpoint.failure(503, "temporarily_unavailable", 90033, "Busy."), ...fault };
    if (tenant !== signInTenantId && tenant !== "contoso.example") {
      return endpoint.failure(400, "invalid_request", 90002, `Tenant '${tenant}' not found.`);
    }
    if (seen === "authorize") return authorize(form);
    if (name === "logout") return signedOut(search);
    if (seen === "devicecode") return deviceCode(form);
    return seen === "token" ? token(form, tenant, `${origin}${pathname}`) : { status: 404, body: {} };
  }

  function authorize(form: Form): Answer {
    const redirect = new URL(form.redirect_uri ?? "");
    const { authorizationError: refused } = settings;
    const result = new URLSearchParams({ state: form.state ?? "" });
    if (refused === undefined) {
      const code = newSecret("code");
      codes.set(code, form);
      result.set("code", code);
      if (form.client_info === "1") result.set("client_info", clientInfo);
    } else {
      result.set("error", refused.error);
      result.set("error_description", refused.description);
    }
    redirect[form.response_mode === "fragment" ? "hash" : "search"] = result.toString();
    return { status: 302, headers: { location: redirect.href }, body: {} };
  }

  function signedOut(search: string): Answer {
    const location = new URLSearchParams(search).get("post_logout_redirect_uri") ?? "";
    return { status: 302, headers: { location }, body: {} };
  }

  function deviceCode(form: Form): Answer {
    if (form.client_id !== signInClientId) return unknownClient();
    const code = newSecret("device");
    deviceCodes.add(code);
    const message = "To sign in, use a web browser.";
    const verification = { user_code: "ABCD1234", verification_uri: "https://microsoft.com/devicelogin", message };
    return {
      status: 200,
      body: { device_code: code, ...verification, expires_in: settings.deviceSeconds, interval: 5 },
    };
  }

  async function token(form: Form, tenant: string, url: string): Promise<Answer> {
    if (form.grant_type === "client_credentials") {
      const request = endpoint.record(tenant, new URLSearchParams(form).toString());
      const answer = await endpoint.answer(request, url);
      return answer.status === 200 ? grant(false, "application") : answer;
    }
    if (form.client_id !== signInClientId || form.client_secret !== undefined) return unknownClient();
    switch (form.grant_type) {
      case "authorization_code": {
        const authorization = redeem(form);
        if (authorization === undefined) return invalidGrant(54005);
        return withIdentity(await grant(settings.refreshTokens), form, authorization.nonce);
      }
      case "refresh_token":
        if (!refreshTokens.delete(form.refresh_token ?? "")) return invalidGrant(70043);
        return withIdentity(await grant(true), form);
      case deviceGrant: {
        if (!deviceCodes.has(form.device_code ?? "")) return invalidGrant(70000);
        const next = settings.devicePolls.shift();
        return next === undefined ? grant(settings.refreshTokens) : endpoint.failure(400, next, 70016, "Pending.");
      }
      default:
        return endpoint.failure(400, "unsupported_grant_type", 70003, "Unsupported grant type.");
    }
  }

  /** Once, for the same redirect URI, with the verifier of the challenge. */
  function redeem({ code = "", redirect_uri, code_verifier = "" }: Form): Form | undefined {
    const authorization = codes.get(code);
    codes.delete(code);
    issued.push(code_verifier);
    const challenge = createHash("sha256").update(code_verifier).digest("base64url");
    const isRightful =
      authorization?.redirect_uri === redirect_uri &&
      authorization?.code_challenge === challenge &&
      authorization?.code_challenge_method === "S256";
    return isRightful ? authorization : undefined;
  }

  /** A client that asks for `client_info` learns who has signed in. */
  async function withIdentity(answer: Answer, form: Form, nonce?: string): Promise<Answer> {
    if (form.client_info !== "1") return answer;
    const id_token = await callerTokens().issueIdToken({ aud: form.client_id, preferred_username: signInUser, nonce });
    return { ...answer, body: { ...Object(answer.body), scope: form.scope, id_token, client_info: clientInfo } };
  }

  const callerTokens = () =>
    new CallerTokens(keys, { tenantId: signInTenantId, clientId: "api", authority: "https://e", nowMs });

  async function grant(withRefreshToken: boolean, kind: "person" | "application" = "person"): Promise<Answer> {
    const { tokens, lifetimeSeconds } = settings;
    const exp = Math.floor(nowMs() / 1000) + lifetimeSeconds;
    const callers = callerTokens();
    const claims = { exp, uti: newSecret("uti"), ...(tokens === "opaque" ? {} : tokens) };
    const jwt = () =>
      kind === "person"
        ? callers.issue({ preferred_username: signInUser, ...claims })
        : callers.issueApp({ azp: signInClientId, ...claims });
    const accessToken = tokens === "opaque" ? newSecret("access") : await jwt();
    issued.push(accessToken);
    const refresh_token = newSecret("refresh");
    if (withRefreshToken) refreshTokens.add(refresh_token);
    return {
      status: 200,
      body: {
        token_type: "Bearer",
        expires_in: lifetimeSeconds,
        access_token: accessToken,
        ...(withRefreshToken && { refresh_token }),
      },
    };
  }

  function newSecret(kind: string): string {
    const secret = `canary.${kind}.${randomUUID()}`;
    issued.push(secret);
    return secret;
  }

  const unknownClient = () => endpoint.failure(400, "unauthorized_client", 700016, `Application not found. canary`);
  const invalidGrant = (code: number) => endpoint.failure(400, "invalid_grant", code, "The grant is invalid. canary");

  const listening = await listen(route);
  return {
    url: new URL(listening.url),
    secureUrl: new URL(listening.secureUrl),
    settings,
    faults,
    credentials,
    requests,
    grants: (type) => requests.filter((seen) => seen.endpoint === "token" && seen.form.grant_type === type),
    revokeRefreshTokens: () => refreshTokens.clear(),
    secrets: () => {
      const assertions = requests.map(({ form }) => form.client_assertion ?? "");
      return [...issued, ...assertions, credentials.clientSecret, "canary"].filter((secret) => secret !== "");
    },
    async [Symbol.asyncDispose]() {
      await listening.close();
      await credentials.remove();
      if (signingKeys === undefined) keys[Symbol.dispose]();
    },
  };
}
