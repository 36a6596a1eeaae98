/** A file with passwords should be its owner's only. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Io } from "../io.ts";
import { systemCode } from "./file-error.ts";
import { asArgument, printable } from "./printable.ts";

/**
 * A note where the group or everybody may read `path`. Nothing on Windows, whose permissions Node.js does not show, on a
 * read-only file system, where `chmod` fails, and for pipes.
 *
 * @param path - as the user named it
 * @param holds - what the file has in it
 */
export async function noteIfOthersCanRead(
  path: string,
  { folder, platform }: Pick<Io, "folder" | "platform">,
  holds: "passwords" | "a password" = "passwords",
): Promise<string | undefined> {
  if (platform === "win32") return undefined;
  const absolute = resolve(folder, path);
  try {
    const stats = await stat(absolute);
    if (!stats.isFile() || (stats.mode & 0o044) === 0) return undefined;
  } catch {
    return undefined; // Reading it says why.
  }
  if (await isOnReadOnlyFileSystem(absolute)) return undefined;
  return `Note: others can read ${printable(path)}, which has ${holds}: chmod 600 ${asArgument(path, platform)}`;
}

async function isOnReadOnlyFileSystem(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return false;
  } catch (error) {
    return systemCode(error) === "EROFS";
  }
}
