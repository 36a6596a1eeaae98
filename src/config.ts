/**
 * The configuration: the only reader of the environment. One table holds every variable with its default and meaning;
 * `--help`, the checks and the tests of README and `.env.example` all go by it.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseEnv } from "node:util";
import type { AuthMode } from "./auth/authenticate.ts";
import { type IdentityConfig, readIdentity } from "./config-identity.ts";
import { ConfigError, ConfigReader, isLoopback, isUnset } from "./config-reader.ts";
import { readTracing } from "./config-tracing.ts";
import type { ApiVersion } from "./datasources/api-version.ts";

/** Graph's root and the authority in each national cloud. @see https://learn.microsoft.com/graph/deployments */
const clouds = {
  global: { graph: "https://graph.microsoft.com", authority: "https://login.microsoftonline.com" },
  usgov: { graph: "https://graph.microsoft.us", authority: "https://login.microsoftonline.us" },
  "usgov-dod": { graph: "https://dod-graph.microsoft.us", authority: "https://login.microsoftonline.us" },
  china: { graph: "https://microsoftgraph.chinacloudapi.cn", authority: "https://login.chinacloudapi.cn" },
} as const;

export interface Config {
  host: string;
  port: number;
  /** Graph's root without the version; `undefined`: start the embedded emulator and use that. */
  graphBaseUrl: URL | undefined;
  graphApiVersion: ApiVersion;
  authMode: AuthMode;
  /** Whose tokens are accepted, and what the gateway is itself; only in the modes `obo` and `app`. */
  identity: IdentityConfig | undefined;
  /** What every GraphQL request must carry in `router-authorization`, if set. */
  routerSecret: string | undefined;
  /** Whether the audit log names users; else it has a hash of the name. */
  logUserNames: boolean;
  requestDeadlineMs: number;
  graphMaxConnections: number;
  /** Creates, updates and deletions in any twenty seconds. */
  graphWritesPer20s: number;
  /** Most inputs of one plural create. */
  maxBatchItems: number;
  maxBodyBytes: number;
  /** GraphQL requests under way at once. */
  maxInflight: number;
  /** GraphQL requests of one verified caller in a minute; 0: no limit. */
  rateLimitPerMinute: number;
  /** Exact origins; `development` also lets in Apollo Sandbox and any port of localhost. */
  corsOrigins: readonly string[] | "development";
  introspection: boolean;
  explorer: boolean;
  /** Where the operations are, if only known ones are answered. */
  persistedOperationsFile: string | undefined;
  /** Processes that serve the one port. */
  workers: number;
  /** Where replicas share quota and limits; absent: each has its own. Holds a password. */
  redisUrl: string | undefined;
  logLevel: string;
  /** Where metrics are served; `undefined`: nowhere, and nothing is counted. */
  metricsPort: number | undefined;
  /** Whether traces are exported, as OpenTelemetry's variables say. */
  tracing: boolean;
}

interface Variable {
  name: string;
  default: string;
  meaning: string;
}

