/**
 * A gateway that gets its tokens for Graph from a fake of Microsoft Entra, of a virtual machine's metadata service (IMDS) or of
 * App Service.
 */

import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { UserPfxCertificatesDocument as LIST } from "intune-pfx-client/operations";
import type { Credential } from "../../src/config/identity.ts";
import { type GatewayOptions, startGateway } from "./gateway.ts";
import { identityAt } from "./identity.ts";
import type { Fault } from "./identity-provider/faults.ts";
import { type IdentityProvider, identityHeader, startIdentityProvider } from "./identity-provider.ts";

export type TokenSource = "Entra (app)" | "Entra (obo)" | "IMDS" | "App Service";

const endpoints = {
  "Entra (app)": "token",
  "Entra (obo)": "token",
  IMDS: "imds",
  "App Service": "appService",
} as const;

/**
 * A process knows one endpoint for managed identities: MSAL finds it once, by the environment. This port stands in front of the
 * provider of the present test. A test file uses IMDS or App Service, never both.
 */
const front = { port: 0, providerPort: 0 };

async function putInFront(source: "IMDS" | "App Service", provider: IdentityProvider): Promise<void> {
  front.providerPort = Number(new URL(provider.url).port);
  if (front.port !== 0) return;
  const server = createServer((socket) => {
    const onward = connect(front.providerPort, "127.0.0.1");
    const end = (one: Socket, other: Socket) =>
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    end(socket.pipe(onward), socket);
    end(onward.pipe(socket), onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  front.port = (server.address() as AddressInfo).port; // it listens on a port
  const url = `http://127.0.0.1:${front.port}`;
  if (source === "IMDS") process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = url;
  else Object.assign(process.env, { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: identityHeader });
}

/** @param given the gateway's credential at Entra; default the right secret. */
export async function startAtTokenSource(source: TokenSource, options: GatewayOptions = {}, given?: Credential) {
  const provider = await startIdentityProvider();
  let credential = given ?? { kind: "secret", secret: provider.clientSecret };
  if (source === "IMDS" || source === "App Service") {
    await putInFront(source, provider);
    credential = { kind: "managedIdentity" };
  }
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
    },
  };
}
