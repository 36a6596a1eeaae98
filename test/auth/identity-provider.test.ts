import { readFile } from "node:fs/promises";
import {
  ConfidentialClientApplication,
  type INetworkModule,
  InteractionRequiredAuthError,
  ManagedIdentityApplication,
  type NetworkRequestOptions,
  type NodeAuthOptions,
} from "@azure/msal-node";
import { Agent, request } from "undici";
import { describe, expect, it } from "vitest";
import { defaultChallengeClaims, type IdentityProvider, startIdentityProvider } from "../support/identity-provider.ts";
import { serveManagedIdentity } from "../support/managed-identity.ts";

const scopes = ["https://graph.microsoft.com/.default"];

/** MSAL's network over undici, trusting the provider's certificate. */
function networkTo(provider: IdentityProvider): INetworkModule {
  const dispatcher = new Agent({ connect: { ca: provider.ca }, pipelining: 0 });
  async function send<T>(method: "GET" | "POST", url: string, options: NetworkRequestOptions = {}) {
    const { statusCode, headers, body } = await request(url, {
      method,
      dispatcher,
      headers: options.headers ?? {},
      body: options.body ?? null,
    });
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const json: unknown = await body.json();
    return { headers: plain, body: json as T, status: statusCode };
  }
  return {
    sendGetRequestAsync: (url, options) => send("GET", url, options),
    sendPostRequestAsync: (url, options) => send("POST", url, options),
  };
}

function clientOf(provider: IdentityProvider, credential: Partial<NodeAuthOptions>): ConfidentialClientApplication {
  return new ConfidentialClientApplication({
    auth: {
      clientId: provider.clientId,
      authority: `${provider.secureUrl}/${provider.tenantId}`,
      knownAuthorities: [new URL(provider.secureUrl).host],
      clientCapabilities: ["cp1"],
      ...credential,
    },
    system: { networkClient: networkTo(provider) },
  });
}

describe("the fake identity provider, called by MSAL", () => {
  it("issues a token for the client's secret", async () => {
    await using provider = await startIdentityProvider();

    const client = clientOf(provider, { clientSecret: provider.clientSecret });
    const result = await client.acquireTokenByClientCredential({ scopes });

    expect(result?.accessToken).toBe(provider.token.requests[0]?.accessToken);
    expect(provider.token.requests).toMatchObject([
      { grant: "client_credentials", authentication: "secret", capabilities: ["cp1"], form: { scope: scopes[0] } },
    ]);
  });

  it("rejects a wrong secret as Entra ID does", async () => {
    await using provider = await startIdentityProvider();

    const client = clientOf(provider, { clientSecret: "wrong" });

    await expect(client.acquireTokenByClientCredential({ scopes })).rejects.toMatchObject({
      errorCode: "invalid_client",
    });
  });

  it("issues a token for the client's certificate", async () => {
    await using provider = await startIdentityProvider();
    const { certificate, privateKey, path } = await provider.credentials.clientCertificate();
    const { createHash, X509Certificate } = await import("node:crypto");
    const thumbprintSha256 = createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");

    const client = clientOf(provider, { clientCertificate: { thumbprintSha256, privateKey, x5c: certificate } });
    await client.acquireTokenByClientCredential({ scopes });

    expect(provider.token.requests).toMatchObject([{ authentication: "certificate" }]);
    expect(await readFile(path, "utf8")).toContain("PRIVATE KEY");
  });

  it("issues a token for a federated token from a file, before and after the file changes", async () => {
    await using provider = await startIdentityProvider();
    const path = await provider.credentials.federatedTokenFile();

    const client = clientOf(provider, { clientAssertion: () => readFile(path, "utf8") });
    await client.acquireTokenByClientCredential({ scopes });
    await provider.credentials.federatedTokenFile(path);
    await client.acquireTokenByClientCredential({ scopes, skipCache: true });

    expect(provider.token.requests).toMatchObject([{ authentication: "federated" }, { authentication: "federated" }]);
    expect(new Set(provider.token.requests.map(({ form }) => form.client_assertion)).size).toBe(2);
  });

  it("issues another token on behalf of every caller", async () => {
    await using provider = await startIdentityProvider();
    const client = clientOf(provider, { clientSecret: provider.clientSecret });
    const assertions = await Promise.all(["a", "b"].map((sub) => provider.callers.issue({ sub, oid: sub })));

    const results = await Promise.all(
      assertions.map((oboAssertion) => client.acquireTokenOnBehalfOf({ oboAssertion, scopes })),
    );

    expect(new Set(results.map((result) => result?.accessToken)).size).toBe(2);
    expect(provider.token.requests.map(({ grant }) => grant)).toEqual(["on_behalf_of", "on_behalf_of"]);
    expect(provider.token.requests.map(({ form }) => form.assertion).sort()).toEqual(assertions.sort());
  });

  it.each([
    ["an application's token", (provider: IdentityProvider) => provider.callers.issueApp()],
    ["a forged one", (provider: IdentityProvider) => provider.callers.forgeWithOtherKey()],
  ])("issues no on-behalf-of token for %s", async (_, tokenOf) => {
    await using provider = await startIdentityProvider();
    const client = clientOf(provider, { clientSecret: provider.clientSecret });

    const acquired = client.acquireTokenOnBehalfOf({ oboAssertion: await tokenOf(provider), scopes });

    await expect(acquired).rejects.toMatchObject({ errorCode: "invalid_grant" });
  });

  it("sends a claims challenge if configured", async () => {
    await using provider = await startIdentityProvider();
    provider.token.challenges.push({});
    const client = clientOf(provider, { clientSecret: provider.clientSecret });
    const oboAssertion = await provider.callers.issue();

    const acquired = client.acquireTokenOnBehalfOf({ oboAssertion, scopes });

    await expect(acquired).rejects.toThrow(InteractionRequiredAuthError);
    await expect(acquired).rejects.toMatchObject({ claims: defaultChallengeClaims, subError: "basic_action" });
    expect((await client.acquireTokenOnBehalfOf({ oboAssertion, scopes }))?.accessToken).toBeTruthy();
  });

  it("issues Graph tokens with the configured lifetime", async () => {
    await using provider = await startIdentityProvider();
    provider.token.settings.lifetimeSeconds = 600;

    const client = clientOf(provider, { clientSecret: provider.clientSecret });
    const result = await client.acquireTokenByClientCredential({ scopes });

    const lifetimeMs = (result?.expiresOn?.getTime() ?? 0) - Date.now();
    expect(lifetimeMs).toBeGreaterThan(590_000);
    expect(lifetimeMs).toBeLessThan(601_000);
  });

  describe("as a metadata service", () => {
    it("issues a token for the managed identity", async () => {
      await using provider = await startIdentityProvider();
      using _ = serveManagedIdentity(provider);
      const client = new ManagedIdentityApplication({
        managedIdentityIdParams: { userAssignedClientId: provider.clientId },
        system: { networkClient: networkTo(provider) },
      });

      const result = await client.acquireToken({ resource: "https://graph.microsoft.com" });

      expect(result.accessToken).toMatch(/^graph\.managed-identity\./);
      expect(provider.requests).toMatchObject([{ endpoint: "imds", headers: { metadata: "true" } }]);
    });
  });
});

