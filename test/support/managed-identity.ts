/** The fake identity provider in the place of Azure's endpoints for managed identities. */
import { ManagedIdentityApplication } from "@azure/msal-node";
import { vi } from "vitest";
import { type IdentityProvider, identityHeader } from "./identity-provider.ts";

/** Until this is disposed, MSAL asks the provider as a virtual machine's metadata service (IMDS), or as App Service. */
export function serveManagedIdentity({ url }: IdentityProvider, source: "IMDS" | "App Service" = "IMDS"): Disposable {
  forgetEndpoint();
  if (source === "IMDS") vi.stubEnv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url);
  else vi.stubEnv("IDENTITY_ENDPOINT", `${url}/msi/token`).stubEnv("IDENTITY_HEADER", identityHeader);
  return {
    [Symbol.dispose]() {
      vi.unstubAllEnvs();
      forgetEndpoint();
    },
  };
}

/** MSAL keeps the first endpoint and every token for as long as the process runs, in static properties without a reset. */
function forgetEndpoint(): void {
  const client: object = Reflect.get(new ManagedIdentityApplication(), "managedIdentityClient");
  Reflect.deleteProperty(client.constructor, "identitySource");
  Reflect.deleteProperty(ManagedIdentityApplication, "nodeStorage");
}
