/** Reads the configuration; the only reader of the environment. `variables.ts` lists every variable. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { type IdentityConfig, readIdentity } from "./identity.ts";
import { ConfigError, ConfigReader, isLoopback, isUnset } from "./read-env.ts";
import { readTracing } from "./tracing.ts";

/** Graph's root and the authority in each national cloud. @see https://learn.microsoft.com/graph/deployments */
const clouds = {
  global: { graph: "https://graph.microsoft.com", authority: "https://login.microsoftonline.com" },
  usgov: { graph: "https://graph.microsoft.us", authority: "https://login.microsoftonline.us" },
  "usgov-dod": { graph: "https://dod-graph.microsoft.us", authority: "https://login.microsoftonline.us" },
  china: { graph: "https://microsoftgraph.chinacloudapi.cn", authority: "https://login.chinacloudapi.cn" },
} as const;

/**
 * `passthrough`: the caller's own Graph token is sent, opaque. `obo`: on behalf of the verified caller. `app`: the gateway's
 * own identity, for verified callers. `none`: the emulator, which accepts any token.
 */
export type AuthMode = "passthrough" | "obo" | "app" | "none";

/** The version of Graph; `auto` finds the version that has the collection. */
export type ApiVersion = "v1.0" | "beta" | "auto";

export interface Config {
  host: string;
  port: number;
  /** Graph's root without the version; `undefined`: start the embedded emulator and use it. */
  graphBaseUrl: URL | undefined;
  graphApiVersion: ApiVersion;
  authMode: AuthMode;
  /** The accepted callers and the gateway's own identity; only in the modes `obo` and `app`. */
  identity: IdentityConfig | undefined;
  /** The secret that every GraphQL request must send in `router-authorization`, if set. */
  routerSecret: string | undefined;
  /** Whether the audit log contains user principal names; otherwise it contains a hash of each name. */
  logUserNames: boolean;
  requestDeadlineMs: number;
  graphMaxConnections: number;
  /** Maximum number of creates, updates and deletions in any twenty seconds. */
  graphWritesPer20s: number;
  /** Maximum number of inputs of one plural create. */
  maxBatchItems: number;
  maxBodyBytes: number;
  /** Maximum number of concurrent GraphQL requests. */
  maxInflight: number;
  /** Maximum number of GraphQL requests of one verified caller per minute; 0: no limit. */
  rateLimitPerMinute: number;
  /** Exact origins; `development` also allows Apollo Sandbox and any port of localhost. */
  corsOrigins: readonly string[] | "development";
  introspection: boolean;
  explorer: boolean;
  /** Manifest of the known operations, if only those are executed. */
  persistedOperationsFile: string | undefined;
  /**
   * Redis that replicas use to share the write quota and rate limits; absent: each replica has its own. Contains a password.
   */
  redisUrl: string | undefined;
  logLevel: string;
  /** Port for metrics; `undefined`: metrics are off. */
  metricsPort: number | undefined;
  /** Whether traces are exported; OpenTelemetry's variables decide. */
  tracing: boolean;
}

/**
 * Returns the process's environment; in development, `.env` in the working directory supplies missing variables.
 *
 * @throws {ConfigError} if `.env` exists but cannot be read: without it, another configuration would start.
 */
export function environment(): NodeJS.ProcessEnv {
  if (process.env.NODE_ENV === "production") return process.env;
  try {
    const file = parseEnv(readFileSync(".env", "utf8"));
    // OpenTelemetry's SDK reads its variables from the process.
    for (const [name, value] of Object.entries(file)) if (name.startsWith("OTEL_")) process.env[name] ??= value;
    return { ...file, ...process.env };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return process.env; // usually there is no .env
    throw new ConfigError([".env: exists but can't be read"]);
  }
}

