/**
 * Creates Apollo Server. Everything that depends on NODE_ENV or sends data to others by default is turned off. Limits keep a
 * document from being too expensive.
 */
import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { Config } from "../../config/config.ts";
import type { GatewayContext } from "../../context.ts";
import type { GatewayLog } from "../../observability/log.ts";
import { buildSchema } from "./build-schema.ts";
import { cacheOperations } from "./compiled/cache-operations-plugin.ts";
import { DocumentCache } from "./compiled/document-cache.ts";
import type { OperationCache } from "./compiled/operation-cache.ts";
import { createFormatError } from "./format-error.ts";
import { auditLogHasRoom } from "./plugins/audit-log-has-room.ts";
import { emptyOperationName } from "./plugins/empty-operation-name.ts";
import { httpStatus } from "./plugins/http-status.ts";
import { limitText } from "./plugins/limit-text.ts";
import { limitWrites } from "./plugins/limit-writes.ts";
import { readOperationManifest } from "./plugins/manifest.ts";
import { persistedOperations, textInManifest } from "./plugins/persisted-operations.ts";
import { recordOperation } from "./plugins/record-operation.ts";
import { reportInvalidValues } from "./plugins/report-invalid-values.ts";
import { maxTokens, withinLimits } from "./rules/document-limits.ts";
import { knownOperationTypes } from "./rules/known-operation-types.ts";

/**
 * @param operationCache receives the operations that Apollo Server answered. @throws {ConfigError} if the file of persisted
 * operations is not valid.
 */
export async function startApollo(
  config: Config,
  log: GatewayLog,
  operationCache: OperationCache,
): Promise<ApolloServer<GatewayContext>> {
  const { schema } = buildSchema();
  const file = config.persistedOperationsFile;
  const manifest = file === undefined ? undefined : readOperationManifest(file, schema);
  const documentStore = new DocumentCache({ keepsTexts: manifest !== undefined });
  if (manifest !== undefined) operationCache.useManifest(textInManifest(manifest));
  const apollo = new ApolloServer<GatewayContext>({
    schema,
    introspection: config.introspection,
    hideSchemaDetailsFromClientErrors: !config.introspection,
    includeStacktraceInErrorResponses: false,
    formatError: createFormatError(log, { namesSchema: config.introspection }),
    stopOnTerminationSignals: false,
    persistedQueries: false, // with Apollo's persisted queries, any caller could register a text
    parseOptions: { maxTokens },
    validationRules: [withinLimits, knownOperationTypes],
    documentStore,
    // Apollo's messages either repeat this gateway's own log or quote a request.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      limitText,
      ...(manifest === undefined ? [] : [persistedOperations(manifest)]),
      emptyOperationName,
      auditLogHasRoom(log.backlog),
      limitWrites(config.maxBatchItems),
      httpStatus,
      reportInvalidValues(config.maxBatchItems),
      recordOperation({ namesOperations: manifest !== undefined }),
      cacheOperations(operationCache, documentStore),
    ],
  });
  await apollo.start();
  return apollo;
}
