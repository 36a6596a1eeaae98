/**
 * A gateway that verifies its callers, with two fakes of Microsoft Entra around it: at one people and programs sign in, at the
 * other the gateway gets the keys to verify their tokens with, and its own tokens for Graph.
 */
import { type EntraSignIn, signInClientId, signInTenantId, startEntraSignIn } from "./entra-sign-in.ts";
import { type GatewayOptions, startGateway, type TestGateway } from "./gateway.ts";
import { identityAt } from "./identity.ts";
import type { CallerTokens } from "./identity-provider/caller-tokens.ts";
import { startIdentityProvider } from "./identity-provider.ts";

export interface VerifiedGateway extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly entra: EntraSignIn;
  /** Tokens that the gateway takes, and forgeries. */
  readonly callers: CallerTokens;
  /** What signing in at `entra` needs, as options of the command line. */
  readonly signInOptions: readonly string[];
  /** The variable that lets the command line sign in at `entra`. */
  readonly env: { readonly INTUNE_PFX_TEST_AUTHORITY: string };
}

export async function startVerifiedGateway(
  authMode: "obo" | "app",
  options: GatewayOptions = {},
): Promise<VerifiedGateway> {
  const provider = await startIdentityProvider({ tenantId: signInTenantId });
  const entra = await startEntraSignIn(Date.now, provider.keys);
  entra.settings.tokens = { aud: provider.clientId, iss: `${provider.authority}/${signInTenantId}/v2.0` };
  const config = { authMode, identity: identityAt(provider), ...options.config };
  const gateway = await startGateway({ ...options, config });
  return {
    gateway,
    entra,
    callers: provider.callers,
    signInOptions: [
      "--tenant",
      signInTenantId,
      "--client-id",
      signInClientId,
      "--scope",
      `api://${provider.clientId}/.default`,
    ],
    env: { INTUNE_PFX_TEST_AUTHORITY: entra.url.href },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await entra[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}
