/**
 * A gateway that gets its tokens for Graph from a fake of Microsoft Entra, of a virtual machine's metadata service (IMDS) or of
 * App Service.
 */
import { UserPfxCertificatesDocument as LIST } from "intune-pfx-client/operations";
import type { Credential } from "../../src/config/identity.ts";
import { type GatewayOptions, startGateway } from "./gateway.ts";
import { identityAt } from "./identity.ts";
import type { Fault } from "./identity-provider/faults.ts";
import { startIdentityProvider } from "./identity-provider.ts";
import { serveManagedIdentity } from "./managed-identity.ts";

export type TokenSource = "Entra (app)" | "Entra (obo)" | "IMDS" | "App Service";

const endpoints = {
  "Entra (app)": "token",
  "Entra (obo)": "token",
  IMDS: "imds",
  "App Service": "appService",
} as const;

/** @param given the gateway's credential at Entra; default the right secret. */
export async function startAtTokenSource(source: TokenSource, options: GatewayOptions = {}, given?: Credential) {
  const provider = await startIdentityProvider();
  const endpointInUse =
    source === "IMDS" || source === "App Service" ? serveManagedIdentity(provider, source) : undefined;
  const credential: Credential = endpointInUse
    ? { kind: "managedIdentity" }
    : (given ?? { kind: "secret", secret: provider.clientSecret });
  const authMode = source === "Entra (obo)" ? ("obo" as const) : ("app" as const);
  const identity = identityAt(provider, credential);
  const gateway = await startGateway({ ...options, config: { authMode, identity, ...options.config } });
  const endpoint = endpoints[source];
  return {
    provider,
    gateway,
    /** The next token requests meet with this. */
    fail: (fault: Fault, times?: number | "always") => provider.faults.fail(endpoint, fault, times),
    /** How many token requests were sent. */
    asked: () => provider.count(endpoint),
    /** The log's lines about token requests that failed. */
    failures: () => gateway.log.filter(({ msg }) => msg === "no token for Graph"),
    /** Lists certificates. @param user in `obo` each user needs another token. */
    async list(user = "someone", headers: Record<string, string> = {}) {
      const token = await provider.callers.issue({ sub: user });
      return gateway.send(LIST, {}, { authorization: `Bearer ${token}`, ...headers });
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      endpointInUse?.[Symbol.dispose]();
    },
  };
}
