/** Every option and command there is: what is parsed, and what help and "Did you mean" know. */

interface OptionSpec {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** What help and errors write behind the option. */
  readonly value?: string;
  /** The only values taken. */
  readonly choices?: readonly string[];
}

export const options = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
  "no-input": { type: "boolean" },
  json: { type: "boolean" },
  config: { type: "string", value: "FILE" },

  gateway: { type: "string", value: "URL" },
  auth: { type: "string", value: "MODE", choices: ["browser", "device-code", "az", "app", "token", "none"] },
  tenant: { type: "string", value: "ID" },
  "client-id": { type: "string", value: "ID" },
  scope: { type: "string", value: "SCOPE" },
  cloud: { type: "string", value: "CLOUD", choices: ["global", "usgov", "usgov-dod", "china"] },
  "token-file": { type: "string", value: "FILE" },

  key: { type: "string", value: "FILE" },
  "key-name": { type: "string", value: "NAME" },
  provider: { type: "string", value: "NAME" },
  padding: { type: "string", value: "HASH", choices: ["sha512", "sha384", "sha256"] },
  protection: { type: "string", value: "KIND", choices: ["compatible", "modern"] },

  user: { type: "string", value: "UPN" },
  purpose: { type: "string", value: "PURPOSE" },
  thumbprint: { type: "string", value: "HEX" },
  all: { type: "boolean" },
  recursive: { type: "boolean" },
  "allow-expired": { type: "boolean" },
  "allow-empty": { type: "boolean" },
  "password-file": { type: "string", value: "FILE" },
  "password-stdin": { type: "boolean" },
  "password-beside": { type: "string", value: ".EXT" },

  "dry-run": { type: "boolean", short: "n" },
  replace: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  report: { type: "string", value: "FILE" },

  expiring: { type: "string", value: "DAYS" },
  expired: { type: "boolean" },
  "no-newer": { type: "boolean" },
  users: { type: "string", value: "FILE" },
  missing: { type: "boolean" },
  csv: { type: "string", value: "FILE" },

  "even-encryption": { type: "boolean" },
  out: { type: "string", value: "FILE" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof options;

const common = ["help", "version", "no-input", "json", "config"] as const;
const gateway = ["gateway", "auth", "tenant", "client-id", "scope", "cloud", "token-file"] as const;
const connector = ["key", "key-name", "provider", "padding", "protection"] as const;
const files = [
  "user",
  "purpose",
  "thumbprint",
  "all",
  "recursive",
  "allow-expired",
  "allow-empty",
  "password-file",
  "password-stdin",
  "password-beside",
] as const;

/** The options of each command, those that every command has included. */
export const commands = {
  import: [...common, ...gateway, ...connector, ...files, "dry-run", "replace", "yes", "report"],
  inspect: [...common, ...files],
  list: [...common, ...gateway, "user", "purpose", "expiring", "expired", "no-newer", "users", "missing", "csv"],
  delete: [...common, ...gateway, "yes", "even-encryption"],
  setup: [...common, ...gateway, "key", "key-name", "provider"],
  doctor: [...common, ...gateway, "key", "key-name", "provider"],
  encrypt: [...common, ...connector, ...files, "out"],
} as const satisfies Record<string, readonly OptionName[]>;

export type CommandName = keyof typeof commands;
export const commandNames: readonly string[] = Object.keys(commands);

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

export function optionsOf(command: CommandName): readonly OptionName[] {
  return commands[command];
}
