/**
 * A fake identity provider: as much of Microsoft Entra ID as the gateway talks to, on loopback, over http and https. It
 * publishes keys, signs callers' tokens and forges them, hands out tokens for Graph, and fails on order. It also answers
 * as a virtual machine's metadata service and as App Service, for managed identities.
 */
import type { IncomingMessage } from "node:http";
import { CallerTokens } from "./identity-provider/caller-tokens.ts";
import { Credentials } from "./identity-provider/credentials.ts";
import { type Endpoint, type Fault, Faults } from "./identity-provider/faults.ts";
import { listen } from "./identity-provider/server.ts";
import { newSigningKey, SigningKeys } from "./identity-provider/signing-keys.ts";
import { type Answer, TokenEndpoint } from "./identity-provider/token-endpoint.ts";

export type { Claims } from "./identity-provider/caller-tokens.ts";
export { callerObjectId, callingAppId } from "./identity-provider/caller-tokens.ts";
export { defaultChallengeClaims } from "./identity-provider/token-endpoint.ts";

export interface IdentityProviderOptions {
  tenantId?: string;
  /** Of the gateway: audience of callers' tokens, and client of the token endpoint. */
  clientId?: string;
  clientSecret?: string;
  /** What callers' tokens name as their issuer: `http` and `https` stand for this provider's URLs. Default `http`. */
  authority?: "http" | "https" | `https://${string}`;
  /** Milliseconds since the epoch. Default the real time. */
  nowMs?: () => number;
}

export interface SeenRequest {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

export interface IdentityProvider extends AsyncDisposable {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `http://127.0.0.1:…`: also where the metadata service answers. */
  readonly url: string;
  /** `https://127.0.0.1:…`, under a certificate that only `ca` vouches for. */
  readonly secureUrl: string;
  /** PEM; as a file `caFile()`, for `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  caFile(): Promise<string>;
  /** What issuers of callers' tokens begin with. */
  readonly authority: string;
  /** A URL of this provider's that nobody has any business to fetch; see `count("trap")`. */
  readonly trapUrl: string;
  /** Callers' tokens, true and forged. */
  readonly callers: CallerTokens;
  readonly keys: SigningKeys;
  /** `fail("jwks", { status: 500 }, "always")`, `heal("jwks")`. */
  readonly faults: Faults;
  /** Requests recorded, challenges on order, lifetime of tokens for Graph. */
  readonly token: TokenEndpoint;
  /** Client certificates and federated token files that are accepted. */
  readonly credentials: Credentials;
  /** Every request so far, in order. */
  readonly requests: readonly SeenRequest[];
  /** How many of them went there. */
  count(endpoint: Endpoint): number;
  /** Forget the requests, those of the token endpoint included. */
  reset(): void;
}

/** The value of `IDENTITY_HEADER` that the provider accepts at `/msi/token`, where it answers as App Service does. */
export const identityHeader = "identity-header";
export const defaultTenantId = "7e4a4700-0000-4000-8000-000000000001";
export const defaultClientId = "9a7e0a70-0000-4000-8000-000000000002";

export async function startIdentityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const { tenantId = defaultTenantId, clientId = defaultClientId, clientSecret = "client-secret" } = options;
  const { authority: chosen = "http", nowMs = Date.now } = options;
  const keys = new SigningKeys(await newSigningKey());
  const credentials = new Credentials(clientId, clientSecret);
  const token = new TokenEndpoint(credentials, keys, clientId, nowMs);
  const faults = new Faults();
  const requests: SeenRequest[] = [];
  const usedSockets = new WeakSet<object>();

  async function route(request: IncomingMessage, body: string, origin: string): Promise<Answer | Fault> {
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    const endpoint = endpointOf(pathname);
    requests.push({ endpoint, method: request.method ?? "", path: request.url ?? "", headers: request.headers });
    const tenant = pathname.split("/")[1] ?? "";
    const tokenRequest = endpoint === "token" ? token.record(tenant, body) : undefined;
    if (faults.cutsReusedConnections && usedSockets.has(request.socket)) return { instead: "cut" };
    usedSockets.add(request.socket);
    const fault = faults.take(endpoint);
    if (fault !== undefined) {
      const { status = 503 } = fault;
      return {
        ...token.failure(status, "temporarily_unavailable", 90033, "A transient error has occurred."),
        ...fault,
      };
    }
    if (tokenRequest !== undefined) return token.answer(tokenRequest, `${origin}${pathname}`);
    switch (endpoint) {
      case "jwks":
        return { status: 200, body: { keys: keys.published } };
      case "metadata":
        return { status: 200, body: metadata(origin, tenant, pathname.includes("/v2.0/")) };
      case "instance":
        return { status: 200, body: instances(origin, tenantId) };
      case "imds":
        return managedIdentity(request.headers.metadata, searchParams);
      case "appService":
        return managedIdentity(request.headers["x-identity-header"] === identityHeader && "true", searchParams);
      default:
        return token.failure(404, "invalid_request", 90002, "There is nothing here.");
    }
  }

  function managedIdentity(header: unknown, query: URLSearchParams): Answer {
    if (header !== "true") return { status: 400, body: { error: "invalid_request", error_description: "Metadata" } };
    const resource = query.get("resource");
    if (resource === null) return { status: 400, body: { error: "invalid_request", error_description: "resource" } };
    return { status: 200, body: token.issueForManagedIdentity(resource, query.get("client_id")) };
  }

  const listening = await listen(route);
  const { url, secureUrl, ca } = listening;
  const authority = chosen === "http" ? url : chosen === "https" ? secureUrl : chosen;
  return {
    tenantId,
    clientId,
    clientSecret,
    url,
    secureUrl,
    ca,
    caFile: () => credentials.file("ca.pem", ca),
    authority,
    trapUrl: `${url}/trap/keys`,
    callers: new CallerTokens(keys, { tenantId, clientId, authority, nowMs }),
    keys,
    faults,
    token,
    credentials,
    requests,
    count: (endpoint) => requests.filter((seen) => seen.endpoint === endpoint).length,
    reset() {
      requests.length = 0;
      token.requests.length = 0;
    },
    async [Symbol.asyncDispose]() {
      await listening.close();
      await credentials.remove();
      keys[Symbol.dispose]();
    },
  };
}

function endpointOf(path: string): Endpoint {
  if (/^\/[^/]+\/discovery\/v2\.0\/keys$/.test(path)) return "jwks";
  if (/^\/[^/]+\/(v2\.0\/)?\.well-known\/openid-configuration$/.test(path)) return "metadata";
  if (path === "/common/discovery/instance") return "instance";
  if (/^\/[^/]+\/oauth2\/v2\.0\/token$/.test(path)) return "token";
  if (path === "/msi/token") return "appService";
  if (/^\/metadata\/identity\/oauth2\/token\/?$/.test(path)) return "imds";
  return path.startsWith("/trap/") ? "trap" : "unknown";
}

/** @see https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
function metadata(origin: string, tenant: string, isV2: boolean): Record<string, unknown> {
  const base = `${origin}/${tenant}`;
  return {
    issuer: isV2 ? `${base}/v2.0` : `https://sts.windows.net/${tenant}/`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    tenant_region_scope: "EU",
    cloud_instance_name: "microsoftonline.com",
  };
}

function instances(origin: string, tenantId: string): Record<string, unknown> {
  const { host } = new URL(origin);
  return {
    tenant_discovery_endpoint: `${origin}/${tenantId}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}
