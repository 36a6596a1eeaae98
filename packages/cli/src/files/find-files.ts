/** From the paths of a command line to files and lists. */
import type { Stats } from "node:fs";
import { lstat, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, posix, resolve, win32 } from "node:path";
import { type CliError, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { checkPath } from "./check-path.ts";
import { isMissing, whyUnreadable } from "./file-error.ts";
import { isListName, isPfxName } from "./file-kinds.ts";
import { isFile, listPfxFiles, readFolder } from "./list-folder.ts";
import { asArgument, printable } from "./printable.ts";
import { hasWildcard, matchesWildcard } from "./wildcard.ts";

export interface FoundFile {
  /** `list`: a .csv or .tsv file, for `readList`. */
  readonly kind: "pfx" | "list";
  /** Absolute. */
  readonly path: string;
  /** As the user would write it: the path given, and what was found below it. */
  readonly name: string;
}

export interface FindOptions {
  /** Subfolders too; default false. */
  readonly recursive?: boolean | undefined;
  /** Whether a folder without .pfx files is no error; default false. */
  readonly allowEmpty?: boolean | undefined;
  /** The command that messages suggest; default `import`. */
  readonly command?: string | undefined;
}

type FindIo = Pick<Io, "folder" | "platform">;

/**
 * The files that `paths` name, in the order of the paths, each once: files, folders, and patterns with `*` and `?` in their
 * last part. A folder and a pattern give certificate files only, unless the pattern itself ends in .csv or .tsv.
 *
 * @throws {CliError} with exit code 64: `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `FOLDER_UNREADABLE`, `LONG_DASH`, `NO_PFX_FILES`,
 * `NOT_A_LIST`, `PATH_EMPTY`, `PATH_QUOTED`
 */
export async function findFiles(paths: readonly string[], options: FindOptions, io: FindIo): Promise<FoundFile[]> {
  // All paths first: a secret that follows a mistyped option is not looked for, and so not named.
  for (const path of paths) checkPath(path, io);
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    for (const file of await filesOf(path, options, io)) {
      const identity = await identityOf(file.path);
      if (!found.has(identity)) found.set(identity, file);
    }
  }
  return [...found.values()];
}

async function filesOf(name: string, options: FindOptions, io: FindIo): Promise<FoundFile[]> {
  const path = resolve(io.folder, name);
  const stats = await statOf(path, name);
  if (stats === undefined) {
    if (hasWildcard(splitPath(name, io).last)) return matchingFiles(name, options, io);
    throw notFound(name, io);
  }
  if (stats.isDirectory()) return filesOfFolder({ path, name }, options);
  if (!stats.isFile()) {
    throw usageError("FILE_UNREADABLE", `${printable(name)} is neither a file nor a folder. Name a file or a folder.`);
  }
  if (isPfxName(name)) return [{ kind: "pfx", path, name }];
  if (isListName(name)) return [{ kind: "list", path, name }];
  throw notAList(name);
}

async function filesOfFolder(
  folder: { path: string; name: string },
  { recursive = false, allowEmpty = false }: FindOptions,
): Promise<FoundFile[]> {
  const { names, hasOtherFolders } = await listPfxFiles(folder, { recursive });
  if (names.length === 0 && !allowEmpty) {
    const advice = hasOtherFolders ? "; with --recursive its subfolders are read too" : "";
    throw usageError("NO_PFX_FILES", `${printable(folder.name)} has no .pfx or .p12 files${advice}`);
  }
  return names.map((name) => ({ kind: "pfx", path: join(folder.path, name), name: join(folder.name, name) }));
}

function notAList(name: string): CliError {
  const extension = extname(name);
  const kind = extension === "" ? "files without an extension" : `${printable(extension)} files`;
  const message = `${printable(name)}: ${kind} are not read as lists. A list ends in .csv or .tsv.`;
  return usageError("NOT_A_LIST", message);
}

async function matchingFiles(name: string, { command = "import" }: FindOptions, io: FindIo): Promise<FoundFile[]> {
  const { parent, last } = splitPath(name, io);
  const extension = extname(last);
  if (extension !== "" && !hasWildcard(extension) && !isPfxName(last) && !isListName(last)) throw notAList(name);
  const folder = { path: resolve(io.folder, parent), name: parent };
  if ((await statOf(folder.path, parent)) === undefined) throw notFound(parent, io);
  const ignoreCase = io.platform === "win32" || io.platform === "darwin";
  const kind = isListName(last) ? "list" : "pfx";
  const files: FoundFile[] = [];
  for (const entry of await readFolder(folder)) {
    if (kind === "list" ? !isListName(entry.name) : !isPfxName(entry.name)) continue;
    if (!matchesWildcard(entry.name, last, { ignoreCase }) || !(await isFile(entry, folder))) continue;
    files.push({ kind, path: join(folder.path, entry.name), name: join(parent, entry.name) });
  }
  if (files.length > 0) return files;
  const suggestion = `intune-pfx ${command} ${asArgument(parent, io.platform)}`;
  throw usageError("FILE_NOT_FOUND", `There is no file ${printable(name)}. Name the folder: ${suggestion}`);
}

function notFound(name: string, io: FindIo): CliError {
  const { parent, last } = splitPath(name, io);
  const kind = isPfxName(last) || isListName(last) ? "file" : "file or folder";
  const where = isAbsolute(name) || win32.isAbsolute(name) ? "" : ` in ${printable(io.folder)}`;
  const advice = hasWildcard(parent) ? " * and ? work in the last part of a path only." : "";
  return usageError("FILE_NOT_FOUND", `There is no ${kind} ${printable(name)}${where}.${advice}`);
}

function splitPath(path: string, { platform }: FindIo): { parent: string; last: string } {
  const { dirname, basename } = platform === "win32" ? win32 : posix;
  return { parent: dirname(path), last: basename(path) };
}

async function statOf(path: string, name: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    // On Windows a name with * or ? is no valid name, which network drives and old systems say in several ways.
    if (isMissing(error) || hasWildcard(basename(path))) return undefined;
    throw usageError("FILE_UNREADABLE", `${printable(name)} can't be read: ${whyUnreadable(error)}.`);
  }
}

/**
 * The same for every way that leads to the same file, except links to it: a link may name another user. The system gives the
 * names as they are written on the disk, where case does not matter.
 */
async function identityOf(path: string): Promise<string> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink();
    return isLink ? join(await realpath(dirname(path)), basename(path)) : await realpath(path);
  } catch {
    return path; // Some network drives and RAM disks can't tell.
  }
}
