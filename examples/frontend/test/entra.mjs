/** The repository's own identity provider, for tests in Chromium: people sign in at one half, the gateway checks tokens with the other. */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { sampleConfig } from "../serve.mjs";

const load = async (name) =>
  (
    await runnerImport(fileURLToPath(new URL(`../../../test/support/${name}`, import.meta.url)), {
      configFile: false,
      logLevel: "error",
    })
  ).module;
const { startIdentityProvider } = await load("identity-provider.ts");
const { startEntraSignIn, signInClientId, signInTenantId, signInUser } = await load("entra-sign-in.ts");

export { signInUser };

/** @returns what `openPortal` needs for a gateway in `obo` and a page with sign-in; and both halves. */
export async function startEntra() {
  const provider = await startIdentityProvider({ tenantId: signInTenantId });
  const entra = await startEntraSignIn(Date.now, provider.keys);
  entra.settings.tokens = { aud: provider.clientId, iss: `${provider.authority}/${signInTenantId}/v2.0` };
  return {
    provider,
    entra,
    variables: {
      AUTH_MODE: "obo",
      AUTHORITY_URL: provider.url,
      AZURE_TENANT_ID: signInTenantId,
      AZURE_CLIENT_ID: provider.clientId,
      AZURE_CLIENT_SECRET: provider.clientSecret,
    },
    config: {
      ...sampleConfig,
      signIn: {
        authority: new URL(signInTenantId, entra.secureUrl).href,
        clientId: signInClientId,
        scopes: [`api://${provider.clientId}/Pfx.ReadWrite`],
      },
    },
    async close() {
      await entra[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}
