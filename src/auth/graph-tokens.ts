/**
 * Gets tokens for Graph from Microsoft Entra: the gateway's own (`app`), or tokens on behalf of a caller (`obo`). msal-node
 * speaks the protocols. `token-cache.ts` alone decides which tokens are kept and for how long, so MSAL's own cache is cleared
 * after each call.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AuthenticationResult, ConfidentialClientApplication, NodeAuthOptions } from "@azure/msal-node";
import type { IdentityConfig } from "../config/identity.ts";
import type { GatewayMetrics } from "../observability/metrics.ts";
import { entraError } from "./entra-error.ts";
import { createEntraNetwork } from "./entra-network.ts";
import { type AccessToken, type Renewal, TokenCache } from "./token-cache.ts";

/**
 * Tells Graph that the gateway understands claims challenges. @see
 * https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
const clientCapabilities = ["cp1"];

export interface GraphTokens {
  /** The gateway's own token. */
  app(renewal?: Renewal): Promise<string>;
  /** A token on behalf of the caller. @param assertion the caller's verified token. */
  onBehalfOf(tenantId: string, assertion: string, renewal?: Renewal): Promise<string>;
  /** The number of cached tokens. */
  readonly cached: number;
  close(): Promise<void>;
}

/** @param nowMs epoch milliseconds. */
export async function createGraphTokens(
  identity: IdentityConfig,
  nowMs: () => number,
  metrics?: GatewayMetrics,
): Promise<GraphTokens> {
  const msal = await import("@azure/msal-node"); // loaded only in these modes
  const { network, close } = createEntraNetwork(identity.authorityUrl);
  const system = { networkClient: network, disableInternalRetries: true };
  const credential = credentialOf(identity);
  const cache = new TokenCache(nowMs, undefined, (outcome) => metrics?.tokenRequest(outcome));
  const clients = new Map<string, ConfidentialClientApplication>();

  function clientFor(tenantId: string): ConfidentialClientApplication {
    const known = clients.get(tenantId);
    if (known !== undefined) return known;
    const auth = {
      clientId: identity.clientId ?? "",
      clientCapabilities,
      ...credential,
      ...authorityOf(identity, tenantId),
    };
    const client = new msal.ConfidentialClientApplication({ auth, system });
    clients.set(tenantId, client); // limited by the number of allowed tenants
    return client;
  }

  async function fromManagedIdentity(renewal?: Renewal): Promise<AuthenticationResult> {
    const ids = identity.clientId === undefined ? {} : { userAssignedClientId: identity.clientId };
    const client = new msal.ManagedIdentityApplication({ clientCapabilities, managedIdentityIdParams: ids, system });
    const claims = renewal?.claims === undefined ? {} : { claims: renewal.claims };
    const resource = identity.graphScope.replace(/\/\.default$/, "");
    return client.acquireToken({ resource, forceRefresh: true, ...claims });
  }

  async function fromClient(
    tenantId: string,
    ask: (client: ConfidentialClientApplication) => Promise<AuthenticationResult | null>,
  ): Promise<AuthenticationResult | null> {
    const client = clientFor(tenantId);
    try {
      return await ask(client);
    } finally {
      client.clearCache();
    }
  }

  const request = (renewal?: Renewal) => ({
    scopes: [identity.graphScope],
    skipCache: true,
    ...(renewal?.claims !== undefined && { claims: renewal.claims }),
  });

  return {
    get cached() {
      return cache.size;
    },
    app: (renewal) =>
      cache.get(
        "app",
        () =>
          accessTokenOf("app", nowMs, () =>
            identity.credential.kind === "managedIdentity"
              ? fromManagedIdentity(renewal)
              : fromClient(identity.tenantId, (client) => client.acquireTokenByClientCredential(request(renewal))),
          ),
        renewal,
      ),
    onBehalfOf: (tenantId, assertion, renewal) =>
      cache.get(
        createHash("sha256").update(assertion).digest("base64"),
        () =>
          accessTokenOf("obo", nowMs, () =>
            fromClient(tenantId, (client) =>
              client.acquireTokenOnBehalfOf({ ...request(renewal), oboAssertion: assertion }),
            ),
          ),
        renewal,
      ),
    close,
  };
}

async function accessTokenOf(
  mode: "app" | "obo",
  nowMs: () => number,
  ask: () => Promise<AuthenticationResult | null>,
): Promise<AccessToken> {
  try {
    const result = await ask();
    if (!result?.accessToken) throw new Error("no token");
    return { token: result.accessToken, expiresAtMs: result.expiresOn?.getTime() ?? nowMs() };
  } catch (error) {
    throw entraError(mode, error);
  }
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

function credentialOf({ credential }: IdentityConfig): Partial<NodeAuthOptions> {
  switch (credential.kind) {
    case "secret":
      return { clientSecret: credential.secret };
    case "certificate": {
      const { thumbprintSha256, privateKey } = credential;
      return { clientCertificate: { thumbprintSha256, privateKey } };
    }
    case "federated":
      // Read again for each token, because the platform replaces the file.
      return { clientAssertion: () => readFile(credential.path, "utf8").then((text) => text.trim()) };
    case "managedIdentity":
      return {};
  }
}
