/** Writes the settings of this user. There are no secrets in them; still only their owner may change and read them. */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { usageError } from "../../cli-error.ts";
import { whyUnreadable } from "../../files/file-error.ts";
import { printable } from "../../files/printable.ts";
import type { Io } from "../../io.ts";
import { type ConfigFile, configNames, readConfigFiles, userConfigFile } from "../../settings/config-file.ts";

/** The file that `setup` writes: the one that `--config` names, else the user's own. */
export function configTarget(named: string | undefined, io: Io): string {
  return named === undefined ? userConfigFile(io) : path.resolve(io.folder, named);
}

/** What is in the file already, without the settings of the machine; empty where there is no file. */
export function readSaved(file: string, io: Io): ConfigFile {
  return existsSync(file) ? readConfigFiles(file, io) : {};
}

/** @throws {CliError} exit code 64 where it can't be written; what was there stays as it was, except on Windows */
export function saveConfig(file: string, settings: ConfigFile, { platform }: Pick<Io, "platform">): void {
  const ordered = Object.fromEntries(configNames.map((name) => [name, settings[name]]));
  const text = `${JSON.stringify(ordered, undefined, 2)}\n`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // Of a link the file behind it is written, so that the link stays.
    const target = existsSync(file) ? realpathSync(file) : file;
    if (platform === "win32") writeFileSync(target, text, { mode: 0o600 });
    else replaceFile(target, text);
  } catch (error) {
    throw usageError("FILE_NOT_WRITABLE", `${printable(file)} can't be written: ${whyUnreadable(error)}.`);
  }
}

/** Readers see the old file or the new one, never half of it. */
function replaceFile(target: string, text: string): void {
  const temporary = `${target}.${randomUUID()}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
    renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
}