/** What can be set, in the order in which it is printed. */
export const variables: readonly Variable[] = [
  { name: "HOST", default: "127.0.0.1", meaning: "address to listen on" },
  { name: "PORT", default: "4000", meaning: "port to listen on; 0 takes a free one" },
  { name: "GRAPH_CLOUD", default: "global", meaning: "global, usgov, usgov-dod or china: which Microsoft Graph" },
  {
    name: "GRAPH_API_VERSION",
    default: "auto",
    meaning: "v1.0, beta, or auto: v1.0 until Graph says it has no such segment there, then beta",
  },
  {
    name: "GRAPH_BASE_URL",
    default: "the cloud's",
    meaning: "Graph's root without a version: that of one of the clouds, or loopback",
  },
  {
    name: "AUTHORITY_URL",
    default: "the cloud's",
    meaning: "root of the identity provider: that of one of the clouds, or loopback",
  },
  {
    name: "ALLOW_LOOPBACK_UPSTREAM",
    default: "false",
    meaning: "the two URLs above, as far as they are set, are loopback addresses, and one of them is set",
  },
  {
    name: "AUTH_MODE",
    default: "none with the emulator, else required",
    meaning:
      "passthrough (the caller's Graph token goes through), obo (on behalf of the caller), app (the gateway's own identity) or none (emulator only)",
  },
  { name: "AZURE_TENANT_ID", default: "none; required in obo and app", meaning: "the gateway's tenant" },
  {
    name: "AZURE_CLIENT_ID",
    default: "none; required in obo and app, but for a system-assigned managed identity",
    meaning: "the gateway's application id",
  },
  { name: "AZURE_CLIENT_SECRET", default: "none", meaning: "its credential: a client secret" },
  {
    name: "AZURE_CLIENT_CERTIFICATE_PATH",
    default: "none",
    meaning: "its credential: a PEM file with certificate and private key",
  },
  { name: "AZURE_FEDERATED_TOKEN_FILE", default: "none", meaning: "its credential: a workload identity's token file" },
  {
    name: "AZURE_USE_MANAGED_IDENTITY",
    default: "false",
    meaning:
      "its credential in app mode: the managed identity of the machine; AZURE_CLIENT_ID picks a user-assigned one",
  },
  {
    name: "AUTH_AUDIENCE",
    default: "none; required where there is no AZURE_CLIENT_ID",
    meaning:
      "one more audience that callers' tokens may have, beside the client id (and api://<client id> in those of version 1.0)",
  },
  { name: "AUTH_ALLOWED_TENANTS", default: "the tenant", meaning: "tenants of callers, by id, separated by commas" },
  { name: "AUTH_REQUIRED_SCOPE", default: "Pfx.ReadWrite", meaning: "scope of users' tokens that may do everything" },
  { name: "AUTH_REQUIRED_ROLE", default: "Pfx.ReadWrite.All", meaning: "role of applications that may do everything" },
  { name: "AUTH_READ_SCOPE", default: "Pfx.Read", meaning: "scope of users' tokens that is enough for queries" },
  { name: "AUTH_READ_ROLE", default: "Pfx.Read.All", meaning: "role of applications that is enough for queries" },
  {
    name: "ROUTER_SECRET",
    default: "none",
    meaning: "if set, every GraphQL request must carry it in the header router-authorization",
  },
  {
    name: "REQUEST_DEADLINE_MS",
    default: "25000",
    meaning: "for the whole of one request, in milliseconds; 100 to 600000",
  },
  { name: "GRAPH_MAX_CONNECTIONS", default: "32", meaning: "open connections to Graph at the most; up to 1024" },
  {
    name: "GRAPH_WRITES_PER_20S",
    default: "100",
    meaning: "creates, updates and deletions in any twenty seconds; up to 100000",
  },
  { name: "MAX_BATCH_ITEMS", default: "200", meaning: "certificates of one plural create at the most; up to 10000" },
  {
    name: "MAX_BODY_BYTES",
    default: "2097152",
    meaning: "size of one request's body at the most, decompressed; 1024 to 268435456",
  },
  {
    name: "MAX_INFLIGHT",
    default: "1000",
    meaning: "GraphQL requests under way at once, up to 100000; what exceeds them gets 503",
  },
  {
    name: "RATE_LIMIT_PER_MINUTE",
    default: "6000",
    meaning:
      "GraphQL requests of one verified caller (obo, app) in a minute, up to 10000000; what exceeds them gets 429; 0: no limit",
  },
  {
    name: "WORKERS",
    default: "1",
    meaning:
      "processes that serve the port together, up to 64; auto: as many as there are cores. Each has an equal share of GRAPH_WRITES_PER_20S, and every other limit for itself",
  },
  {
    name: "REDIS_URL",
    default: "none",
    meaning: "redis:// or rediss://: shares the write quota and callers' rate limits between replicas",
  },
  {
    name: "CORS_ORIGINS",
    default: "none; in development Apollo Sandbox and localhost",
    meaning: "exact origins that browsers may call from, separated by commas",
  },
  { name: "INTROSPECTION", default: "true in development, false in production", meaning: "answer introspection" },
  {
    name: "EXPLORER",
    default: "true in development, false in production",
    meaning: "serve Apollo Sandbox at /graphql and GraphiQL at /graphiql",
  },
  {
    name: "PERSISTED_OPERATIONS_FILE",
    default: "none",
    meaning: "a manifest of operations; only these are answered, by id",
  },
  { name: "LOG_LEVEL", default: "info", meaning: "trace, debug, info, warn, error, fatal or silent" },
  {
    name: "METRICS_PORT",
    default: "none",
    meaning: "serve Prometheus metrics on this port, at /metrics; 0 takes a free one",
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "none",
    meaning:
      "export traces to this OpenTelemetry collector, over OTLP/HTTP; OpenTelemetry's other variables hold as well, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT among them",
  },
  {
    name: "OTEL_TRACES_EXPORTER",
    default: "otlp with an endpoint, else none",
    meaning: "otlp or none; otlp without an endpoint exports to http://localhost:4318",
  },
  {
    name: "LOG_USER_NAMES",
    default: "false",
    meaning: "name users in the audit log; else it has a hash of the user principal name",
  },
  { name: "NODE_ENV", default: "development", meaning: "production: no emulator, explorer or introspection unasked" },
];

