/** Finding and starting other programs. */
import { access, constants } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Io } from "../io.ts";

/** The first of that name in PATH. Relative folders in PATH are left out: they are the current folder's. */
export async function findProgram(name: string, io: Io): Promise<string | undefined> {
  const separator = io.platform === "win32" ? ";" : ":";
  const folders = (variable(io, "PATH") ?? "").split(separator).map((folder) => folder.replace(/^"(.*)"$/, "$1"));
  for (const folder of folders.filter((each) => isAbsolute(each))) {
    const path = join(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

export function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** On Windows, the case of a variable's name doesn't matter. */
export function variable({ env, platform }: Io, name: string): string | undefined {
  if (platform !== "win32" || env[name] !== undefined) return env[name];
  const found = Object.keys(env).find((each) => each.toUpperCase() === name.toUpperCase());
  return found === undefined ? undefined : env[found];
}

/** What other programs get of our environment: all but our secrets. */
export function otherProgramsEnvironment({ env }: Io): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:INTUNE_PFX_|AZURE_CLIENT_SECRET)/i.test(name)),
  );
}
