/** Reads the configuration; the only reader of the environment. `variables.ts` lists every variable. */
import { isIP } from "node:net";
import { readEnvFile } from "./env-file.ts";
import { readIdentity } from "./identity.ts";
import { misspelledIn } from "./misspelled.ts";
import { nodeEnvs } from "./parsers.ts";
import { readProxies } from "./proxy.ts";
import { ConfigError, readerOf } from "./read-env.ts";
import { readTracing } from "./tracing.ts";
import { authModes, type Values } from "./variables.ts";

/**
 * Graph's root, the authority, and the audience of managed identities' tokens that stand for a secret, in each national cloud.
 *
 * @see https://learn.microsoft.com/graph/deployments
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
 */
const clouds = {
  global: {
    graph: "https://graph.microsoft.com",
    authority: "https://login.microsoftonline.com",
    exchangeAudience: "api://AzureADTokenExchange",
  },
  usgov: {
    graph: "https://graph.microsoft.us",
    authority: "https://login.microsoftonline.us",
    exchangeAudience: "api://AzureADTokenExchangeUSGov",
  },
  "usgov-dod": {
    graph: "https://dod-graph.microsoft.us",
    authority: "https://login.microsoftonline.us",
    exchangeAudience: "api://AzureADTokenExchangeUSGov",
  },
  china: {
    graph: "https://microsoftgraph.chinacloudapi.cn",
    authority: "https://login.chinacloudapi.cn",
    exchangeAudience: "api://AzureADTokenExchangeChina",
  },
} as const;

/**
 * `passthrough`: the caller's own Graph token is sent, opaque. `obo`: on behalf of the verified caller. `app`: the gateway's
 * own identity, for verified callers. `none`: the emulator, which accepts any token.
 */
export type AuthMode = Values["AUTH_MODE"];

/** The version of Graph; `auto` finds the version that has the collection. */
export type ApiVersion = Values["GRAPH_API_VERSION"];

/** What `readConfig` returns. `variables.ts` has the meanings. */
export type Config = ReturnType<typeof readConfig>;

/**
 * Reads the configuration from the process's environment. Outside production, `.env` in the working directory supplies missing
 * variables.
 *
 * @param given variables that count before both. @throws {ConfigError} with all problems at once.
 */
export function readConfiguration(given: Readonly<Record<string, string>> = {}): Config {
  const { env, problems } = readEnvironment();
  return readConfig({ ...env, ...given }, problems);
}

/** The process's environment, outside production with the variables of `.env`, and the problems of that file. */
export function readEnvironment(): { env: NodeJS.ProcessEnv; problems: readonly string[] } {
  if (process.env.NODE_ENV === "production") return { env: process.env, problems: [] };
  const problems: string[] = [];
  const file = readEnvFile(".env", (rule) => problems.push(`.env: ${rule}`));
  // OpenTelemetry's SDK reads its variables from the process.
  for (const [name, value] of Object.entries(file)) if (name.startsWith("OTEL_")) process.env[name] ||= value;
  // An empty variable counts as missing. Compose files and scripts pass on what is not set as empty.
  const own = Object.entries(process.env).filter(([, value]) => value);
  return { env: { ...file, ...Object.fromEntries(own) }, problems };
}

/**
 * Reads and checks the variables of an environment.
 *
 * @param earlier problems that were found before. @throws {ConfigError} with all problems at once.
 */
