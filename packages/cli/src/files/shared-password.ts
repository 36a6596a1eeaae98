/** The one password for all files: `--password-file`, `--password-stdin` or `INTUNE_PFX_PASSWORD`. */
import { resolve } from "node:path";
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { FileError } from "./file-error.ts";
import { readPasswordFile, readPasswordFromStdin } from "./password-file.ts";
import { printable } from "./printable.ts";

export interface PasswordOptions {
  /** `--password-file`: as the user named it. */
  readonly passwordFile?: string | undefined;
  /** `--password-stdin` */
  readonly passwordStdin?: boolean | undefined;
  /** `--password-beside`: an extension with its dot. */
  readonly passwordBeside?: string | undefined;
}

export type PasswordIo = Pick<Io, "env" | "folder" | "platform" | "stderr" | "stdin">;

/**
 * Checks the options, and reads the password for all files where there is one.
 *
 * @throws {CliError} `PASSWORD_SOURCES`, `PASSWORD_BESIDE_INVALID`, `PASSWORD_FILE_EMPTY`, `PASSWORD_FILE_NOT_FOUND`,
 * `PASSWORD_FILE_UNREADABLE`; exit code 64
 */
export async function readSharedPassword(options: PasswordOptions, io: PasswordIo): Promise<string | undefined> {
  const { passwordFile, passwordStdin = false, passwordBeside } = options;
  const variable = io.env.INTUNE_PFX_PASSWORD || undefined; // An empty variable is none.
  const sources = [
    passwordFile === undefined ? undefined : "--password-file",
    passwordStdin ? "--password-stdin" : undefined,
    variable === undefined ? undefined : "INTUNE_PFX_PASSWORD",
  ].filter((source) => source !== undefined);
  if (sources.length > 1) {
    throw usageError("PASSWORD_SOURCES", `Use only one of ${sources.join(", ")}: each is a password for all files.`);
  }
  if (passwordBeside !== undefined) checkExtension(passwordBeside);
  if (passwordStdin) return endRunOnFailure("--password-stdin", () => readPasswordFromStdin(io));
  if (passwordFile === undefined) return variable;
  const path = resolve(io.folder, passwordFile);
  const password = await endRunOnFailure("--password-file", () => readPasswordFile(path, passwordFile));
  if (password !== "") return password;
  // The empty password is tried anyway, so that somebody has named the wrong file, or one that was not written.
  throw usageError("PASSWORD_FILE_EMPTY", `--password-file: ${printable(passwordFile)} has no password in it.`, {
    option: "--password-file",
  });
}

async function endRunOnFailure(option: string, read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof FileError ? usageError(error.code, `${option}: ${error.message}.`, { option }) : error;
  }
}

function checkExtension(extension: string): void {
  if (/^\.[^/\\]*[^/\\.]$/.test(extension) && !/^\.(?:pfx|p12)$/i.test(extension)) return;
  throw usageError(
    "PASSWORD_BESIDE_INVALID",
    "--password-beside takes the extension of the password files, such as .txt: NAME.txt beside NAME.pfx.",
    { option: "--password-beside" },
  );
}
