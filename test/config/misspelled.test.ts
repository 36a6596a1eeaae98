import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/read-env.ts";
import { variables } from "../../src/config/variables.ts";

const canary = "canary-7f3a";
const passthrough = { AUTH_MODE: "passthrough" };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("a variable whose name is almost another one's", () => {
  const misspelled = [
    ["AUTH_MOD", "AUTH_MODE"],
    ["AUTH_MDOE", "AUTH_MODE"],
    ["AUTHMODE", "AUTH_MODE"],
    ["auth_mode", "AUTH_MODE"],
    ["Auth_Mod", "AUTH_MODE"],
    ["AUTH_MODE_FILE", "AUTH_MODE"],
    ["GRAPH_CLOUDS", "GRAPH_CLOUD"],
    ["graph_cloud", "GRAPH_CLOUD"],
    ["GRAPH-CLOUD", "GRAPH_CLOUD"],
    ["AZURE_CLIENTID", "AZURE_CLIENT_ID"],
    ["AZURE_CLIENT_IDS", "AZURE_CLIENT_ID"],
    ["AZURE_TENNANT_ID", "AZURE_TENANT_ID"],
    ["AZURE_CLIENT_SECRETFILE", "AZURE_CLIENT_SECRET_FILE"],
    ["ROUTER_SECRETS", "ROUTER_SECRET"],
    ["NODE_ENVS", "NODE_ENV"],
    ["node_env", "NODE_ENV"],
  ] as const;

  it.each(misspelled)("is named at the start: %s", (name, meant) => {
    for (const env of [passthrough, { ...passthrough, NODE_ENV: "production" }]) {
      expect(readConfig({ ...env, [name]: canary }).warnings).toEqual([
        `${name}: is no variable of the gateway; ${meant} is`,
      ]);
    }
  });

  it.each(misspelled)("is refused where the emulator would start: %s", (name, meant) => {
    for (const env of [{}, { AUTH_MODE: "none" }]) {
      expect(problemsOf({ ...env, [name]: canary })).toEqual([
        `${name}: is no variable of the gateway; ${meant} is; so the emulator would start instead of Microsoft Graph`,
      ]);
    }
  });

  it("is refused together with all other problems", () => {
    const problems = problemsOf({ AUTH_MOD: canary, azure_client_id: canary, PORT: canary });

    expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual(["AUTH_MOD", "PORT", "azure_client_id"]);
    expect(problems.join()).not.toContain(canary);
  });

  it("does not count if it is empty", () => {
    expect(readConfig({ AUTH_MOD: "" }).warnings).toEqual([]);
  });
});

describe("a variable of the system or of another program", () => {
  it.each([
    ...["HOSTNAME", "USERNAME", "HOMEDRIVE", "LANGUAGE", "SHELL_SESSION_ID", "COMPUTERNAME", "NUMBER_OF_PROCESSORS"],
    ...["NODE_PATH", "NODE_VERSION", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "npm_config_user_agent", "YARN_VERSION"],
    ...["KUBERNETES_PORT", "KUBERNETES_SERVICE_HOST", "GATEWAY_PORT_4000_TCP", "REDIS_PORT", "REDIS_SERVICE_PORT"],
    ...["AZURE_AUTHORITY_HOST", "AZURE_USERNAME", "IDENTITY_ENDPOINT", "WEBSITE_HOSTNAME", "AZURE_SUBSCRIPTION_ID"],
    ...["http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "SSL_CERT_FILE"],
    ...["OTEL_LOGS_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_SERVICE_NAME"],
    ...["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER"],
    ...["HOSTS", "PORTS", "host", "port", "LOG_FILE", "CORS_ORIGIN_HOST"],
  ])("is nobody's mistake: %s", (name) => {
    expect(readConfig({ [name]: "https://contoso.example", OTEL_SDK_DISABLED: "true" }).warnings).toEqual([]);
  });

  it("is none that the gateway reads", () => {
    const env = Object.fromEntries(
      variables.filter(({ parser }) => parser.isSecret).map(({ name }) => [`${name}_FILE`, "/nowhere"]),
    );

    expect(problemsOf(env).filter((problem) => problem.includes("no variable of the gateway"))).toEqual([]);
  });
});

describe("NODE_ENV", () => {
  const finding = "NODE_ENV: is none of production, development, test, and counts as development";

  it.each(["staging", "prod", "dev", " "])("of another value is named at the start: %j", (value) => {
    expect(readConfig({ ...passthrough, NODE_ENV: value }).warnings).toEqual([finding]);
  });

  it.each(["staging", "prod", "dev", " "])(
    "of another value is refused where the emulator would start: %j",
    (value) => {
      expect(problemsOf({ NODE_ENV: value })).toEqual([
        `${finding}; so the emulator would start instead of Microsoft Graph`,
      ]);
    },
  );

  it.each(["production", "development", "test", ""])("may be %j", (value) => {
    expect(readConfig({ ...passthrough, NODE_ENV: value }).warnings).toEqual([]);
  });

  it.each(["PRODUCTION", "production "])("is one problem, not two: %j", (value) => {
    expect(problemsOf({ NODE_ENV: value })).toHaveLength(1);
  });
});
