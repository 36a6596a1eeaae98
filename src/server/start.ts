/** Puts the parts together and runs them: schema, Apollo Server, Graph client, HTTP server; and takes them down again. */
import type { AddressInfo } from "node:net";
import { type Authenticate, authenticateCallers, authenticateNobody } from "../auth/authenticate.ts";
import { createGraphTokens } from "../auth/graph-tokens.ts";
import { createCallerVerifier } from "../auth/verify-caller.ts";
import type { Config } from "../config.ts";
import { createContext } from "../context.ts";
import { type Clock, systemClock } from "../datasources/clock.ts";
import { GraphClient } from "../datasources/graph-client.ts";
import type { GatewayLog } from "../log.ts";
import { startApollo } from "./apollo.ts";
import { createExplorer } from "./explorer.ts";
import { findGraphiql } from "./graphiql.ts";
import { createHttpServer, unusedConnections } from "./http.ts";

export interface Gateway {
  /** Where the API is: `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** Refuses new requests, lets those under way finish within their deadline, then closes everything. */
  close(): Promise<void>;
}

/** @param graphBaseUrl Graph's root without the version. @param graphiqlFolder default: where the build puts GraphiQL. */
export async function startGateway(
  config: Config,
  graphBaseUrl: URL,
  log: GatewayLog,
  clock: Clock = systemClock,
  graphiqlFolder?: URL,
): Promise<Gateway> {
  const apollo = await startApollo(config, log);
  const client = new GraphClient({
    baseUrl: graphBaseUrl,
    apiVersion: config.graphApiVersion,
    maxConnections: config.graphMaxConnections,
    writesPer20s: config.graphWritesPer20s,
    log,
    clock,
  });
  const { authenticate, close: closeTokens } = await authentication(config);
  const graphiql = config.explorer ? findGraphiql(graphiqlFolder) : undefined;
  let isReady = true;
  const server = createHttpServer({
    config,
    apollo,
    log,
    authenticate,
    createContext: (facts) => createContext(client, config, facts),
    explorer: config.explorer ? createExplorer(graphiql !== undefined) : undefined,
    graphiql,
    isReady: () => isReady,
    clock,
  });
  const unused = unusedConnections(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  const url = `http://${hostOf(config.host)}:${portOf(server.address())}/graphql`;
  log.listening({ url, authMode: config.authMode, graphBaseUrl: graphBaseUrl.origin });

  return {
    url,
    async close() {
      isReady = false;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const socket of unused) socket.destroy();
      // No request lives longer than its deadline; the rest is for writing the answer.
      const cut = setTimeout(() => server.closeAllConnections(), config.requestDeadlineMs + 1000);
      await closed;
      clearTimeout(cut);
      await apollo.stop();
      await client.close();
      await closeTokens();
    },
  };
}

async function authentication({ authMode, identity }: Config): Promise<{
  authenticate: Authenticate;
  close(): Promise<void>;
}> {
  if (authMode === "passthrough" || authMode === "none") {
    return { authenticate: authenticateNobody(authMode), async close() {} };
  }
  if (identity === undefined) throw new Error(`AUTH_MODE=${authMode} without an identity`);
  const { authorityUrl, clientId, audience, allowedTenants } = identity;
  const verify = createCallerVerifier({
    authorityUrl,
    clientId: clientId ?? audience ?? "",
    audience,
    allowedTenants,
    nowMs: Date.now,
  });
  const tokens = await createGraphTokens(identity, Date.now);
  return { authenticate: authenticateCallers(authMode, identity, verify, tokens), close: tokens.close };
}

function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
