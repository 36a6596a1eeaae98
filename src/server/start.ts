/** Puts the parts together and runs them: schema, Apollo Server, Graph client, HTTP server; and takes them down again. */
import type { AddressInfo } from "node:net";
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Config } from "../config.ts";
import { createContext, type GatewayContext } from "../context.ts";
import { type Clock, systemClock } from "../datasources/clock.ts";
import { GraphClient } from "../datasources/graph-client.ts";
import type { GatewayLog } from "../log.ts";
import { buildSchema } from "./build-schema.ts";
import { createExplorer } from "./explorer.ts";
import { createFormatError } from "./format-error.ts";
import { createHttpServer, unusedConnections } from "./http.ts";
import { httpStatus } from "./plugins/http-status.ts";
import { nameInvalidValues } from "./plugins/name-invalid-values.ts";

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

async function startApollo(config: Config, log: GatewayLog): Promise<ApolloServer<GatewayContext>> {
  const apollo = new ApolloServer<GatewayContext>({
    schema: buildSchema().schema,
    introspection: config.introspection,
    hideSchemaDetailsFromClientErrors: !config.introspection,
    includeStacktraceInErrorResponses: false,
    formatError: createFormatError(log),
    stopOnTerminationSignals: false,
    persistedQueries: false,
    // Whatever Apollo would log is either in our log already or quotes a request.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      httpStatus,
      nameInvalidValues,
    ],
  });
  await apollo.start();
  return apollo;
}

function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
