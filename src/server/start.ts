/** Puts the parts together and runs them: schema, Apollo Server, Graph client, HTTP server; and takes them down again. */
import type { AddressInfo } from "node:net";
import type { Config } from "../config.ts";
import { createContext } from "../context.ts";
import { type Clock, systemClock } from "../datasources/clock.ts";
import { GraphClient } from "../datasources/graph-client.ts";
import type { GatewayLog } from "../log.ts";
import { startApollo } from "./apollo.ts";
import { createExplorer } from "./explorer.ts";
import { createHttpServer, unusedConnections } from "./http.ts";

export interface Gateway {
  /** Where the API is: `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** Refuses new requests, lets those under way finish within their deadline, then closes everything. */
  close(): Promise<void>;
}

/** @param graphBaseUrl Graph's root without the version. */
export async function startGateway(
  config: Config,
  graphBaseUrl: URL,
  log: GatewayLog,
  clock: Clock = systemClock,
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
  let isReady = true;
  const server = createHttpServer({
    config,
    apollo,
    log,
    createContext: (facts) => createContext(client, config, facts),
    explorer: config.explorer ? createExplorer() : undefined,
    isReady: () => isReady,
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
    },
  };
}

function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
