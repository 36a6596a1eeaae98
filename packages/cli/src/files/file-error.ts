/** What keeps one file from being used, and why the system refuses to read a file. */

/**
 * The failure of one file: the run goes on with the others. A `CliError` ends the run.
 * The message says nothing of the file's name, since the line above it does, and never holds a password or a cell.
 */
export class FileError extends Error {
  /** Stable, for reports and programs that read `--json`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  override get name(): string {
    return "FileError";
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["ENOTDIR", "there is no such file"],
  ["EACCES", "you have no permission; ask its owner, or run this as somebody who may read it"],
  ["EPERM", "you have no permission; ask its owner, or run this as somebody who may read it"],
  ["EISDIR", "it is a folder"],
  ["EBUSY", "another program has locked it; close that program"],
  ["ELOOP", "its link leads in a circle"],
  ["ENAMETOOLONG", "its name is too long for this system"],
  ["EMFILE", "this program has too many files open; raise the limit (ulimit -n)"],
  ["ENFILE", "the system has too many files open; try again later"],
]);

/** Why the system did not open or read a file, as the end of a sentence. */
export function whyUnreadable(error: unknown): string {
  const code = systemCode(error);
  return reasons.get(code ?? "") ?? `the system says ${code ?? "no more"}; check the disk or the network share`;
}

/** The system's code of an error: `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether the error says that nothing is there under this name. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
