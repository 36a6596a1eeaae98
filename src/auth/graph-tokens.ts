/**
 * Gets tokens for Graph from Microsoft Entra: the gateway's own (`app`), or tokens on behalf of a caller (`obo`). msal-node
 * speaks the protocols. `token-requests.ts` alone decides what is asked again, and `token-cache.ts` alone which tokens are kept
 * and for how long, so each attempt has an MSAL client of its own, with an empty cache.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
import { createHash } from "node:crypto";
import type {
  AuthenticationResult,
  ConfidentialClientApplication,
  INetworkModule,
  NodeAuthOptions,
} from "@azure/msal-node";
import type { IdentityConfig } from "../config/identity.ts";
import { readToken } from "../config/text-file.ts";
import type { OutboundProxies } from "../network/outbound-proxy.ts";
import type { GatewayLog } from "../observability/log.ts";
import type { GatewayMetrics } from "../observability/metrics.ts";
import type { Clock } from "../request/clock.ts";
import type { Deadline } from "../request/deadline.ts";
import { createEntraNetwork, inTurn, managedIdentityNetwork, type TokenExchange } from "./entra-network.ts";
import { type AccessToken, type Renewal, TokenCache } from "./token-cache.ts";
import { TokenFailure } from "./token-failure.ts";
import { TokenRequests } from "./token-requests.ts";

/**
 * Tells Graph that the gateway understands claims challenges. @see
 * https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
const clientCapabilities = ["cp1"];
/** The token of a trusted managed identity is renewed this long before it expires. */
const assertionMarginMs = 5 * 60_000;

export interface GraphTokens {
  /** The gateway's own token. @param deadline how long the caller can wait for it. */
  app(deadline: Deadline, renewal?: Renewal): Promise<string>;
  /** A token on behalf of the caller. @param assertion the caller's verified token. */
  onBehalfOf(tenantId: string, assertion: string, deadline: Deadline, renewal?: Renewal): Promise<string>;
  /** The number of cached tokens. */
  readonly cached: number;
  close(): Promise<void>;
}

interface GraphTokensOptions {
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
  readonly clock: Clock;
  readonly log: Pick<GatewayLog, "tokenNotIssued">;
  readonly metrics: GatewayMetrics | undefined;
  /** On the way to Microsoft Entra, if any. */
  readonly proxies: OutboundProxies | undefined;
}

