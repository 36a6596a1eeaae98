/** Ctrl-C for commands that have nothing under way that must be finished: they end at once. */
import { CliError, ExitCode } from "../cli-error.ts";
import { Interrupts } from "../interrupts.ts";
import type { Io } from "../io.ts";

/**
 * Runs `work`, whose signal is aborted by Ctrl-C.
 *
 * @throws {CliError} exit code 130 where it was interrupted
 */
export async function untilInterrupted<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupts = new Interrupts(io, () => false);
  try {
    return await work(interrupts.now);
  } catch (error) {
    if (!interrupts.now.aborted) throw error;
    throw new CliError(ExitCode.INTERRUPTED, "INTERRUPTED", "Interrupted. Nothing was changed.");
  } finally {
    interrupts.dispose();
  }
}
