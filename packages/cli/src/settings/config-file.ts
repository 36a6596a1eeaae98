/**
 * `config.json`: what `intune-pfx setup` saves. It is read from the user's folder and from the machine's, never from the current
 * folder: a folder of .pfx files must not be able to name its own gateway and key.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { suggest } from "../arguments/suggest.ts";
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";

/** The names that a file may have, all with text as values. */
export const configNames = [
  "gateway",
  "key",
  "keyName",
  "provider",
  "padding",
  "protection",
  "auth",
  "tenant",
  "clientId",
  "scope",
  "cloud",
] as const;
export type ConfigName = (typeof configNames)[number];
export type ConfigFile = { readonly [Name in ConfigName]?: string };

/** Where the settings of this user are. */
export function userConfigFile({ platform, env, homeFolder }: Io): string {
  if (platform === "win32") {
    return path.win32.join(
      env.APPDATA ?? path.win32.join(homeFolder, "AppData", "Roaming"),
      "intune-pfx",
      "config.json",
    );
  }
  const folder = env.XDG_CONFIG_HOME;
  return path.posix.join(
    folder?.startsWith("/") ? folder : path.posix.join(homeFolder, ".config"),
    "intune-pfx",
    "config.json",
  );
}

function machineConfigFile({ platform, env }: Io): string {
  return platform === "win32"
    ? path.win32.join(env.PROGRAMDATA ?? "C:\\ProgramData", "intune-pfx", "config.json")
    : "/etc/intune-pfx/config.json";
}

/**
 * The settings of the file that `--config` names, else those of the user's file, completed by the machine's.
 *
 * @throws {CliError} exit code 64: a file that is named and not there, is no JSON, or has names that are not known
 */
export function readConfigFiles(named: string | undefined, io: Io): ConfigFile {
  if (named !== undefined) {
    const file = path.resolve(io.folder, named);
    const settings = readConfigFile(file);
    if (settings === undefined) {
      throw usageError("CONFIG_INVALID", `There is no file ${named}.`, { option: "--config" });
    }
    return settings;
  }
  return { ...readConfigFile(machineConfigFile(io)), ...readConfigFile(userConfigFile(io)) };
}

/** `undefined` where there is no such file. */
function readConfigFile(file: string): ConfigFile | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  const settings: Partial<Record<ConfigName, string>> = {};
  for (const [name, value] of Object.entries(parse(file, text))) {
    const known = configNames.find((each) => each === name);
    if (known === undefined) throw unknownName(file, name);
    if (typeof value !== "string" || value === "") {
      throw usageError("CONFIG_INVALID", `${file}: "${known}" must be a text that is not empty.`);
    }
    // A key lies beside the file that names it, wherever the command is run.
    settings[known] = known === "key" ? path.resolve(path.dirname(file), value) : value;
  }
  return settings;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw usageError("CONFIG_INVALID", `${file} can't be read (${String(code)}).`);
  }
}

function parse(file: string, text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // The parser's message quotes the file.
  }
  throw usageError("CONFIG_INVALID", `${file} is not JSON with an object in it.`);
}

function unknownName(file: string, name: string): Error {
  if (/password|passphrase|token|secret/i.test(name)) {
    return usageError(
      "CONFIG_INVALID",
      `${file}: "${name}" is a secret, and secrets have no place in this file. Delete it there.`,
    );
  }
  const closest = suggest(name, configNames);
  const hint = closest === undefined ? "" : ` Did you mean "${closest}"?`;
  return usageError("CONFIG_INVALID", `${file}: "${name}" is not known.${hint}`);
}
