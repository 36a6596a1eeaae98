/** The .pfx and .p12 files of a folder. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { usageError } from "../cli-error.ts";
import { whyUnreadable } from "./file-error.ts";
import { isPfxName } from "./file-kinds.ts";
import { printable } from "./printable.ts";

/** A folder: where it is, and how messages name it. */
export interface Folder {
  readonly path: string;
  readonly name: string;
}

/**
 * The folder's entries that are not hidden, sorted by code unit so that every system and language gives the same order.
 *
 * @throws {CliError} `FOLDER_UNREADABLE`
 */
export async function readFolder({ path, name }: Folder): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith("."))
      .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
  } catch (error) {
    throw usageError("FOLDER_UNREADABLE", `The folder ${printable(name)} can't be read: ${whyUnreadable(error)}.`);
  }
}

/** Whether an entry is a file, or a link to one. A link to nothing counts: reading the file says what is wrong. */
export async function isFile(entry: Dirent, { path }: Folder): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  try {
    return (await stat(join(path, entry.name))).isFile();
  } catch {
    return true;
  }
}

/**
 * The folder's .pfx and .p12 files in order, then those of its subfolders. Links to folders are not followed.
 *
 * @returns the files' names, relative to the folder, and whether there are subfolders that were left out
 * @throws {CliError} `FOLDER_UNREADABLE`
 */
export async function listPfxFiles(
  folder: Folder,
  { recursive }: { recursive: boolean },
): Promise<{ names: string[]; hasOtherFolders: boolean }> {
  const entries = await readFolder(folder);
  const names: string[] = [];
  for (const entry of entries) {
    if (isPfxName(entry.name) && (await isFile(entry, folder))) names.push(entry.name);
  }
  const subfolders = entries.filter((entry) => entry.isDirectory());
  if (!recursive) return { names, hasOtherFolders: subfolders.length > 0 };
  for (const { name } of subfolders) {
    const subfolder = { path: join(folder.path, name), name: join(folder.name, name) };
    const inside = await listPfxFiles(subfolder, { recursive });
    for (const each of inside.names) names.push(join(name, each));
  }
  return { names, hasOtherFolders: false };
}
