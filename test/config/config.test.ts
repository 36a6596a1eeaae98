import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { generate } from "selfsigned";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/read-env.ts";
import { variables } from "../../src/config/variables.ts";

const canary = "canary-7f3a";

type Environment = Record<string, string>;

const passthrough: Environment = { AUTH_MODE: "passthrough" };
const production: Environment = { NODE_ENV: "production", AUTH_MODE: "passthrough" };
const loopback: Environment = { AUTH_MODE: "none", ALLOW_LOOPBACK_UPSTREAM: "true" };

const folder = mkdtempSync(join(tmpdir(), "config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const clientId = "c11e4700-0000-4000-8000-000000000001";

describe("the configuration of an empty environment", () => {
  const defaults = {
    host: "127.0.0.1",
    port: 4000,
    graphBaseUrl: undefined,
    graphApiVersion: "auto",
    authMode: "none",
    identity: undefined,
    routerSecret: undefined,
    logUserNames: false,
    requestDeadlineMs: 25_000,
    keepAliveTimeoutMs: 65_000,
    graphMaxConnections: 32,
    graphWritesPer20s: 100,
    maxBatchItems: 200,
    maxBodyBytes: 2_097_152,
    maxInflight: 1000,
    rateLimitPerMinute: 6000,
    redisUrl: undefined,
    corsOrigins: "development",
    introspection: true,
    explorer: true,
    persistedOperationsFile: undefined,
    logLevel: "info",
    metricsPort: undefined,
    tracing: false,
    warnings: [],
  };

  it("uses the emulator, listens only on this machine, and enables the development features", () => {
    expect(readConfig({})).toEqual(defaults);
  });

  it("is the same if every variable is set but empty", () => {
    expect(readConfig(Object.fromEntries(variables.map(({ name }) => [name, ""])))).toEqual(defaults);
  });

  it.each(["development", "test"])("is the same with NODE_ENV=%s", (value) => {
    expect(readConfig({ NODE_ENV: value })).toEqual(defaults);
  });

  it("is the same if AUTH_MODE is set to its default", () => {
    expect(readConfig({ AUTH_MODE: "none" })).toEqual(defaults);
  });
});

describe("the configuration with a Graph", () => {
  it("uses the global cloud if only AUTH_MODE is set", () => {
    expect(readConfig(passthrough)).toMatchObject({
      authMode: "passthrough",
      graphBaseUrl: new URL("https://graph.microsoft.com/"),
      corsOrigins: "development",
      introspection: true,
      explorer: true,
    });
  });

  it.each([
    ["global", "https://graph.microsoft.com/"],
    ["usgov", "https://graph.microsoft.us/"],
    ["usgov-dod", "https://dod-graph.microsoft.us/"],
    ["china", "https://microsoftgraph.chinacloudapi.cn/"],
  ])("uses the cloud %s at %s", (cloud, url) => {
    expect(readConfig({ ...passthrough, GRAPH_CLOUD: cloud }).graphBaseUrl?.href).toBe(url);
    expect(readConfig({ ...passthrough, GRAPH_BASE_URL: url }).graphBaseUrl?.href).toBe(url);
  });

  it("prefers GRAPH_BASE_URL to GRAPH_CLOUD", () => {
    const env = { ...passthrough, GRAPH_CLOUD: "china", GRAPH_BASE_URL: "https://graph.microsoft.us" };

    expect(readConfig(env).graphBaseUrl?.href).toBe("https://graph.microsoft.us/");
  });

  it("requests tokens for the cloud of GRAPH_BASE_URL, whatever GRAPH_CLOUD says", () => {
    const env = {
      AUTH_MODE: "app",
      AZURE_TENANT_ID: "7e4a4700-0000-4000-8000-000000000001",
      AZURE_CLIENT_ID: clientId,
      AZURE_CLIENT_SECRET: canary,
      GRAPH_BASE_URL: "https://microsoftgraph.chinacloudapi.cn",
    };

    expect(readConfig(env).identity).toMatchObject({
      graphScope: "https://microsoftgraph.chinacloudapi.cn/.default",
      authorityUrl: new URL("https://login.chinacloudapi.cn"),
    });
  });

  it.each([
    { GRAPH_CLOUD: "global" },
    { GRAPH_BASE_URL: "https://graph.microsoft.com" },
    { GRAPH_BASE_URL: "http://127.0.0.1:4010", ALLOW_LOOPBACK_UPSTREAM: "true" },
  ])("requires AUTH_MODE with %o", (env) => {
    expect(problemsOf(env)).toEqual(["AUTH_MODE: must be set to one of passthrough, obo, app, none"]);
  });

  it.each([
    { AUTH_MODE: "none", GRAPH_CLOUD: "global" },
    { AUTH_MODE: "none", GRAPH_BASE_URL: "https://graph.microsoft.com" },
  ])("is rejected without authentication, with %o", (env) => {
    expect(problemsOf(env)).toEqual(["AUTH_MODE: none works only with the emulator, outside production"]);
  });
});

/** Only the modes `obo` and `app` look at these. */
const identityVariables = variables
  .map(({ name }) => name)
  .filter((name) => name.startsWith("AZURE_") || (name.startsWith("AUTH_") && name !== "AUTH_MODE"));

describe("the gateway's identity", () => {
  const tenant = "7e4a4700-0000-4000-8000-000000000001";
  const obo: Environment = {
    AUTH_MODE: "obo",
    AZURE_TENANT_ID: tenant,
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: canary,
  };

  it("has the documented defaults", () => {
    expect(readConfig(obo).identity).toEqual({
      authorityUrl: new URL("https://login.microsoftonline.com"),
      tenantId: tenant,
      clientId,
      credential: { kind: "secret", secret: canary },
      graphScope: "https://graph.microsoft.com/.default",
      exchangeAudience: "api://AzureADTokenExchange",
      audience: undefined,
      allowedTenants: [tenant],
      write: { scope: "Pfx.ReadWrite", role: "Pfx.ReadWrite.All" },
      read: { scope: "Pfx.Read", role: "Pfx.Read.All" },
    });
  });

  it.each([
    ["usgov", "https://login.microsoftonline.us/", "https://graph.microsoft.us/.default"],
    ["usgov-dod", "https://login.microsoftonline.us/", "https://dod-graph.microsoft.us/.default"],
    ["china", "https://login.chinacloudapi.cn/", "https://microsoftgraph.chinacloudapi.cn/.default"],
  ])("belongs to the cloud %s", (cloud, authority, scope) => {
    const { identity } = readConfig({ ...obo, GRAPH_CLOUD: cloud });
    expect(identity?.authorityUrl.href).toBe(authority);
    expect(identity?.graphScope).toBe(scope);
  });

  it("uses every optional setting", () => {
    const other = "7e4a4700-0000-4000-8000-0000000000FF";
    const { identity } = readConfig({
      ...obo,
      AUTH_AUDIENCE: "api://pfx",
      AUTH_ALLOWED_TENANTS: `${tenant}, ${other}`,
      AUTH_REQUIRED_SCOPE: "W",
      AUTH_REQUIRED_ROLE: "W.All",
      AUTH_READ_SCOPE: "R",
      AUTH_READ_ROLE: "R.All",
    });
    expect(identity).toMatchObject({
      audience: "api://pfx",
      allowedTenants: [tenant, other.toLowerCase()],
      write: { scope: "W", role: "W.All" },
      read: { scope: "R", role: "R.All" },
    });
  });

  const without = { ...obo, AZURE_CLIENT_SECRET: "" };

  it("has its client id in lower case, as tokens have it", () => {
    const id = "9A7E0A70-0000-4000-8000-00000000000F";

    expect(readConfig({ ...obo, AZURE_CLIENT_ID: id }).identity?.clientId).toBe(id.toLowerCase());
  });

  it("may be a certificate and its key in one file", async () => {
    const { cert, private: key } = await generate([]);
    const path = fileWith("both.pem", `${key}\n${cert}`);

    expect(readConfig({ ...without, AZURE_CLIENT_CERTIFICATE_PATH: path }).identity?.credential).toEqual({
      kind: "certificate",
      thumbprintSha256: new X509Certificate(cert).fingerprint256.replaceAll(":", ""),
      privateKey: key.trim(),
    });
  });

  it("rejects an unusable certificate at the start without quoting it", async () => {
    const [{ cert, private: key }, other] = await Promise.all([generate([]), generate([])]);
    const pem = (found: string) => `must name a PEM file with a certificate and its unencrypted private key: ${found}`;
    const encrypted = createPrivateKey(key).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "x",
    });
    const wrong = [
      ["must name a file that can be read", `/${canary}`],
      ["must name a file that can be read", `${key}\n${cert}`], // the text where its path belongs
      ["must name a file that can be read", folder],
      ["must name a file that is not empty", fileWith("empty.pem", " \n")],
      [pem("it has neither in PEM form"), fileWith("text.pem", canary)],
      [pem("it has no private key"), fileWith("certificate.pem", cert)],
      [pem("it has no certificate"), fileWith("key.pem", key)],
      [pem("no certificate in it belongs to its private key"), fileWith("another.pem", `${cert}\n${other.private}`)],
      [pem("its private key is encrypted"), fileWith("encrypted.pem", `${cert}\n${encrypted}`)],
      [pem("it has no private key"), fileWith("broken.pem", `${cert}\n${key.replace(/[A-Z]{4}/, canary)}`)],
    ];

    for (const [rule, path = ""] of wrong) {
      expect(problemsOf({ ...without, AZURE_CLIENT_CERTIFICATE_PATH: path, PORT: canary })).toEqual([
        `AZURE_CLIENT_CERTIFICATE_PATH: ${rule}`,
        "PORT: must be a whole number from 0 to 65535",
      ]);
    }
  });

  it("may be a federated token, whose file must exist", () => {
    const token = fileWith("token", "federated");
    const path = "AZURE_FEDERATED_TOKEN_FILE";

    expect(readConfig({ ...without, [path]: token }).identity?.credential).toEqual({ kind: "federated", path: token });
    expect(problemsOf({ ...without, [path]: `/${canary}` })).toEqual([`${path}: must name a file that can be read`]);
    expect(problemsOf({ ...without, [path]: fileWith("none", "\n") })).toEqual([
      `${path}: must name a file that is not empty`,
    ]);
  });

  it("reads a secret from a file, and rejects a variable and a file together", () => {
    const file = fileWith("secret", `${canary}\n`);
    const env = { ...obo, AZURE_CLIENT_SECRET: "", AZURE_CLIENT_SECRET_FILE: file };

    expect(readConfig(env).identity?.credential).toEqual({ kind: "secret", secret: canary });
    expect(problemsOf({ ...env, AZURE_CLIENT_SECRET: canary })[0]).toMatch(/^AZURE_CLIENT_SECRET: must not be set/);
    expect(problemsOf({ ...env, AZURE_CLIENT_SECRET_FILE: `/${canary}` })[0]).toBe(
      "AZURE_CLIENT_SECRET_FILE: must name a file that can be read",
    );
  });

  it("may be a managed identity in app mode, which still verifies callers", () => {
    const managed = { AUTH_MODE: "app", AZURE_TENANT_ID: tenant, AZURE_USE_MANAGED_IDENTITY: "true" };

    expect(readConfig({ ...managed, AUTH_AUDIENCE: "api://pfx" }).identity).toMatchObject({
      credential: { kind: "managedIdentity" },
      clientId: undefined,
    });
    expect(problemsOf(managed)).toEqual([expect.stringMatching(/^AUTH_AUDIENCE: must be set/)]);
    expect(problemsOf({ ...managed, AUTH_MODE: "obo", AZURE_CLIENT_ID: clientId })).toEqual([
      expect.stringMatching(/^AZURE_USE_MANAGED_IDENTITY: works only in app mode/),
    ]);
  });

  it.each([
    ["global", "api://AzureADTokenExchange"],
    ["usgov", "api://AzureADTokenExchangeUSGov"],
    ["usgov-dod", "api://AzureADTokenExchangeUSGov"],
    ["china", "api://AzureADTokenExchangeChina"],
  ])("may be a managed identity that the application trusts, in %s", (cloud, exchangeAudience) => {
    const trusted = { ...obo, AZURE_CLIENT_SECRET: "", GRAPH_CLOUD: cloud, AZURE_FEDERATED_IDENTITY_CLIENT_ID: tenant };

    expect(readConfig(trusted).identity).toMatchObject({
      credential: { kind: "trustedIdentity", clientId: tenant },
      clientId,
      exchangeAudience,
    });
    expect(problemsOf({ ...trusted, AZURE_USE_MANAGED_IDENTITY: "true" })[0]).toMatch(/exactly one of/);
  });

  it.each([
    ["AZURE_CLIENT_ID", { AZURE_CLIENT_ID: "" }, /^AZURE_CLIENT_ID: must be set: the application's id, a GUID$/],
    ["AZURE_CLIENT_ID", { AZURE_CLIENT_ID: canary }, /must be a GUID: .* Application \(client\) ID$/],
    ["AZURE_TENANT_ID", { AZURE_TENANT_ID: "contoso.onmicrosoft.com" }, /must be a GUID: .* Tenant ID; a domain name/],
    ["AZURE_TENANT_ID", { AZURE_TENANT_ID: `${tenant},${tenant}` }, /must be a GUID/],
    ["AZURE_TENANT_ID", { AZURE_TENANT_ID: "" }, /must be set: the tenant's id/],
  ])("names one problem, and where to find the value: %s %o", (_, env, message) => {
    expect(problemsOf({ ...obo, ...env })).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ["AZURE_TENANT_ID", { AZURE_TENANT_ID: "" }],
    ["AZURE_TENANT_ID", { AZURE_TENANT_ID: "common" }],
    ["AZURE_CLIENT_ID", { AZURE_CLIENT_ID: "" }],
    ["AZURE_CLIENT_SECRET", { AZURE_CLIENT_SECRET: "" }],
    ["AZURE_CLIENT_SECRET", { AZURE_FEDERATED_TOKEN_FILE: "/token" }],
    ["AUTH_ALLOWED_TENANTS", { AUTH_ALLOWED_TENANTS: "*" }],
    ["AUTH_ALLOWED_TENANTS", { AUTH_ALLOWED_TENANTS: canary }],
    ["AZURE_USE_MANAGED_IDENTITY", { AZURE_USE_MANAGED_IDENTITY: canary }],
    ["AZURE_FEDERATED_IDENTITY_CLIENT_ID", { AZURE_FEDERATED_IDENTITY_CLIENT_ID: canary }],
    ["AUTH_AUDIENCE", { AUTH_AUDIENCE: `api://${canary},api://other` }],
    ["AUTH_REQUIRED_SCOPE", { AUTH_REQUIRED_SCOPE: `${canary} other` }],
    ["AUTH_REQUIRED_ROLE", { AUTH_REQUIRED_ROLE: " " }],
    ["AUTH_READ_SCOPE", { AUTH_READ_SCOPE: `${canary} ` }],
    ["AUTH_READ_ROLE", { AUTH_READ_ROLE: "a,b" }],
  ])("is rejected in mode %s with %o", (name, env) => {
    const problems = problemsOf({ ...obo, ...env });

    expect(problems.map((problem) => problem.split(":")[0])).toContain(name);
    expect(problems.join()).not.toContain(canary);
  });
});

describe("every variable", () => {
  const given: readonly (readonly [name: string, value: string, field: string, expected: unknown])[] = [
    ["HOST", "0.0.0.0", "host", "0.0.0.0"],
    ["HOST", "::", "host", "::"],
    ["HOST", "fe80::1%eth0", "host", "fe80::1%eth0"],
    ["HOST", "localhost", "host", "localhost"],
    ["HOST", "pfx_1.gateway-a.example", "host", "pfx_1.gateway-a.example"],
    ["PORT", "0", "port", 0],
    ["PORT", "65535", "port", 65_535],
    ["METRICS_PORT", "0", "metricsPort", 0],
    ["METRICS_PORT", "9464", "metricsPort", 9464],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example/otlp", "tracing", true],
    ["OTEL_TRACES_EXPORTER", "otlp", "tracing", true],
    ["OTEL_TRACES_EXPORTER", "none", "tracing", false],
    ["GRAPH_API_VERSION", "beta", "graphApiVersion", "beta"],
    ["GRAPH_API_VERSION", "v1.0", "graphApiVersion", "v1.0"],
    ["GRAPH_API_VERSION", "auto", "graphApiVersion", "auto"],
    ["REQUEST_DEADLINE_MS", "100", "requestDeadlineMs", 100],
    ["REQUEST_DEADLINE_MS", "600000", "requestDeadlineMs", 600_000],
    ["KEEP_ALIVE_TIMEOUT_MS", "1000", "keepAliveTimeoutMs", 1000],
    ["KEEP_ALIVE_TIMEOUT_MS", "3600000", "keepAliveTimeoutMs", 3_600_000],
    ["GRAPH_MAX_CONNECTIONS", "1", "graphMaxConnections", 1],
    ["GRAPH_MAX_CONNECTIONS", "1024", "graphMaxConnections", 1024],
    ["GRAPH_WRITES_PER_20S", "1", "graphWritesPer20s", 1],
    ["GRAPH_WRITES_PER_20S", "100000", "graphWritesPer20s", 100_000],
    ["MAX_BATCH_ITEMS", "1", "maxBatchItems", 1],
    ["MAX_BATCH_ITEMS", "10000", "maxBatchItems", 10_000],
    ["MAX_BODY_BYTES", "1024", "maxBodyBytes", 1024],
    ["MAX_BODY_BYTES", "268435456", "maxBodyBytes", 268_435_456],
    ["MAX_INFLIGHT", "1", "maxInflight", 1],
    ["MAX_INFLIGHT", "100000", "maxInflight", 100_000],
    ["RATE_LIMIT_PER_MINUTE", "0", "rateLimitPerMinute", 0],
    ["REDIS_URL", "redis://redis:6379", "redisUrl", "redis://redis:6379"],
    ["REDIS_URL", "rediss://:secret@redis.example:6380/1", "redisUrl", "rediss://:secret@redis.example:6380/1"],
    ["REDIS_URL", "redis+cluster://:secret@redis:6379/0", "redisUrl", "redis+cluster://:secret@redis:6379/0"],
    ["REDIS_URL", "rediss+cluster://redis.example", "redisUrl", "rediss+cluster://redis.example"],
    ["RATE_LIMIT_PER_MINUTE", "10000000", "rateLimitPerMinute", 10_000_000],
    ["CORS_ORIGINS", "https://portal.example", "corsOrigins", ["https://portal.example"]],
    [
      "CORS_ORIGINS",
      "https://a.example:8443, http://b.example",
      "corsOrigins",
      ["https://a.example:8443", "http://b.example"],
    ],
    ["INTROSPECTION", "false", "introspection", false],
    ["EXPLORER", "false", "explorer", false],
    ["PERSISTED_OPERATIONS_FILE", "/etc/manifest.json", "persistedOperationsFile", "/etc/manifest.json"],
    ["ROUTER_SECRET", "router's own", "routerSecret", "router's own"],
    ["LOG_USER_NAMES", "true", "logUserNames", true],
    ...["trace", "debug", "info", "warn", "error", "fatal", "silent"].map(
      (level) => ["LOG_LEVEL", level, "logLevel", level] as const,
    ),
  ];

  it.each(given)("is accepted: %s=%s", (name, value, field, expected) => {
    expect(readConfig({ ...passthrough, [name]: value })).toHaveProperty(field, expected);
  });

  const refused: readonly (readonly [name: string, rule: RegExp, values: readonly string[]])[] = [
    [
      "HOST",
      /IP address or a host name/,
      [
        "[::1]",
        `http://${canary}`,
        "127.0.0.1:4000",
        "256.0.0.1",
        "127.0.0",
        ":::",
        "-a",
        "a..b",
        "a b",
        "a".repeat(64),
      ],
    ],
    [
      "PORT",
      /whole number from 0 to 65535/,
      [canary, "65536", "-1", "80.5", "1e3", "0x50", " 80", "http", "99999999999"],
    ],
    ["METRICS_PORT", /must differ from PORT/, ["4000"]],
    ["METRICS_PORT", /whole number from 0 to 65535/, [canary, "65536", "-1", "9464/metrics"]],
    [
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      /absolute URL, http or https/,
      [canary, "collector:4318", "localhost:4317", "unix:///run/otel"],
    ],
    ["OTEL_TRACES_EXPORTER", /one of otlp, none/, [canary, "console", "zipkin"]],
    ["GRAPH_CLOUD", /one of global, usgov, usgov-dod, china/, [canary, "GLOBAL", "germany", "toString", "__proto__"]],
    ["GRAPH_API_VERSION", /one of auto, v1.0, beta/, [canary, "v1", "1.0", "BETA", "v2.0"]],
    ["GRAPH_BASE_URL", /must be/, [canary, `https://${canary}.example`]],
    ["ALLOW_LOOPBACK_UPSTREAM", /one of true, false/, [canary, "1", "yes", "TRUE"]],
    ["AUTH_MODE", /one of passthrough, obo, app, none/, [canary, "Passthrough", "NONE", "msi"]],
    ["AUTHORITY_URL", /must be/, [canary, `https://${canary}.example`, "http://login.microsoftonline.com"]],
    ["LOG_USER_NAMES", /one of true, false/, [canary, "yes"]],
    ["KEEP_ALIVE_TIMEOUT_MS", /whole number from 1000 to 3600000/, [canary, "999", "3600001", "65s", "0"]],
    ["REQUEST_DEADLINE_MS", /whole number from 100 to 600000/, [canary, "99", "600001", "25s", "Infinity", "NaN"]],
    ["GRAPH_MAX_CONNECTIONS", /whole number from 1 to 1024/, [canary, "0", "1025", "-5"]],
    ["GRAPH_WRITES_PER_20S", /whole number from 1 to 100000/, [canary, "0", "100001", "100/20s"]],
    ["MAX_BATCH_ITEMS", /whole number from 1 to 10000/, [canary, "0", "10001"]],
    ["MAX_BODY_BYTES", /whole number from 1024 to 268435456/, [canary, "1023", "268435457", "2MB", "2_097_152"]],
    ["MAX_INFLIGHT", /whole number from 1 to 100000/, [canary, "0", "100001"]],
    ["RATE_LIMIT_PER_MINUTE", /whole number from 0 to 10000000/, [canary, "-1", "10000001"]],
    [
      "REDIS_URL",
      /must be a URL of the form redis:/,
      [canary, "localhost:6379", "http://redis:6379", `redis:${canary}`, "redis+sentinel://redis", "redis+cluster://"],
    ],
    [
      "HTTPS_PROXY",
      /HTTP proxy such as/,
      [`socks5://${canary}`, `http://`, `http://${canary} x`, `http://u:%zz@${canary}`],
    ],
    ["HTTP_PROXY", /HTTP proxy such as/, [`ftp://${canary}`]],
    ["REDIS_URL", /no database/, ["redis+cluster://redis:6379/1", `rediss+cluster://redis/${canary}`]],
    [
      "REDIS_URL",
      /percent sign .* as %25/,
      [`redis://:${canary}%@redis`, "redis://50%off@redis:6379", "redis://redis/%zz"],
    ],
    ["INTROSPECTION", /one of true, false/, [canary, "0", "on"]],
    ["EXPLORER", /one of true, false/, [canary, "0", "on"]],
    ["ROUTER_SECRET", /printable ASCII/, [`${canary}-ü`, ` ${canary}`, `${canary}\n`]],
    ["NODE_ENV", /must be exactly production/, ["PRODUCTION", "Production", "production "]],
    ["LOG_LEVEL", /one of info, trace, debug, warn, error, fatal, silent/, [canary, "verbose", "INFO", "30"]],
    [
      "CORS_ORIGINS",
      /exact origins/,
      [
        canary,
        "*",
        "https://*.example",
        "null",
        "portal.example",
        "//portal.example",
        "https://portal.example/",
        "https://portal.example/path",
        "https://portal.example:443",
        "https://Portal.example",
        "https://user@portal.example",
        "https://portal.example,",
        "https://portal.example,*",
        "https://portal.example https://other.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
      ],
    ],
  ];

  for (const [name, rule, values] of refused) {
    it.each(values)(`of a wrong value is named, with its rule and without the value: ${name}=%s`, (value) => {
      const problems = problemsOf({ ...passthrough, [name]: value });

      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name}: .*${rule.source}`));
      expect(problems[0]).not.toContain(canary);
    });
  }

  it("in the table has an effect", () => {
    const tested = new Set([...given, ...refused].map(([name]) => name));

    for (const name of [...identityVariables, "NO_PROXY"]) tested.add(name); // see "the gateway's identity" and test/network
    expect(variables.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
  });

  it("with a problem is named in one error", () => {
    const env = Object.fromEntries(variables.map(({ name }) => [name, canary]));

    const problems = problemsOf({ ...env, HOST: "", NODE_ENV: "production", NODE_TLS_REJECT_UNAUTHORIZED: "0" });

    const names = ["HOST", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]; // any word is a host
    const unchecked = [...names, "NODE_ENV", "PERSISTED_OPERATIONS_FILE", "ROUTER_SECRET", ...identityVariables];
    const named = variables.map(({ name }) => name).filter((name) => !unchecked.includes(name));
    expect(new Set(problems.map((problem) => problem.split(":")[0]))).toEqual(
      new Set([...named, "NODE_TLS_REJECT_UNAUTHORIZED"]),
    );
    expect(problems).toHaveLength(named.length + 1);
    expect(problems.join()).not.toContain(canary);
    expect(() => readConfig(env)).toThrow(problems[0]);
  });
});

describe("traces", () => {
  const endpoint = "http://127.0.0.1:4318";

  it.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "none" }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }, true],
  ])("follow OpenTelemetry's variables: %o", (env, expected) => {
    expect(readConfig({ ...passthrough, ...env }).tracing).toBe(expected);
  });

  it("reject unsupported protocols and exporters", () => {
    expect(problemsOf({ ...passthrough, OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toEqual([
      "OTEL_EXPORTER_OTLP_PROTOCOL: must be one of http/protobuf",
    ]);
  });
});

describe("production", () => {
  it("refuses to start with nothing configured", () => {
    expect(problemsOf({ NODE_ENV: "production" })).toEqual(["AUTH_MODE: must be set to one of passthrough, obo, app"]);
  });

  it("turns off introspection, explorer and CORS by default", () => {
    const closed = { introspection: false, explorer: false, corsOrigins: [], authMode: "passthrough" };
    const asked = { INTROSPECTION: "true", EXPLORER: "true", CORS_ORIGINS: "https://portal.example" };
    const open = { introspection: true, explorer: true, corsOrigins: ["https://portal.example"] };

    expect(readConfig(production)).toMatchObject(closed);
    expect(readConfig({ ...production, ...asked })).toMatchObject(open);
  });

  it.each([
    {},
    { GRAPH_CLOUD: "global" },
    { GRAPH_BASE_URL: "http://127.0.0.1:4010", ALLOW_LOOPBACK_UPSTREAM: "true" },
  ])("rejects AUTH_MODE=none, with %o", (env) => {
    expect(problemsOf({ ...env, NODE_ENV: "production", AUTH_MODE: "none" })).toEqual([
      "AUTH_MODE: none works only with the emulator, outside production",
    ]);
  });

  it.each([{}, { GRAPH_CLOUD: "usgov" }, { GRAPH_BASE_URL: "https://graph.microsoft.com" }])(
    "never uses the emulator, with %o",
    (env) => {
      expect(readConfig({ ...production, ...env }).graphBaseUrl).toBeInstanceOf(URL);
    },
  );
});

describe("GRAPH_BASE_URL", () => {
  const foreign = [
    "http://graph.microsoft.com",
    "https://graph.microsoft.com:8443",
    "https://graph.microsoft.com.",
    "https://graph.microsoft.com/some/path",
    "https://graph.microsoft.com/v1.0/me",
    "https://graph.microsoft.com.evil.example",
    "https://graph.microsoft.com%2eevil.example",
    "https://graph-microsoft.com",
    "https://evilgraph.microsoft.com",
    "https://evil.example/graph.microsoft.com",
    "https://evil.example\\graph.microsoft.com",
    "https://grаph.microsoft.com", // the third letter is Cyrillic
    "ftp://graph.microsoft.com",
    "https://login.microsoftonline.com",
    "https://169.254.169.254",
    "http://127.0.0.1:4010",
    "http://localhost:4010",
    "https://[::1]",
  ];

  it.each(foreign)("is rejected if it is not one of Microsoft's: %s", (url) => {
    const problems = problemsOf({ ...passthrough, GRAPH_BASE_URL: url });

    expect(problems).toEqual([
      expect.stringMatching(/^GRAPH_BASE_URL: must be one of https:\/\/graph\.microsoft\.com, /),
    ]);
  });

  const malformed = [
    "graph.microsoft.com",
    "//graph.microsoft.com",
    "https://",
    "https://graph.microsoft.com@evil.example",
    `https://user:${canary}@graph.microsoft.com`,
    `https://${canary}@graph.microsoft.com`,
    `https://:${canary}@graph.microsoft.com`,
    `https://graph.microsoft.com?key=${canary}`,
    `https://graph.microsoft.com/#${canary}`,
    "https://graph.microsoft.com/v1.0",
    "https://graph.microsoft.com/beta/",
  ];

  it.each(malformed)("is rejected if it is not just an address: %s", (url) => {
    const rule = "must be an absolute URL without version, credentials, query or fragment";

    expect(problemsOf({ ...passthrough, GRAPH_BASE_URL: url })).toEqual([`GRAPH_BASE_URL: ${rule}`]);
  });

  const own = [
    ["http://127.0.0.1:4010", "http://127.0.0.1:4010/"],
    ["https://127.0.0.1", "https://127.0.0.1/"],
    ["http://127.255.255.254", "http://127.255.255.254/"],
    ["http://127.1:4010", "http://127.0.0.1:4010/"],
    ["http://2130706433", "http://127.0.0.1/"],
    ["http://localhost:4010", "http://localhost:4010/"],
    ["http://LOCALHOST", "http://localhost/"],
    ["http://[::1]:4010", "http://[::1]:4010/"],
    ["http://[0:0:0:0:0:0:0:1]", "http://[::1]/"],
    ["http://localhost:4010/graph", "http://localhost:4010/graph"],
  ] as const;

  it.each(own)("may be this machine with ALLOW_LOOPBACK_UPSTREAM: %s", (url, href) => {
    expect(readConfig({ ...loopback, GRAPH_BASE_URL: url }).graphBaseUrl?.href).toBe(href);
    expect(readConfig({ ...loopback, ...production, GRAPH_BASE_URL: url }).graphBaseUrl?.href).toBe(href);
    expect(problemsOf({ ...passthrough, GRAPH_BASE_URL: url })).toHaveLength(1);
  });

  const elsewhere = [
    "http://0.0.0.0:4010",
    "http://0",
    "http://[::]",
    "http://[::2]",
    "http://[::ffff:10.0.0.1]",
    "http://10.0.0.1",
    "http://192.168.0.1",
    "http://169.254.169.254",
    "http://128.0.0.1",
    "http://127.0.0.1.evil.example",
    "http://127.evil.example",
    "http://localhost.evil.example",
    "http://evil.example",
    "https://graph.microsoft.com",
    "ftp://127.0.0.1",
  ];

  it.each(elsewhere)("must not be another machine with ALLOW_LOOPBACK_UPSTREAM: %s", (url) => {
    const rule = "must be a loopback address together with ALLOW_LOOPBACK_UPSTREAM=true";

    expect(problemsOf({ ...loopback, ...passthrough, GRAPH_BASE_URL: url })).toEqual([`GRAPH_BASE_URL: ${rule}`]);
  });

  it("must not contain credentials, even for this machine", () => {
    const env = { ...loopback, ...passthrough, GRAPH_BASE_URL: `http://user:${canary}@127.0.0.1` };

    expect(problemsOf(env)).toEqual([expect.stringMatching(/^GRAPH_BASE_URL: .*without .*credentials/)]);
  });

  it("is required by ALLOW_LOOPBACK_UPSTREAM", () => {
    expect(problemsOf({ ...passthrough, ALLOW_LOOPBACK_UPSTREAM: "true" })).toEqual([
      "ALLOW_LOOPBACK_UPSTREAM: needs GRAPH_BASE_URL or AUTHORITY_URL with a loopback address",
    ]);
  });
});

describe("NODE_TLS_REJECT_UNAUTHORIZED", () => {
  it.each([{}, passthrough, production])("must not be 0, with %o", (env) => {
    expect(problemsOf({ ...env, NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toEqual([
      "NODE_TLS_REJECT_UNAUTHORIZED: must not be 0: the gateway must verify Graph's TLS certificate",
    ]);
    expect(problemsOf({ ...env, NODE_TLS_REJECT_UNAUTHORIZED: "1" })).toEqual([]);
  });
});

describe(".env.example", () => {
  const text = readFileSync(".env.example", "utf8");

  it("lists exactly the variables of the table, each with its meaning and default", () => {
    const listed = [...text.matchAll(/^# (.*)\n#(\w+)=/gm)].map(([, comment = "", name]) => [
      name,
      comment.toLowerCase(),
    ]);

    expect(listed).toEqual(
      variables.map(({ name, meaning, default: value }) => [name, `${meaning}. Default: ${value}.`.toLowerCase()]),
    );
  });

  it("sets no variable as it is", () => {
    expect(parseEnv(text)).toEqual({});
  });

  it("sets the defaults when uncommented", () => {
    const env = parseEnv(text.replace(/^#(?=\w+=)/gm, ""));

    expect(new Set(Object.keys(env))).toEqual(new Set(variables.map(({ name }) => name)));
    for (const { name, default: value } of variables) expect(["", value]).toContain(env[name]);
    expect(readConfig({ ...env, ...passthrough })).toEqual(readConfig(passthrough));
  });
});

/** Finds the rule of a variable's parser: it names the range or the choices. */
function ruleOf({ parser }: (typeof variables)[number]): string {
  const rules: string[] = [];
  parser.parse("?", (rule) => rules.push(rule));
  return rules.join();
}

/** Returns a rule as JSON Schema. */
function schemaOf(rule: string) {
  const [, minimum, maximum] = /^must be a whole number from (\d+) to (\d+)$/.exec(rule) ?? [];
  if (maximum !== undefined) return { type: "integer", minimum: Number(minimum), maximum: Number(maximum) };
  const choices = /^must be one of (.*)$/.exec(rule)?.[1]?.split(", ");
  if (choices === undefined) return { type: "string" };
  return choices.join() === "true,false" ? { type: "boolean" } : { enum: choices.sort() };
}

describe("the meaning of a variable", () => {
  it.each(variables)("has the range and the choices of its parser: $name", (variable) => {
    const { maximum, minimum, enum: choices = [] } = schemaOf(ruleOf(variable));
    const [, from, to] = /(?:(\d+)|up) to (\d+)/.exec(variable.meaning) ?? [];
    const words = variable.meaning.split(/[^\w.-]+/);

    if (to !== undefined) expect([Number(from ?? minimum), Number(to)]).toEqual([minimum, maximum]);
    expect(words).toEqual(expect.arrayContaining(choices));
  });
});

describe("the Helm chart's values.schema.json", () => {
  const { properties } = JSON.parse(readFileSync("deploy/helm/intune-pfx-gateway/values.schema.json", "utf8"));
  const { config, files } = properties;
  const names = variables.map(({ name }) => name);

  it("has each variable once: as a value, as a file, or as the chart's and the image's own", () => {
    const own = ["HOST", "PORT", "NODE_ENV", "METRICS_PORT", "AZURE_FEDERATED_TOKEN_FILE"];
    const patterns = Object.keys(config.patternProperties).map((pattern) => new RegExp(pattern));
    const placesOf = (name: string) => [
      name in config.properties || patterns.some((pattern) => pattern.test(name)),
      name in files.properties || `${name}_FILE` in files.properties,
      own.includes(name),
    ];

    for (const name of names) expect([name, placesOf(name).filter(Boolean).length]).toEqual([name, 1]);
    expect(names).toEqual(expect.arrayContaining(Object.keys(config.properties)));
  });

  const values = variables.filter(({ name }) => name in config.properties);

  it.each(values)("has the range, the choices or the type of the variable's parser: $name", (variable) => {
    const { description, ...schema } = config.properties[variable.name];
    if (variable.name === "AUTH_MODE") schema.enum.push("none"); // the emulator's, which no installation uses

    expect({ ...schema, ...(schema.enum && { enum: schema.enum.sort() }) }).toEqual(schemaOf(ruleOf(variable)));
  });
});