export function readConfig(env: NodeJS.ProcessEnv, earlier: readonly string[] = []) {
  const reader = readerOf(env, earlier);
  const { read, problem, problems } = reader;
  const nodeEnv = read("NODE_ENV");
  const isProduction = nodeEnv === "production";
  const cloud = clouds[read("GRAPH_CLOUD")];
  const emulates =
    !isProduction && !env.GRAPH_CLOUD && !env.GRAPH_BASE_URL && (!env.AUTH_MODE || env.AUTH_MODE === "none");
  const warnings: string[] = [];
  /** A variable that has no effect. It may be the one that should have kept the emulator from taking imports into nothing. */
  const suspect = (name: string, finding: string): void => {
    if (emulates) problem(name, `${finding}; so the emulator would start instead of Microsoft Graph`);
    else warnings.push(`${name}: ${finding}`);
  };
  if (!nodeEnvs.some((each) => each === nodeEnv)) {
    suspect("NODE_ENV", `is none of ${nodeEnvs.join(", ")}, and counts as development`);
  }
  for (const { name, meant } of misspelledIn(env)) suspect(name, `is no variable of the gateway; ${meant} is`);
  const allowLoopback = read("ALLOW_LOOPBACK_UPSTREAM");
  const roots = Object.values(clouds);
  const readRoot = (name: "GRAPH_BASE_URL" | "AUTHORITY_URL", kind: "graph" | "authority"): URL | undefined => {
    const url = read(name);
    const known = [...new Set(roots.map((each) => each[kind]))];
    if (url && allowLoopback && !(isLoopback(url) && /^https?:$/.test(url.protocol))) {
      problem(name, "must be a loopback address together with ALLOW_LOOPBACK_UPSTREAM=true");
    }
    if (url && !allowLoopback && !known.some((root) => `${root}/` === url.href)) {
      problem(name, `must be one of ${known.join(", ")}, or loopback with ALLOW_LOOPBACK_UPSTREAM=true`);
    }
    return url;
  };
  const givenGraphUrl = readRoot("GRAPH_BASE_URL", "graph");
  const givenAuthorityUrl = readRoot("AUTHORITY_URL", "authority");
  if (allowLoopback && !env.GRAPH_BASE_URL && !env.AUTHORITY_URL) {
    problem("ALLOW_LOOPBACK_UPSTREAM", "needs GRAPH_BASE_URL or AUTHORITY_URL with a loopback address");
  }
  // A token of one cloud is not valid in another.
  const { graph, authority, exchangeAudience } =
    roots.find((each) => `${each.graph}/` === givenGraphUrl?.href) ?? cloud;
  const graphUrl = givenGraphUrl ?? new URL(graph);
  const authMode = read("AUTH_MODE");
  if (!emulates && !env.AUTH_MODE) {
    const modes = isProduction ? authModes.filter((mode) => mode !== "none") : authModes;
    problem("AUTH_MODE", `must be set to one of ${modes.join(", ")}`);
  }
  const identity =
    authMode === "obo" || authMode === "app"
      ? readIdentity(reader, authMode, givenAuthorityUrl ?? new URL(authority), {
          graphScope: `${graph}/.default`,
          exchangeAudience,
        })
      : undefined;
  if (!emulates && env.AUTH_MODE === "none" && (isProduction || !isLoopback(graphUrl))) {
    problem("AUTH_MODE", "none works only with the emulator, outside production");
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    problem("NODE_TLS_REJECT_UNAUTHORIZED", "must not be 0: the gateway must verify Graph's TLS certificate");
  }
  const config = {
    host: read("HOST"),
    port: read("PORT"),
    /** Graph's root without the version; `undefined`: start the embedded emulator and use it. */
    graphBaseUrl: emulates ? undefined : graphUrl,
    graphApiVersion: read("GRAPH_API_VERSION"),
    authMode,
    /** The accepted callers and the gateway's own identity; only in the modes `obo` and `app`. */
    identity,
    routerSecret: read("ROUTER_SECRET"),
    logUserNames: read("LOG_USER_NAMES"),
    requestDeadlineMs: read("REQUEST_DEADLINE_MS"),
    keepAliveTimeoutMs: read("KEEP_ALIVE_TIMEOUT_MS"),
    graphMaxConnections: read("GRAPH_MAX_CONNECTIONS"),
    graphWritesPer20s: read("GRAPH_WRITES_PER_20S"),
    maxBatchItems: read("MAX_BATCH_ITEMS"),
    maxBodyBytes: read("MAX_BODY_BYTES"),
    maxInflight: read("MAX_INFLIGHT"),
    rateLimitPerMinute: read("RATE_LIMIT_PER_MINUTE"),
    /** Absent: each replica has its own quota and limits. Contains a password. */
    redisUrl: read("REDIS_URL"),
    /** Absent: connections are made directly. Contains a password. */
    proxies: readProxies(reader, env),
    /** Exact origins; `development` also allows Apollo Sandbox and any port of localhost. */
    corsOrigins: read("CORS_ORIGINS") ?? (isProduction ? [] : ("development" as const)),
    introspection: read("INTROSPECTION") ?? !isProduction,
    explorer: read("EXPLORER") ?? !isProduction,
    persistedOperationsFile: read("PERSISTED_OPERATIONS_FILE"),
    /** `undefined`: metrics are off. */
    metricsPort: read("METRICS_PORT"),
    /** Whether traces are exported; OpenTelemetry's variables decide. */
    tracing: readTracing(reader, env),
    logLevel: read("LOG_LEVEL"),
    /** Variables that have no effect, by name; the gateway starts all the same. */
    warnings,
  };
  if (config.metricsPort === config.port && config.port !== 0) problem("METRICS_PORT", "must differ from PORT");
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Whether a URL's host is this machine. */
function isLoopback({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}
