/** The gateway's identity at a fake identity provider. */
import type { Credential, IdentityConfig } from "../../src/config/identity.ts";
import type { IdentityProvider } from "./identity-provider.ts";

export function identityAt(
  provider: IdentityProvider,
  credential: Credential = { kind: "secret", secret: provider.clientSecret },
): IdentityConfig {
  return {
    authorityUrl: new URL(provider.authority),
    tenantId: provider.tenantId,
    clientId: provider.clientId,
    credential,
    graphScope: "https://graph.microsoft.com/.default",
    exchangeAudience: "api://AzureADTokenExchange",
    audience: undefined,
    allowedTenants: [provider.tenantId],
    write: { scope: "Pfx.ReadWrite", role: "Pfx.ReadWrite.All" },
    read: { scope: "Pfx.Read", role: "Pfx.Read.All" },
  };
}
