/** Paths that can't be meant: seen before any file is looked for. */
import { type CliError, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { printable } from "./printable.ts";

// What editors and mail programs make of hyphens: hyphen, dashes, bar, minus.
const longDashes = /^[\u2010-\u2015\u2212-]+/u;

/** @throws {CliError} `LONG_DASH`, `PATH_EMPTY`, `PATH_QUOTED` */
export function checkPath(path: string, { platform }: Pick<Io, "platform">): void {
  if (path === "") throw usageError("PATH_EMPTY", "A path is empty. Name a file or a folder; . is the current folder.");
  if (/^[\u2010-\u2015\u2212]/u.test(path)) throw longDash(path);
  if (platform === "win32" && path.includes('"')) {
    // Windows reads \" as a quote that belongs to the argument: "C:\my files\" --yes is one argument.
    throw usageError(
      "PATH_QUOTED",
      'A path has a quote in it. Leave out the \\ before the closing quote: "C:\\folder"',
    );
  }
}

/** What follows "=" may be a password: it is not repeated. */
function longDash(path: string): CliError {
  const [option = ""] = path.split("=");
  const name = option.replace(longDashes, "");
  const advice = [...name].length === 1 ? `Type a hyphen: -${name}` : `Type two hyphens: --${name}`;
  return usageError("LONG_DASH", `"${printable(option)}" begins with a long dash. ${printable(advice)}`);
}
