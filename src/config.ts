/**
 * The configuration: the only reader of the environment. One table holds every variable with its default and meaning;
 * `--help`, the checks and the tests of README and `.env.example` all go by it.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parseEnv } from "node:util";
import type { AuthMode } from "./context.ts";
import type { ApiVersion } from "./datasources/api-version.ts";

/** Graph's root in each national cloud. @see https://learn.microsoft.com/graph/deployments */
const graphRoots = {
  global: "https://graph.microsoft.com",
  usgov: "https://graph.microsoft.us",
  "usgov-dod": "https://dod-graph.microsoft.us",
  china: "https://microsoftgraph.chinacloudapi.cn",
} as const;

export interface Config {
  host: string;
  port: number;
  /** Graph's root without the version; `undefined`: start the embedded emulator and use that. */
  graphBaseUrl: URL | undefined;
  graphApiVersion: ApiVersion;
  authMode: AuthMode;
  requestDeadlineMs: number;
  graphMaxConnections: number;
  /** Creates, updates and deletions in any twenty seconds. */
  graphWritesPer20s: number;
  /** Most inputs of one plural create. */
  maxBatchItems: number;
  maxBodyBytes: number;
  /** Exact origins; `development` also lets in Apollo Sandbox and any port of localhost. */
  corsOrigins: readonly string[] | "development";
  introspection: boolean;
  explorer: boolean;
  logLevel: string;
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
  { name: "GRAPH_BASE_URL", default: "the cloud's", meaning: "Graph's root without a version; https, or loopback" },
  { name: "ALLOW_LOOPBACK_UPSTREAM", default: "false", meaning: "lets GRAPH_BASE_URL be a loopback address" },
  {
    name: "AUTH_MODE",
    default: "none with the emulator, else required",
    meaning: "passthrough (the caller's Graph token goes through) or none (emulator only)",
  },
  { name: "REQUEST_DEADLINE_MS", default: "25000", meaning: "for the whole of one request, in milliseconds" },
  { name: "GRAPH_MAX_CONNECTIONS", default: "32", meaning: "open connections to Graph at the most" },
  { name: "GRAPH_WRITES_PER_20S", default: "100", meaning: "creates, updates and deletions in any twenty seconds" },
  { name: "MAX_BATCH_ITEMS", default: "200", meaning: "certificates of one plural create at the most" },
  { name: "MAX_BODY_BYTES", default: "2097152", meaning: "size of one request's body at the most, decompressed" },
  {
    name: "CORS_ORIGINS",
    default: "none; in development Apollo Sandbox and localhost",
    meaning: "exact origins that browsers may call from, separated by commas",
  },
  { name: "INTROSPECTION", default: "true in development, false in production", meaning: "answer introspection" },
  {
    name: "EXPLORER",
    default: "true in development, false in production",
    meaning: "serve Apollo Sandbox at /graphql",
  },
  { name: "LOG_LEVEL", default: "info", meaning: "trace, debug, info, warn, error, fatal or silent" },
  { name: "NODE_ENV", default: "development", meaning: "production: no emulator, explorer or introspection unasked" },
];

/** Every problem of an environment, each by variable name and rule, never by value. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * The process's environment; in development with `.env` of the working directory under it.
 *
 * @throws {ConfigError} where there is a `.env` that can't be read: without it, another configuration would start.
 */
