/**
 * Every environment variable with its parser, default and meaning. The configuration is read with this table, and `--help`
 * prints it. Tests compare docs/configuration.md, `.env.example` and the Helm chart's values.schema.json with it.
 */
import {
  anyText,
  boolean,
  certificateFile,
  choice,
  guid,
  guids,
  headerSecret,
  host,
  httpUrl,
  integer,
  nodeEnv,
  origins,
  type Parser,
  proxyUrl,
  redisUrl,
  rootUrl,
  secret,
  tokenFile,
  word,
} from "./parsers.ts";

interface Row<Value> {
  readonly parser: Parser<Value>;
  readonly meaning: string;
  /** In words. */
  readonly default: string;
}

/** @param words the default, unless it is the parser's fallback. */
const row = <Value>(parser: Parser<Value>, meaning: string, words = String(parser.fallback ?? "none")): Row<Value> => ({
  parser,
  meaning,
  default: words,
});

/** The values of `AUTH_MODE`. */
export const authModes = ["passthrough", "obo", "app", "none"] as const;

/** In the order of `--help`. */
const table = {
  HOST: row(host("127.0.0.1"), "address to listen on"),
  PORT: row(integer(4000, 0, 65_535), "port to listen on; 0 takes a free port"),
  GRAPH_CLOUD: row(
    choice(["global", "usgov", "usgov-dod", "china"], "global"),
    "Microsoft Graph's cloud: global, usgov, usgov-dod or china",
  ),
  GRAPH_API_VERSION: row(
    choice(["auto", "v1.0", "beta"], "auto"),
    "v1.0, beta or auto; auto uses v1.0, and switches to beta if Graph's v1.0 has no such segment",
  ),
  GRAPH_BASE_URL: row(
    rootUrl,
    "Graph's root URL without a version: a cloud's URL or a loopback address",
    "the cloud's",
  ),
  AUTHORITY_URL: row(rootUrl, "the identity provider's root URL: a cloud's URL or a loopback address", "the cloud's"),
  ALLOW_LOOPBACK_UPSTREAM: row(
    boolean(false),
    "allow loopback addresses in the two URLs above; then they must be loopback addresses, and one must be set",
  ),
  AUTH_MODE: row(
    choice(authModes, "none"),
    "passthrough (sends the caller's Graph token), obo (on behalf of the caller), app (the gateway's own identity) or none (emulator only)",
    "none with the emulator, otherwise required",
  ),
  AZURE_TENANT_ID: row(
    guid("a tenant's Overview page in the Entra admin center shows it as Tenant ID; a domain name is not enough"),
    "the gateway's tenant",
    "none; required in obo and app",
  ),
  AZURE_CLIENT_ID: row(
    guid("an application's Overview page in the Entra admin center shows it as Application (client) ID"),
    "the gateway's application id",
    "none; required in obo and app, except for a system-assigned managed identity",
  ),
  AZURE_CLIENT_SECRET: row(secret, "the gateway's credential: a client secret"),
  AZURE_CLIENT_CERTIFICATE_PATH: row(
    certificateFile,
    "the gateway's credential: a PEM file with a certificate and its private key",
  ),
  AZURE_FEDERATED_TOKEN_FILE: row(tokenFile, "the gateway's credential: a workload identity's token file"),
  AZURE_FEDERATED_IDENTITY_CLIENT_ID: row(
    guid("the managed identity's Overview page in the Azure portal shows it as Client ID"),
    "the gateway's credential: the client id of a user-assigned managed identity of this machine that the application trusts",
  ),
  AZURE_USE_MANAGED_IDENTITY: row(
    boolean(false),
    "the gateway's credential in app mode: the machine's managed identity; AZURE_CLIENT_ID selects a user-assigned identity",
  ),
  AUTH_AUDIENCE: row(
    word(undefined),
    "additional audience accepted in callers' tokens; the client id is always accepted, and api://<client id> in version 1.0 tokens",
    "none; required if AZURE_CLIENT_ID is not set",
  ),
  AUTH_ALLOWED_TENANTS: row(guids, "ids of the tenants whose callers are accepted, separated by commas", "the tenant"),
  AUTH_REQUIRED_SCOPE: row(word("Pfx.ReadWrite"), "scope that permits users all operations"),
  AUTH_REQUIRED_ROLE: row(word("Pfx.ReadWrite.All"), "role that permits applications all operations"),
  AUTH_READ_SCOPE: row(word("Pfx.Read"), "scope that permits users queries"),
  AUTH_READ_ROLE: row(word("Pfx.Read.All"), "role that permits applications queries"),
  ROUTER_SECRET: row(
    headerSecret,
    "if set, every GraphQL request must send this secret in the header router-authorization",
  ),
  REQUEST_DEADLINE_MS: row(
    integer(25_000, 100, 600_000),
    "time limit for one whole request, in milliseconds, from the last byte of its body; 100 to 600000",
  ),
  KEEP_ALIVE_TIMEOUT_MS: row(
    integer(65_000, 1000, 3_600_000),
    "how long an idle connection is kept open, in milliseconds: longer than the load balancer keeps it; 1000 to 3600000",
  ),
  GRAPH_MAX_CONNECTIONS: row(integer(32, 1, 1024), "maximum number of open connections to Graph; up to 1024"),
  GRAPH_WRITES_PER_20S: row(
    integer(100, 1, 100_000),
    "maximum number of creates, updates and deletions in any 20 seconds, in obo for each tenant; up to 100000",
  ),
  MAX_BATCH_ITEMS: row(integer(200, 1, 10_000), "maximum number of certificates in one plural create; up to 10000"),
  MAX_BODY_BYTES: row(
    integer(2_097_152, 1024, 268_435_456),
    "maximum size of a request body in bytes, decompressed; 1024 to 268435456",
  ),
  MAX_INFLIGHT: row(
    integer(1000, 1, 100_000),
    "maximum number of concurrent GraphQL requests, up to 100000; further requests get 503",
  ),
  RATE_LIMIT_PER_MINUTE: row(
    integer(6000, 0, 10_000_000),
    "maximum number of GraphQL requests per minute from one verified caller (obo, app), up to 10000000; further requests get 429; 0: no limit",
  ),
  REDIS_URL: row(
    redisUrl,
    "redis:// or rediss:// URL, for a cluster redis+cluster:// or rediss+cluster://; shares the write quota, callers' rate limits and creates in flight between replicas",
  ),
  HTTPS_PROXY: row(
    proxyUrl,
    "HTTP proxy for Graph, Microsoft Entra and the trace collector; https_proxy counts first, loopback and managed identities never go through it",
    "HTTP_PROXY",
  ),
  HTTP_PROXY: row(proxyUrl, "HTTP proxy for http: addresses, and for https: ones without HTTPS_PROXY"),
  NO_PROXY: row(
    anyText,
    "hosts that are reached without the proxy: names with their subdomains, addresses, networks such as 10.0.0.0/8, or *; separated by commas",
  ),
  CORS_ORIGINS: row(
    origins,
    "exact origins from which browsers may call, separated by commas",
    "none; in development Apollo Sandbox and localhost",
  ),
  INTROSPECTION: row(boolean(undefined), "answer introspection queries", "true in development, false in production"),
  EXPLORER: row(
    boolean(undefined),
    "serve Apollo Sandbox at /graphql and GraphiQL at /graphiql",
    "true in development, false in production",
  ),
  PERSISTED_OPERATIONS_FILE: row(
    anyText,
    "manifest of operations; only the operations in the manifest are answered, by id",
  ),
  LOG_LEVEL: row(
    choice(["info", "trace", "debug", "warn", "error", "fatal", "silent"], "info"),
    "trace, debug, info, warn, error, fatal or silent",
  ),
  METRICS_PORT: row(
    integer(undefined, 0, 65_535),
    "serve Prometheus metrics on this port, at /metrics; 0 takes a free port",
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: row(
    httpUrl,
    "export traces to this OpenTelemetry collector, over OTLP/HTTP; OpenTelemetry's other variables also apply, including OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  ),
  OTEL_TRACES_EXPORTER: row(
    choice(["otlp", "none"], undefined),
    "otlp or none; otlp without an endpoint exports to http://localhost:4318",
    "otlp with an endpoint, otherwise none",
  ),
  LOG_USER_NAMES: row(
    boolean(false),
    "write user principal names to the audit log; otherwise the audit log has a hash of each name",
  ),
  NODE_ENV: row(
    nodeEnv,
    "production, development or test; production turns the emulator off, and the explorer and introspection by default",
  ),
};

/** Every variable's value, by name. */
export type Values = { [Name in keyof typeof table]: (typeof table)[Name]["parser"]["fallback"] };

/** Every variable, by name. */
export const rows: { readonly [Name in keyof Values]: Row<Values[Name]> } = table;

/** Every variable, as a list. */
export const variables = Object.entries(rows).map(([name, each]) => ({ name, ...each }));
