/** For commands that take options only. */
import { usageError } from "../cli-error.ts";

/**
 * What was given is not repeated: it may be the value of a mistyped option.
 *
 * @throws {CliError} exit code 64
 */
export function refusePositionals(command: string, positionals: readonly string[]): void {
  if (positionals.length === 0) return;
  const message = `${command} takes options only; 'intune-pfx ${command} --help' lists them.`;
  throw usageError("ARGUMENT_UNKNOWN", message);
}
