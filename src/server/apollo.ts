/** Apollo Server over the schema, with everything that follows NODE_ENV or talks to others by default turned off. */
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Config } from "../config.ts";
import type { GatewayContext } from "../context.ts";
import type { GatewayLog } from "../log.ts";
import { buildSchema } from "./build-schema.ts";
import { createFormatError } from "./format-error.ts";
import { httpStatus } from "./plugins/http-status.ts";
import { nameInvalidValues } from "./plugins/name-invalid-values.ts";

export async function startApollo(config: Config, log: GatewayLog): Promise<ApolloServer<GatewayContext>> {
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
