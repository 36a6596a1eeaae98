/** Tenant, client id and scope: whether they are there, and whether they can be what they should be. */
import { usageError } from "../cli-error.ts";
import { isLoopback } from "./loopback.ts";
import type { AuthMode, SignInSettings } from "./types.ts";

/** A setting that the mode needs and nobody gave. */
export interface MissingSetting {
  readonly option: string;
  /** How the help names its value. */
  readonly value: string;
  readonly meaning: string;
}

/** What signing in at Entra needs. */
export interface EntraSettings {
  readonly tenant: string;
  readonly clientId: string;
  readonly scope: string;
}

const tenantSetting: MissingSetting = { option: "--tenant", value: "ID", meaning: "the tenant's id or domain name" };
const clientIdSetting: MissingSetting = {
  option: "--client-id",
  value: "ID",
  meaning: "the id of the app registration to sign in with",
};
const scopeSetting: MissingSetting = {
  option: "--scope",
  value: "SCOPE",
  meaning: "the gateway's scope: api://.../.default",
};

/** All that the mode needs and the settings lack, so that a command can report it together with what else is missing. */
export function missingSettings(
  mode: AuthMode,
  { tenant, clientId, scope }: Pick<SignInSettings, "tenant" | "clientId" | "scope">,
): MissingSetting[] {
  if (mode === "none" || mode === "token") return [];
  const needed: [string | undefined, MissingSetting][] = [
    [mode === "az" ? "its own" : tenant, tenantSetting],
    [mode === "az" ? "its own" : clientId, clientIdSetting],
    [scope, scopeSetting],
  ];
  return needed.filter(([given]) => !given).map(([, setting]) => setting);
}

/** @throws CliError with exit code 64, with all that is missing. */
export function requireSettings(mode: AuthMode, settings: SignInSettings): EntraSettings {
  const missing = missingSettings(mode, settings);
  const [first] = missing;
  const { tenant = "", clientId = "", scope = "" } = settings;
  if (mode === "app" && scope !== "" && !scope.endsWith("/.default")) {
    throw invalid("--scope", 'must end in "/.default" where an application signs in');
  }
  if (first === undefined) return { tenant, clientId, scope };
  const width = Math.max(...missing.map(({ option, value }) => option.length + value.length + 1));
  const lines = missing.map(({ option, value, meaning }) => `  ${`${option} ${value}`.padEnd(width)}    ${meaning}\n`);
  const count = missing.length === 1 ? "1 setting is" : `${missing.length} settings are`;
  throw usageError(
    "MISSING",
    `Nothing was sent: ${count} missing.\n\n${lines.join("")}\n'intune-pfx setup' asks for them, tests them and saves them.`,
    { option: first.option },
  );
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const domainName = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** Scopes as RFC 6749, section 3.3, has them. None like an option, since Azure CLI gets them as arguments. */
const scopes = /^(?!-)[!#-[\]-~]+(?: (?!-)[!#-[\]-~]+)*$/;

/** @throws CliError with exit code 64 for the first setting that can't be right. */
export function checkSettings({ tenant, clientId, scope, authorityUrl }: SignInSettings): void {
  if (tenant && !guid.test(tenant) && !domainName.test(tenant)) {
    throw invalid("--tenant", "must be the tenant's id (a GUID) or a domain name such as contoso.com");
  }
  if (clientId && !guid.test(clientId)) throw invalid("--client-id", "must be the id of an app registration, a GUID");
  if (scope && !scopes.test(scope)) throw invalid("--scope", "must be a scope such as api://pfx-gateway/.default");
  if (authorityUrl !== undefined && !isLoopback(authorityUrl)) {
    throw usageError("OPTION_INVALID", "The authority's URL must be a loopback address; it is for tests.");
  }
}

function invalid(option: string, problem: string): Error {
  return usageError("OPTION_INVALID", `${option} ${problem}.`, { option });
}