export function environment(): NodeJS.ProcessEnv {
  if (process.env.NODE_ENV === "production") return process.env;
  try {
    return { ...parseEnv(readFileSync(".env", "utf8")), ...process.env };
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
  const read = new Reader(env);
  const isProduction = env.NODE_ENV === "production";
  const cloud = read.choice("GRAPH_CLOUD", ["global", "usgov", "usgov-dod", "china"], "global");
  const emulates =
    !isProduction &&
    isUnset(env.GRAPH_CLOUD) &&
    isUnset(env.GRAPH_BASE_URL) &&
    (isUnset(env.AUTH_MODE) || env.AUTH_MODE === "none");
  const allowLoopback = read.boolean("ALLOW_LOOPBACK_UPSTREAM", false);
  const graphBaseUrl = emulates
    ? undefined
    : (read.graphUrl("GRAPH_BASE_URL", allowLoopback) ?? new URL(graphRoots[cloud]));
  const authMode = emulates ? "none" : read.choice("AUTH_MODE", ["passthrough", "none"], undefined);
  if (authMode === "none" && !emulates && (isProduction || !graphBaseUrl || !isLoopback(graphBaseUrl.hostname))) {
    read.problem("AUTH_MODE", "none is for the emulator only, outside production");
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    read.problem("NODE_TLS_REJECT_UNAUTHORIZED", "must not be 0: Graph would not be authenticated");
  }
  const config: Config = {
    host: read.text("HOST", "127.0.0.1"),
    port: read.integer("PORT", 4000, 0, 65_535),
    graphBaseUrl,
    graphApiVersion: read.choice("GRAPH_API_VERSION", ["auto", "v1.0", "beta"], "auto"),
    authMode,
    requestDeadlineMs: read.integer("REQUEST_DEADLINE_MS", 25_000, 100, 600_000),
    graphMaxConnections: read.integer("GRAPH_MAX_CONNECTIONS", 32, 1, 1024),
    graphWritesPer20s: read.integer("GRAPH_WRITES_PER_20S", 100, 1, 100_000),
    maxBatchItems: read.integer("MAX_BATCH_ITEMS", 200, 1, 10_000),
    maxBodyBytes: read.integer("MAX_BODY_BYTES", 2_097_152, 1024, 268_435_456),
    corsOrigins: read.origins("CORS_ORIGINS") ?? (isProduction ? [] : "development"),
    introspection: read.boolean("INTROSPECTION", !isProduction),
    explorer: read.boolean("EXPLORER", !isProduction),
    logLevel: read.choice("LOG_LEVEL", ["info", "trace", "debug", "warn", "error", "fatal", "silent"], "info"),
  };
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return config;
}

function isUnset(value: string | undefined): boolean {
  return value === undefined || value === "";
}

/** Whether a URL's host is this machine itself. */
function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

/** Reads single variables and collects what is wrong with them. */
class Reader {
  readonly problems: string[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  problem(name: string, rule: string): void {
    this.problems.push(`${name}: ${rule}`);
  }

  text(name: string, fallback: string): string {
    return this.#env[name] || fallback;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.#env[name];
    if (isUnset(value)) return fallback;
    const number = /^\d{1,10}$/.test(value ?? "") ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.problem(name, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.choice(name, ["true", "false"], fallback ? "true" : "false") === "true";
  }

  /** One of the values; without a fallback the variable is required. */
  choice<Value extends string>(name: string, values: readonly [Value, ...Value[]], fallback: Value | undefined): Value {
    const value = this.#env[name];
    const known = isUnset(value) ? fallback : values.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    this.problem(name, `must be ${isUnset(value) ? "set to " : ""}one of ${values.join(", ")}`);
    return fallback ?? values[0];
  }

  /** Graph's root: a Microsoft host over https, or loopback where that is allowed. */
  graphUrl(name: string, allowLoopback: boolean): URL | undefined {
    const value = this.#env[name];
    if (isUnset(value)) {
      if (allowLoopback) this.problem("ALLOW_LOOPBACK_UPSTREAM", "needs GRAPH_BASE_URL with a loopback address");
      return undefined;
    }
    const url = URL.canParse(value ?? "") ? new URL(value ?? "") : undefined;
    const hasVersion = /\/(?:v1\.0|beta)\/?$/i.test(url?.pathname ?? "");
    if (url === undefined || hasVersion || url.username || url.password || url.search || url.hash) {
      this.problem(name, "must be an absolute URL without version, credentials, query or fragment");
      return undefined;
    }
    if (allowLoopback) {
      if (!isLoopback(url.hostname) || !/^https?:$/.test(url.protocol)) {
        this.problem(name, "must be a loopback address together with ALLOW_LOOPBACK_UPSTREAM=true");
      }
    } else if (!Object.values(graphRoots).some((root) => `${root}/` === url.href)) {
      this.problem(
        name,
        `must be one of ${Object.values(graphRoots).join(", ")}, or loopback with ALLOW_LOOPBACK_UPSTREAM=true`,
      );
    }
    return url;
  }

  origins(name: string): string[] | undefined {
    const value = this.#env[name];
    if (isUnset(value)) return undefined;
    const origins = (value ?? "").split(",").map((origin) => origin.trim());
    const exact = origins.every(
      (origin) => !origin.includes("*") && URL.canParse(origin) && new URL(origin).origin === origin,
    );
    if (!exact) this.problem(name, "must be exact origins such as https://portal.example, separated by commas; no *");
    return origins;
  }
}