/**
 * The process's environment; in development with `.env` of the working directory under it.
 *
 * @throws {ConfigError} where there is a `.env` that can't be read: without it, another configuration would start.
 */
export function environment(): NodeJS.ProcessEnv {
  if (process.env.NODE_ENV === "production") return process.env;
  try {
    const file = parseEnv(readFileSync(".env", "utf8"));
    // OpenTelemetry's SDK reads its variables from the process.
    for (const [name, value] of Object.entries(file)) if (name.startsWith("OTEL_")) process.env[name] ??= value;
    return { ...file, ...process.env };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return process.env; // which is usual
    throw new ConfigError([".env: is there, but can't be read"]);
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
  const cloud = read.choice("GRAPH_CLOUD", ["global", "usgov", "usgov-dod", "china"], "global");
  const emulates =
    !isProduction &&
    isUnset(env.GRAPH_CLOUD) &&
    isUnset(env.GRAPH_BASE_URL) &&
    (isUnset(env.AUTH_MODE) || env.AUTH_MODE === "none");
  const allowLoopback = read.boolean("ALLOW_LOOPBACK_UPSTREAM", false);
  const { graph, authority } = clouds[cloud];
  const graphRoots = Object.values(clouds).map((each) => each.graph);
  const authorities = Object.values(clouds).map((each) => each.authority);
  const givenGraphUrl = read.serviceUrl("GRAPH_BASE_URL", allowLoopback, graphRoots);
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
    read.problem("AUTH_MODE", "none is for the emulator only, outside production");
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    read.problem("NODE_TLS_REJECT_UNAUTHORIZED", "must not be 0: Graph would not be authenticated");
  }
  const config: Config = {
    host: read.host("HOST", "127.0.0.1"),
    port: read.integer("PORT", 4000, 0, 65_535),
    graphBaseUrl,
    graphApiVersion: read.choice("GRAPH_API_VERSION", ["auto", "v1.0", "beta"], "auto"),
    authMode,
    identity,
    routerSecret: read.secret("ROUTER_SECRET"),
    logUserNames: read.boolean("LOG_USER_NAMES", false),
    requestDeadlineMs: read.integer("REQUEST_DEADLINE_MS", 25_000, 100, 600_000),
    graphMaxConnections: read.integer("GRAPH_MAX_CONNECTIONS", 32, 1, 1024),
    graphWritesPer20s: read.integer("GRAPH_WRITES_PER_20S", 100, 1, 100_000),
    maxBatchItems: read.integer("MAX_BATCH_ITEMS", 200, 1, 10_000),
    maxBodyBytes: read.integer("MAX_BODY_BYTES", 2_097_152, 1024, 268_435_456),
    maxInflight: read.integer("MAX_INFLIGHT", 1000, 1, 100_000),
    rateLimitPerMinute: read.integer("RATE_LIMIT_PER_MINUTE", 6000, 0, 10_000_000),
    workers: read.count("WORKERS", 1, 64, availableParallelism()),
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
    read.problem("METRICS_PORT", "must not be the PORT of the API");
  }
  if (config.workers > config.graphWritesPer20s && config.redisUrl === undefined) {
    read.problem(
      "WORKERS",
      "must not be more than GRAPH_WRITES_PER_20S, of which each has a share, unless REDIS_URL is set",
    );
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}