export async function createGraphTokens(
  identity: IdentityConfig,
  { nowMs, clock, log, metrics, proxies }: GraphTokensOptions,
): Promise<GraphTokens> {
  const msal = await import("@azure/msal-node"); // loaded only in these modes
  const network = createEntraNetwork(identity.authorityUrl, proxies);
  const cache = new TokenCache(nowMs, undefined, (outcome) => metrics?.tokenRequest(outcome));
  const requests = { app: new TokenRequests("app", clock, log), obo: new TokenRequests("obo", clock, log) };
  const systemOf = (networkClient: INetworkModule) => ({ networkClient, disableInternalRetries: true });

  function clientOf(tenantId: string, exchange: TokenExchange): ConfidentialClientApplication {
    const auth = {
      clientId: identity.clientId ?? "",
      clientCapabilities,
      ...credentialOf(identity, (clientId) => trustedIdentityToken(clientId, exchange)),
      ...authorityOf(identity, tenantId),
    };
    return new msal.ConfidentialClientApplication({ auth, system: systemOf(exchange) });
  }

  /** @param clientId of a user-assigned identity; without it the system-assigned identity. */
  function fromManagedIdentity(
    clientId: string | undefined,
    resource: string,
    exchange: TokenExchange,
    renewal?: Renewal,
  ): Promise<AuthenticationResult> {
    const ids = clientId === undefined ? {} : { userAssignedClientId: clientId };
    const system = systemOf(managedIdentityNetwork);
    const client = new msal.ManagedIdentityApplication({ clientCapabilities, managedIdentityIdParams: ids, system });
    const claims = renewal?.claims === undefined ? {} : { claims: renewal.claims };
    return inTurn(exchange, () => client.acquireToken({ resource, forceRefresh: true, ...claims })).catch((error) => {
      throw new TokenFailure("managedIdentity", exchange, error);
    });
  }

  let assertion: AccessToken | undefined;
  /** The token of the managed identity that the application trusts. In `obo` each caller's request to Entra needs it. */
  async function trustedIdentityToken(clientId: string, exchange: TokenExchange): Promise<string> {
    if (assertion !== undefined && nowMs() < assertion.expiresAtMs - assertionMarginMs) return assertion.token;
    const { accessToken, expiresOn } = await fromManagedIdentity(clientId, identity.exchangeAudience, exchange);
    assertion = { token: accessToken, expiresAtMs: expiresOn?.getTime() ?? 0 };
    return accessToken;
  }

  /** One attempt. @throws {TokenFailure} */
  async function attempt(
    timeoutMs: number,
    ask: (exchange: TokenExchange) => Promise<AuthenticationResult | null>,
  ): Promise<AccessToken> {
    const exchange = network.exchange(timeoutMs);
    try {
      const result = await ask(exchange);
      if (!result?.accessToken) throw new Error("no token");
      return { token: result.accessToken, expiresAtMs: result.expiresOn?.getTime() ?? nowMs() };
    } catch (error) {
      throw error instanceof TokenFailure ? error : new TokenFailure("entra", exchange, error);
    }
  }

  const isManagedIdentity = identity.credential.kind === "managedIdentity";
  const request = (renewal?: Renewal) => ({
    scopes: [identity.graphScope],
    skipCache: true,
    ...(renewal?.claims !== undefined && { claims: renewal.claims }),
  });
  const askForApp = (exchange: TokenExchange, renewal?: Renewal) =>
    isManagedIdentity
      ? fromManagedIdentity(identity.clientId, identity.graphScope.replace(/\/\.default$/, ""), exchange, renewal)
      : clientOf(identity.tenantId, exchange).acquireTokenByClientCredential(request(renewal));

  return {
    get cached() {
      return cache.size;
    },
    app: (deadline, renewal) =>
      cache.get(
        "app",
        (waiting) =>
          requests.app.run("app", waiting, (timeoutMs) =>
            attempt(timeoutMs, (exchange) => askForApp(exchange, renewal)),
          ),
        renewal,
        deadline,
      ),
    onBehalfOf(tenantId, assertion, deadline, renewal) {
      const key = createHash("sha256").update(assertion).digest("base64");
      const ask = (exchange: TokenExchange) =>
        clientOf(tenantId, exchange).acquireTokenOnBehalfOf({ ...request(renewal), oboAssertion: assertion });
      return cache.get(
        key,
        (waiting) => requests.obo.run(key, waiting, (timeoutMs) => attempt(timeoutMs, ask)),
        renewal,
        deadline,
      );
    },
    async close() {
      requests.app.close();
      requests.obo.close();
      await network.close();
    },
  };
}

/** The endpoints follow a rule, so MSAL need not discover them. Its discovery would contact the public cloud first. */
function authorityOf({ authorityUrl }: IdentityConfig, tenantId: string): Partial<NodeAuthOptions> {
  const root = `https://${authorityUrl.host}/${tenantId}`;
  return {
    authority: root,
    knownAuthorities: [authorityUrl.host],
    authorityMetadata: JSON.stringify({
      authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
      token_endpoint: `${root}/oauth2/v2.0/token`,
      end_session_endpoint: `${root}/oauth2/v2.0/logout`,
      issuer: `${root}/v2.0`,
      jwks_uri: `${root}/discovery/v2.0/keys`,
    }),
  };
}

/** @param trustedIdentityToken of the managed identity with that client id. */
function credentialOf(
  { credential }: IdentityConfig,
  trustedIdentityToken: (clientId: string) => Promise<string>,
): Partial<NodeAuthOptions> {
  switch (credential.kind) {
    case "secret":
      return { clientSecret: credential.secret };
    case "certificate": {
      const { thumbprintSha256, privateKey } = credential;
      return { clientCertificate: { thumbprintSha256, privateKey } };
    }
    case "federated":
      // Read again for each token, because the platform replaces the file.
      return { clientAssertion: () => readToken(credential.path) };
    case "trustedIdentity":
      return { clientAssertion: () => trustedIdentityToken(credential.clientId) };
    case "managedIdentity":
      return {};
  }
}
