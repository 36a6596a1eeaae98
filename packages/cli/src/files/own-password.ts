/** The password that was given for one file only. */
import { extname } from "node:path";
import { FileError } from "./file-error.ts";
import { readPasswordFile } from "./password-file.ts";

/** What is needed of a .pfx file and its row in a list to find its password. */
export interface FileWithPassword {
  /** Absolute. */
  readonly path: string;
  /** As prompts and messages name it. */
  readonly name: string;
  readonly password?: string | undefined;
  /** Absolute. */
  readonly passwordFile?: string | undefined;
}

export interface OwnPassword {
  readonly password: string;
  readonly source: "list" | "password-file" | "beside";
  /** The file that the password is from. */
  readonly readFrom?: string;
}

/**
 * The first of the list's password, the list's password file, and the file beside the .pfx file.
 *
 * @param beside - the extension of that file, with its dot
 * @returns `undefined` where there is none; a password file of the list must be there, a file beside need not
 * @throws {FileError} `PASSWORD_FILE_NOT_FOUND`, `PASSWORD_FILE_UNREADABLE`
 */
export async function readOwnPassword(
  { path, password, passwordFile }: FileWithPassword,
  beside: string | undefined,
): Promise<OwnPassword | undefined> {
  if (password !== undefined && password !== "") return { password, source: "list" };
  if (passwordFile !== undefined) {
    return {
      password: await readPasswordFile(passwordFile, passwordFile),
      source: "password-file",
      readFrom: passwordFile,
    };
  }
  if (beside === undefined) return undefined;
  const readFrom = pathBeside(path, beside);
  try {
    return { password: await readPasswordFile(readFrom, readFrom), source: "beside", readFrom };
  } catch (error) {
    if (error instanceof FileError && error.code === "PASSWORD_FILE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** `/exports/anna.txt` for `/exports/anna.pfx` and `.txt`. */
export function pathBeside(path: string, extension: string): string {
  return path.slice(0, path.length - extname(path).length) + extension;
}
