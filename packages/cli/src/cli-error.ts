/** What ends a run, with the exit code that scripts act on. */

export const ExitCode = {
  /** All created, replaced, already there or skipped; or there was nothing to do. */
  DONE: 0,
  /** At least one failed. */
  FAILED: 1,
  /** Stopped before the end; running the same command again goes on. */
  STOPPED: 2,
  /** Sign-in or permission: somebody must act. */
  SIGN_IN: 4,
  /** Wrong flags, paths, CSV, key or settings; nothing was sent. */
  USAGE: 64,
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface CliErrorDetails {
  /** The option that is missing or wrong, with its hyphens: `--key-name`. */
  readonly option?: string;
}

/** Ends the run. The message is shown as it is, so that it never holds a password, a token, a key or a CSV cell. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  /** Stable, for programs that read `--json`. */
  readonly code: string;
  readonly option: string | undefined;

  constructor(exitCode: ExitCode, code: string, message: string, { option }: CliErrorDetails = {}) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.option = option;
  }

  override get name(): string {
    return "CliError";
  }
}

/** Wrong flags, paths, CSV, key or settings: exit code 64. */
export function usageError(code: string, message: string, details?: CliErrorDetails): CliError {
  return new CliError(ExitCode.USAGE, code, message, details);
}
