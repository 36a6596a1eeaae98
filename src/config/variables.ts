/**
 * Every environment variable with its default and meaning. `--help`, docs/configuration.md and `.env.example`
 * use this table.
 */
interface Variable {
  name: string;
  default: string;
  meaning: string;
}

/** In the order of `--help`. */
export const variables: readonly Variable[] = [
  { name: "HOST", default: "127.0.0.1", meaning: "address to listen on" },
  { name: "PORT", default: "4000", meaning: "port to listen on; 0 takes a free port" },
  { name: "GRAPH_CLOUD", default: "global", meaning: "Microsoft Graph's cloud: global, usgov, usgov-dod or china" },
  {
    name: "GRAPH_API_VERSION",
    default: "auto",
    meaning: "v1.0, beta or auto; auto uses v1.0, and switches to beta if Graph's v1.0 has no such segment",
  },
  {
    name: "GRAPH_BASE_URL",
    default: "the cloud's",
    meaning: "Graph's root URL without a version: a cloud's URL or a loopback address",
  },
  {
    name: "AUTHORITY_URL",
    default: "the cloud's",
    meaning: "the identity provider's root URL: a cloud's URL or a loopback address",
  },
  {
    name: "ALLOW_LOOPBACK_UPSTREAM",
    default: "false",
    meaning:
      "allow loopback addresses in the two URLs above; then they must be loopback addresses, and one must be set",
  },
  {
    name: "AUTH_MODE",
    default: "none with the emulator, otherwise required",
    meaning:
      "passthrough (sends the caller's Graph token), obo (on behalf of the caller), app (the gateway's own identity) or none (emulator only)",
  },
  { name: "AZURE_TENANT_ID", default: "none; required in obo and app", meaning: "the gateway's tenant" },
  {
    name: "AZURE_CLIENT_ID",
    default: "none; required in obo and app, except for a system-assigned managed identity",
    meaning: "the gateway's application id",
  },
  { name: "AZURE_CLIENT_SECRET", default: "none", meaning: "the gateway's credential: a client secret" },
  {
    name: "AZURE_CLIENT_CERTIFICATE_PATH",
    default: "none",
    meaning: "the gateway's credential: a PEM file with a certificate and its private key",
  },
  {
    name: "AZURE_FEDERATED_TOKEN_FILE",
    default: "none",
    meaning: "the gateway's credential: a workload identity's token file",
  },
  {
    name: "AZURE_USE_MANAGED_IDENTITY",
    default: "false",
    meaning:
      "the gateway's credential in app mode: the machine's managed identity; AZURE_CLIENT_ID selects a user-assigned identity",
  },
  {
    name: "AUTH_AUDIENCE",
    default: "none; required if AZURE_CLIENT_ID is not set",
    meaning:
      "additional audience accepted in callers' tokens; the client id is always accepted, and api://<client id> in version 1.0 tokens",
  },
  {
    name: "AUTH_ALLOWED_TENANTS",
    default: "the tenant",
    meaning: "ids of the tenants whose callers are accepted, separated by commas",
  },
  { name: "AUTH_REQUIRED_SCOPE", default: "Pfx.ReadWrite", meaning: "scope that permits users all operations" },
  {
    name: "AUTH_REQUIRED_ROLE",
    default: "Pfx.ReadWrite.All",
    meaning: "role that permits applications all operations",
  },
  { name: "AUTH_READ_SCOPE", default: "Pfx.Read", meaning: "scope that permits users queries" },
  { name: "AUTH_READ_ROLE", default: "Pfx.Read.All", meaning: "role that permits applications queries" },
  {
    name: "ROUTER_SECRET",
    default: "none",
    meaning: "if set, every GraphQL request must send this secret in the header router-authorization",
  },
  {
    name: "REQUEST_DEADLINE_MS",
    default: "25000",
    meaning: "time limit for one whole request, in milliseconds; 100 to 600000",
  },
  { name: "GRAPH_MAX_CONNECTIONS", default: "32", meaning: "maximum number of open connections to Graph; up to 1024" },
  {
    name: "GRAPH_WRITES_PER_20S",
    default: "100",
    meaning: "maximum number of creates, updates and deletions in any 20 seconds; up to 100000",
  },
  {
    name: "MAX_BATCH_ITEMS",
    default: "200",
    meaning: "maximum number of certificates in one plural create; up to 10000",
  },
  {
    name: "MAX_BODY_BYTES",
    default: "2097152",
    meaning: "maximum size of a request body in bytes, decompressed; 1024 to 268435456",
  },
  {
    name: "MAX_INFLIGHT",
    default: "1000",
    meaning: "maximum number of concurrent GraphQL requests, up to 100000; further requests get 503",
  },
  {
    name: "RATE_LIMIT_PER_MINUTE",
    default: "6000",
    meaning:
      "maximum number of GraphQL requests per minute from one verified caller (obo, app), up to 10000000; further requests get 429; 0: no limit",
  },
  {
    name: "REDIS_URL",
    default: "none",
    meaning: "redis:// or rediss:// URL; shares the write quota and callers' rate limits between replicas",
  },
  {
    name: "CORS_ORIGINS",
    default: "none; in development Apollo Sandbox and localhost",
    meaning: "exact origins from which browsers may call, separated by commas",
  },
  {
    name: "INTROSPECTION",
    default: "true in development, false in production",
    meaning: "answer introspection queries",
  },
  {
    name: "EXPLORER",
    default: "true in development, false in production",
    meaning: "serve Apollo Sandbox at /graphql and GraphiQL at /graphiql",
  },
  {
    name: "PERSISTED_OPERATIONS_FILE",
    default: "none",
    meaning: "manifest of operations; only the operations in the manifest are answered, by id",
  },
  { name: "LOG_LEVEL", default: "info", meaning: "trace, debug, info, warn, error, fatal or silent" },
  {
    name: "METRICS_PORT",
    default: "none",
    meaning: "serve Prometheus metrics on this port, at /metrics; 0 takes a free port",
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "none",
    meaning:
      "export traces to this OpenTelemetry collector, over OTLP/HTTP; OpenTelemetry's other variables also apply, including OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  },
  {
    name: "OTEL_TRACES_EXPORTER",
    default: "otlp with an endpoint, otherwise none",
    meaning: "otlp or none; otlp without an endpoint exports to http://localhost:4318",
  },
  {
    name: "LOG_USER_NAMES",
    default: "false",
    meaning: "write user principal names to the audit log; otherwise the audit log has a hash of each name",
  },
  {
    name: "NODE_ENV",
    default: "development",
    meaning: "production turns the emulator off, and the explorer and introspection by default",
  },
];