describe("the fake identity provider", () => {
  it("publishes metadata of either version and the instance discovery document", async () => {
    await using provider = await startIdentityProvider();
    const { url, tenantId } = provider;

    const documents = await Promise.all(
      [
        `${url}/${tenantId}/v2.0/.well-known/openid-configuration`,
        `${url}/${tenantId}/.well-known/openid-configuration`,
        `${url}/common/discovery/instance?api-version=1.1`,
      ].map(async (address) => (await fetch(address)).json()),
    );

    expect(documents).toMatchObject([
      { issuer: `${url}/${tenantId}/v2.0`, jwks_uri: `${url}/${tenantId}/discovery/v2.0/keys` },
      { issuer: `https://sts.windows.net/${tenantId}/` },
      { tenant_discovery_endpoint: `${url}/${tenantId}/v2.0/.well-known/openid-configuration` },
    ]);
    expect([provider.count("metadata"), provider.count("instance")]).toEqual([2, 1]);
  });

  it("fails as often as configured, and no more once healed", async () => {
    await using provider = await startIdentityProvider();
    const keys = `${provider.url}/${provider.tenantId}/discovery/v2.0/keys`;
    const status = async () => (await fetch(keys)).status;

    provider.faults.fail("jwks", { status: 500 }, 2);
    expect([await status(), await status(), await status()]).toEqual([500, 500, 200]);

    provider.faults.fail("jwks", { instead: "cut" }, "always");
    await expect(status()).rejects.toThrow();
    provider.faults.heal("jwks");
    expect(await status()).toBe(200);
  });

  it("keeps or drops the old keys when it rotates", async () => {
    await using provider = await startIdentityProvider();
    const first = provider.keys.current.kid;

    const second = await provider.keys.rotate();
    expect(provider.keys.published.map(({ kid }) => kid)).toEqual([first, second.kid]);

    const third = await provider.keys.rotate("dropped");
    expect(provider.keys.published.map(({ kid }) => kid)).toEqual([third.kid]);
  });

  it("removes its files when it is closed", async () => {
    const provider = await startIdentityProvider();
    const path = await provider.caFile();
    await provider[Symbol.asyncDispose]();

    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
