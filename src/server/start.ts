/** Creates and starts the parts of the gateway: schema, Apollo Server, Graph client, HTTP server. Also stops them. */
import { createHash } from "node:crypto";
import { type Authenticate, authenticateCallers, authenticateNobody } from "../auth/authenticate.ts";
import { createFetchJson } from "../auth/fetch-json.ts";
import { createGraphTokens, type GraphTokens } from "../auth/graph-tokens.ts";
import type { Config } from "../config/config.ts";
import { createContext } from "../context.ts";
import { GraphClient } from "../datasources/graph/graph-client.ts";
import { SharedWriteQuota } from "../datasources/graph/pipeline/shared-write-quota.ts";
import { WriteQuota } from "../datasources/graph/pipeline/write-quota.ts";
import { type CreatesOfReplicas, InFlightCreates } from "../datasources/user-pfx-certificates/in-flight-creates.ts";
import type { GatewayLog } from "../observability/log.ts";
import type { GatewayMetrics } from "../observability/metrics.ts";
import { type Clock, systemClock } from "../request/clock.ts";
import type { SharedStore } from "../shared-store.ts";
import { findGraphiql } from "./explorer/graphiql.ts";
import { createExplorer } from "./explorer/sandbox.ts";
import { startApollo } from "./graphql/apollo.ts";
import { OperationCache } from "./graphql/compiled/operation-cache.ts";
import { ConcurrencyLimit } from "./http/concurrency-limit.ts";
import { drain } from "./http/graceful-shutdown.ts";
import { listen } from "./http/listen.ts";
import { startMetricsServer } from "./http/metrics-server.ts";
import { type HttpLimits, httpLimits } from "./http/options.ts";
import type { LimitRate } from "./http/rate-limit.ts";
import { createHttpServer, unusedConnections } from "./http/server.ts";
import { Transfers } from "./http/transfers.ts";

export interface Gateway {
  /** URL of the metrics, if they are served: `http://127.0.0.1:9464/metrics`. */
  readonly metricsUrl: string | undefined;
  /** URL of the API: `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** Rejects new requests, lets open requests finish within their deadline, then closes everything. */
  close(): Promise<void>;
}

/**
 * @param graphBaseUrl Graph's root without the version. @param graphiqlFolder folder of the built GraphiQL, if there is one.
 */
export async function startGateway(
  config: Config,
  graphBaseUrl: URL,
  log: GatewayLog,
  graphiqlFolder: URL | undefined,
  clock: Clock = systemClock,
  limits: HttpLimits = httpLimits,
): Promise<Gateway> {
  const operationCache = new OperationCache(log.backlog);
  const apollo = await startApollo(config, log, operationCache);
  // Imported on demand, so that nothing is counted if metrics are off.
  const metrics =
    config.metricsPort === undefined ? undefined : (await import("../observability/metrics.ts")).createMetrics();
  const tracing = config.tracing
    ? (await import("../observability/opentelemetry.ts")).startTracing(log, config.proxies)
    : undefined;
  const store = await connectStore(config, log);
  const quotas = quotaTenants(config).map((tenantId) => {
    const limit = config.graphWritesPer20s;
    const quota = store
      ? new SharedWriteQuota(store, quotaNameOf(config, graphBaseUrl, tenantId), limit, clock)
      : new WriteQuota(limit, clock);
    return [tenantId, quota] as const;
  });
  const client = new GraphClient({
    baseUrl: graphBaseUrl,
    apiVersion: config.graphApiVersion,
    maxConnections: config.graphMaxConnections,
    proxies: config.proxies,
    circuitsOf: config.authMode === "passthrough" ? "callers" : "tenants",
    writeQuotas: new Map(quotas),
    log,
    metrics,
    clock,
  });
  const shared = {
    client,
    creates: new InFlightCreates(store && (await createsOfReplicas(store, config, graphBaseUrl, clock))),
  };
  const { authenticate, tokens, close: closeTokens } = await authentication(config, log, clock, metrics);
  metrics?.readGauges({
    writeQuotaRemaining: () => client.writeQuotaRemaining,
    isCircuitOpen: () => client.isCircuitOpen,
    tokenCacheEntries: () => tokens?.cached ?? 0,
    logBacklog: log.backlog,
  });
  const graphiql = config.explorer && graphiqlFolder ? findGraphiql(graphiqlFolder) : undefined;
  const admission = new ConcurrencyLimit(config.maxInflight);
  let isReady = true;
  const server = createHttpServer({
    config,
    apollo,
    operationCache,
    log,
    metrics,
    tracing,
    authenticate,
    createContext: (facts) => createContext(shared, config, facts),
    explorer: config.explorer ? createExplorer(graphiql !== undefined) : undefined,
    graphiql,
    isReady: () => isReady,
    admission,
    limitRate: await limitRate(config, store),
    clock,
    limits,
    transfers: new Transfers(limits),
  });
  const unused = unusedConnections(server);
  const metricsServer = metrics && (await startMetricsServer(metrics, config.host, config.metricsPort ?? 0, log));
  const url = `${await listen(server, config.host, config.port)}/graphql`;
  const metricsUrl = metricsServer?.url;
  const proxy = config.proxies?.proxyForUrl(graphBaseUrl)?.address;
  log.listening({ url, authMode: config.authMode, graphBaseUrl: graphBaseUrl.origin, metricsUrl, proxy });

  return {
    url,
    metricsUrl,
    async close() {
      isReady = false;
      await drain(server, unused, admission, config.requestDeadlineMs + 1000);
      await apollo.stop();
      await client.close();
      await closeTokens();
      for (const [, quota] of quotas) if (quota instanceof SharedWriteQuota) quota.close();
      store?.close();
      await tracing?.close();
      await metricsServer?.close(); // last, so that metrics show the stop until its end
    },
  };
}

