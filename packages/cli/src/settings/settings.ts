/** The settings of one run: each from its flag, else its variable, else the configuration file, else its default. */
import path from "node:path";
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { readConfigFiles } from "./config-file.ts";

/** How far a run gets without them differs: each command asks for what it needs with `requireSettings`. */
export interface Settings {
  readonly gateway: URL | undefined;
  /** The file with the connector's public key. */
  readonly key: string | undefined;
  readonly keyName: string | undefined;
  readonly provider: string;
  readonly padding: "OAEP_SHA256" | "OAEP_SHA384" | "OAEP_SHA512";
  readonly protection: "compatible" | "modern";
  readonly auth: string | undefined;
  readonly tenant: string | undefined;
  readonly clientId: string | undefined;
  readonly scope: string | undefined;
  readonly cloud: string | undefined;
  readonly tokenFile: string | undefined;
}

const paddings = { sha512: "OAEP_SHA512", sha384: "OAEP_SHA384", sha256: "OAEP_SHA256" } as const;

/** @throws {CliError} exit code 64 */
export function readSettings(values: OptionValues, io: Io): Settings {
  const file = readConfigFiles(values.config, io);
  const { env } = io;
  const key = values.key ?? nonEmpty(env.INTUNE_PFX_KEY);
  const gateway = values.gateway ?? nonEmpty(env.INTUNE_PFX_GATEWAY) ?? file.gateway;
  return {
    gateway: gateway === undefined ? undefined : checkGateway(gateway),
    key: key === undefined ? file.key : path.resolve(io.folder, key),
    keyName: values["key-name"] ?? nonEmpty(env.INTUNE_PFX_KEY_NAME) ?? file.keyName,
    provider:
      values.provider ??
      nonEmpty(env.INTUNE_PFX_PROVIDER) ??
      file.provider ??
      "Microsoft Software Key Storage Provider",
    padding: paddings[choice("--padding", values.padding ?? file.padding ?? "sha512", ["sha512", "sha384", "sha256"])],
    protection: choice("--protection", values.protection ?? file.protection ?? "compatible", ["compatible", "modern"]),
    auth: values.auth ?? file.auth,
    tenant: values.tenant ?? nonEmpty(env.AZURE_TENANT_ID) ?? file.tenant,
    clientId: values["client-id"] ?? nonEmpty(env.AZURE_CLIENT_ID) ?? file.clientId,
    scope: values.scope ?? file.scope,
    cloud: values.cloud ?? file.cloud,
    tokenFile: values["token-file"],
  };
}

const missing = {
  gateway: ["--gateway", "URL", "the gateway's address"],
  key: ["--key", "FILE", "the connector's public key"],
  keyName: ["--key-name", "NAME", "that key's name on the connector's machine"],
} as const satisfies Partial<Record<keyof Settings, readonly [string, string, string]>>;

/**
 * The settings named, all of them there.
 *
 * @throws {CliError} exit code 64, with everything that is missing at once
 */
export function requireSettings<Name extends keyof typeof missing>(
  settings: Settings,
  names: readonly Name[],
): Settings & { readonly [Each in Name]: NonNullable<Settings[Each]> } {
  const absent = names.filter((name) => settings[name] === undefined).map((name) => missing[name]);
  if (hasAll(settings, names)) return settings;
  const count = absent.length === 1 ? "1 setting is missing" : `${absent.length} settings are missing`;
  const width = Math.max(...absent.map(([option, value]) => option.length + value.length)) + 3;
  const lines = absent.map(([option, value, meaning]) => `  ${`${option} ${value}`.padEnd(width)}${meaning}`);
  throw usageError(
    "MISSING",
    `Nothing was sent: ${count}.\n\n${lines.join("\n")}\n\n'intune-pfx setup' asks for them, tests them and saves them.`,
    { option: absent[0]?.[0] ?? "" },
  );
}

function hasAll<Name extends keyof Settings>(
  settings: Settings,
  names: readonly Name[],
): settings is Settings & { readonly [Each in Name]: NonNullable<Settings[Each]> } {
  return names.every((name) => settings[name] !== undefined);
}

/** @throws {CliError} exit code 64 */
export function checkGateway(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const option = { option: "--gateway" };
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usageError("OPTION_INVALID", "--gateway must be an address such as https://pfx.contoso.com/graphql.", option);
  }
  if (url.username !== "" || url.password !== "") {
    throw usageError("OPTION_INVALID", "--gateway must not have a user or a password in it.", option);
  }
  if (url.protocol === "http:" && !isLoopback(url)) {
    throw usageError(
      "OPTION_INVALID",
      `--gateway must begin with https: files and tokens would go to ${url.host} unencrypted. http is for this machine only.`,
      option,
    );
  }
  if (url.pathname === "/") url.pathname = "/graphql";
  return url;
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function choice<Choice extends string>(option: string, value: string, choices: readonly Choice[]): Choice {
  const found = choices.find((each) => each === value);
  if (found === undefined)
    throw usageError("OPTION_INVALID", `${option} must be one of ${choices.join(", ")}`, { option });
  return found;
}

/** An empty variable is one that is not set. */
function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