/**
 * Reads and checks the configuration.
 *
 * @throws {ConfigError} with all problems at once.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read = new ConfigReader(env);
  const isProduction = env.NODE_ENV === "production";
  if (!isProduction && env.NODE_ENV?.trim().toLowerCase() === "production") {
    read.problem(
      "NODE_ENV",
      "must be exactly production, in lower case and without spaces; any other value means development",
    );
  }
  const cloud = read.choice("GRAPH_CLOUD", ["global", "usgov", "usgov-dod", "china"], "global");
  const emulates =
    !isProduction &&
    isUnset(env.GRAPH_CLOUD) &&
    isUnset(env.GRAPH_BASE_URL) &&
    (isUnset(env.AUTH_MODE) || env.AUTH_MODE === "none");
  const allowLoopback = read.boolean("ALLOW_LOOPBACK_UPSTREAM", false);
  const graphRoots = Object.values(clouds).map((each) => each.graph);
  const authorities = [...new Set(Object.values(clouds).map((each) => each.authority))];
  const givenGraphUrl = read.serviceUrl("GRAPH_BASE_URL", allowLoopback, graphRoots);
  // A token of one cloud is not valid in another.
  const ofGivenUrl = Object.values(clouds).find((each) => `${each.graph}/` === givenGraphUrl?.href);
  const { graph, authority } = ofGivenUrl ?? clouds[cloud];
  const authorityUrl = read.serviceUrl("AUTHORITY_URL", allowLoopback, authorities) ?? new URL(authority);
  if (allowLoopback && isUnset(env.GRAPH_BASE_URL) && isUnset(env.AUTHORITY_URL)) {
    read.problem("ALLOW_LOOPBACK_UPSTREAM", "needs GRAPH_BASE_URL or AUTHORITY_URL with a loopback address");
  }
  const graphBaseUrl = emulates ? undefined : (givenGraphUrl ?? new URL(graph));
  const authMode = emulates ? "none" : read.choice("AUTH_MODE", ["passthrough", "obo", "app", "none"], undefined);
  const identity =
    authMode === "obo" || authMode === "app"
      ? readIdentity(read, authMode, authorityUrl, `${graph}/.default`)
      : undefined;
  if (authMode === "none" && !emulates && (isProduction || !graphBaseUrl || !isLoopback(graphBaseUrl.hostname))) {
    read.problem("AUTH_MODE", "none works only with the emulator, outside production");
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    read.problem("NODE_TLS_REJECT_UNAUTHORIZED", "must not be 0: the gateway must verify Graph's TLS certificate");
  }
  const config: Config = {
    host: read.host("HOST", "127.0.0.1"),
    port: read.integer("PORT", 4000, 0, 65_535),
    graphBaseUrl,
    graphApiVersion: read.choice("GRAPH_API_VERSION", ["auto", "v1.0", "beta"], "auto"),
    authMode,
    identity,
    routerSecret: read.headerSecret("ROUTER_SECRET"),
    logUserNames: read.boolean("LOG_USER_NAMES", false),
    requestDeadlineMs: read.integer("REQUEST_DEADLINE_MS", 25_000, 100, 600_000),
    graphMaxConnections: read.integer("GRAPH_MAX_CONNECTIONS", 32, 1, 1024),
    graphWritesPer20s: read.integer("GRAPH_WRITES_PER_20S", 100, 1, 100_000),
    maxBatchItems: read.integer("MAX_BATCH_ITEMS", 200, 1, 10_000),
    maxBodyBytes: read.integer("MAX_BODY_BYTES", 2_097_152, 1024, 268_435_456),
    maxInflight: read.integer("MAX_INFLIGHT", 1000, 1, 100_000),
    rateLimitPerMinute: read.integer("RATE_LIMIT_PER_MINUTE", 6000, 0, 10_000_000),
    redisUrl: read.redisUrl("REDIS_URL"),
    corsOrigins: read.origins("CORS_ORIGINS") ?? (isProduction ? [] : "development"),
    introspection: read.boolean("INTROSPECTION", !isProduction),
    explorer: read.boolean("EXPLORER", !isProduction),
    persistedOperationsFile: read.text("PERSISTED_OPERATIONS_FILE", "") || undefined,
    metricsPort: isUnset(env.METRICS_PORT) ? undefined : read.integer("METRICS_PORT", 0, 0, 65_535),
    tracing: readTracing(read, env),
    logLevel: read.choice("LOG_LEVEL", ["info", "trace", "debug", "warn", "error", "fatal", "silent"], "info"),
  };
  if (config.metricsPort === config.port && config.port !== 0) {
    read.problem("METRICS_PORT", "must differ from PORT");
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}