/** Imported on demand: a gateway without Redis never loads it. */
async function connectStore({ redisUrl }: Config, log: GatewayLog): Promise<SharedStore | undefined> {
  if (redisUrl === undefined) return undefined;
  const { SharedStore } = await import("../shared-store.ts");
  return SharedStore.connect(redisUrl, log);
}

/** Imported on demand: modes that verify no caller have no rate limit. */
async function limitRate(
  { identity, rateLimitPerMinute }: Config,
  store: SharedStore | undefined,
): Promise<LimitRate | undefined> {
  if (identity === undefined || rateLimitPerMinute === 0) return undefined;
  const { createRateLimit } = await import("./http/rate-limit.ts");
  return createRateLimit(rateLimitPerMinute, store);
}

/** Imported on demand: a gateway without Redis shares no creates. A user's certificates are those of one tenant of one Graph. */
async function createsOfReplicas(
  store: SharedStore,
  { identity, requestDeadlineMs }: Config,
  graphBaseUrl: URL,
  clock: Clock,
): Promise<CreatesOfReplicas> {
  const [{ CreateLocks }, { SharedCreates }] = await Promise.all([
    import("../datasources/user-pfx-certificates/create-locks.ts"),
    import("../datasources/user-pfx-certificates/shared-creates.ts"),
  ]);
  const scope = (tenantId = identity?.tenantId) => `${graphBaseUrl.origin} ${tenantId ?? ""}`;
  return new SharedCreates(store, new CreateLocks(store, scope, requestDeadlineMs), clock);
}

/**
 * The tenants that have a write quota of their own: in `obo` each tenant of callers. Otherwise there is one quota, which has no
 * tenant: in `app` the gateway's tenant is meant, and in `passthrough` tokens don't tell tenants apart.
 */
function quotaTenants({ authMode, identity }: Config): readonly (string | undefined)[] {
  return authMode === "obo" && identity !== undefined ? identity.allowedTenants : [undefined];
}

/**
 * Graph's write quota belongs to an application in a tenant. Gateways of the same application share it, whatever their mode and
 * whoever else uses the Redis.
 */
function quotaNameOf({ authMode, identity }: Config, graphBaseUrl: URL, tenantId: string | undefined): string {
  const parts = [graphBaseUrl.origin, identity ? [tenantId ?? identity.tenantId, identity.clientId] : authMode];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 16);
}

async function authentication(
  { authMode, identity, proxies }: Config,
  log: GatewayLog,
  clock: Clock,
  metrics: GatewayMetrics | undefined,
): Promise<{
  authenticate: Authenticate;
  tokens?: GraphTokens;
  close(): Promise<void>;
}> {
  if (authMode === "passthrough" || authMode === "none") {
    return { authenticate: authenticateNobody(authMode), async close() {} };
  }
  if (identity === undefined) throw new Error(`AUTH_MODE=${authMode} without an identity`);
  const { authorityUrl, clientId, audience, allowedTenants, credential } = identity;
  if (credential.kind === "certificate" && credential.validity !== undefined)
    log.clientCertificate(credential.validity);
  const { createCallerVerifier } = await import("../auth/verify-caller.ts"); // loaded only in these modes
  const verify = createCallerVerifier({
    authorityUrl,
    clientId: clientId ?? audience ?? "",
    audience,
    allowedTenants,
    nowMs: Date.now,
    fetchJson: createFetchJson(proxies),
    log,
  });
  const tokens = await createGraphTokens(identity, { nowMs: Date.now, clock, log, metrics, proxies });
  return { authenticate: authenticateCallers(authMode, identity, verify, tokens), tokens, close: tokens.close };
}
