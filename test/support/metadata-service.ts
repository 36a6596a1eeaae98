/** The fake identity provider as the metadata service of the machine that this process runs on. */
import { ManagedIdentityApplication } from "@azure/msal-node";
import { vi } from "vitest";
import type { IdentityProvider } from "./identity-provider.ts";

/** MSAL asks the provider for a managed identity's tokens until this is disposed. */
export function asMetadataService({ url }: IdentityProvider): Disposable {
  forgetMetadataService();
  vi.stubEnv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url); // where MSAL looks for it
  return {
    [Symbol.dispose]() {
      vi.unstubAllEnvs();
      forgetMetadataService();
    },
  };
}

/** MSAL keeps the first address and every token for as long as the process runs, in static properties without a reset. */
function forgetMetadataService(): void {
  const client: object = Reflect.get(new ManagedIdentityApplication(), "managedIdentityClient");
  Reflect.deleteProperty(client.constructor, "identitySource");
  Reflect.deleteProperty(ManagedIdentityApplication, "nodeStorage");
}
