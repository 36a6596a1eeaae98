/**
 * Every environment variable with its default and meaning: `--help`, the checks and the tests of README and `.env.example`
 * all go by this table.
 */
interface Variable {
  name: string;
  default: string;
  meaning: string;
}

/** In the order in which they are printed. */
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
