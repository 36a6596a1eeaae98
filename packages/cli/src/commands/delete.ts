/**
 * `intune-pfx delete`: deletes certificates by their ids. Each id is its own: what can't be deleted fails, the others are deleted.
 * An id that is not there fails, as with other tools: it may be mistyped. One that vanishes between look and delete is done.
 */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { CliError, ExitCode, usageError } from "../cli-error.ts";
import { Interrupts } from "../interrupts.ts";
import { canPrompt, type Io } from "../io.ts";
import { createPrompts } from "../output/prompts.ts";
import { readSettings, requireSettings } from "../settings/settings.ts";
import { connect } from "./connect.ts";
import { DeleteRun, interrupted } from "./delete/delete-run.ts";
import { DeleteView, deleteQuestion } from "./delete/delete-view.ts";

/**
 * @returns 0, 1 where one failed, 130 where it was interrupted
 * @throws {CliError} exit code 64 without ids, and where nobody can be asked and `--yes` is missing; 2 and 4 where the run
 * can't go on
 */
export async function deleteCommand(positionals: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  const isJson = values.json === true;
  const ids = [...new Set(positionals.map((id) => id.trim()))].filter((id) => id !== "");
  if (ids.length === 0) throw usageError("MISSING", "delete needs an id: 'intune-pfx list' prints them.");
  const settings = requireSettings(readSettings(values, io), ["gateway"]);
  const mustAsk = values.yes !== true;
  if (mustAsk && (!canPrompt(io) || values["no-input"] === true || isJson)) {
    throw usageError("MISSING", "Nothing was deleted: nobody can be asked here. With --yes nobody is.", {
      option: "--yes",
    });
  }
  const view = new DeleteView(io, isJson);
  let run: DeleteRun | undefined;
  const interrupts = new Interrupts(io, () => {
    const isUnderWay = run?.isUnderWay ?? false;
    view.interrupted(isUnderWay);
    return isUnderWay;
  });
  const wasInterrupted = () => interrupts.stopped.aborted;
  try {
    const { session } = connect(settings, io, {
      noInput: values["no-input"] === true,
      isJson,
      signal: interrupts.now,
      patienceMs: 60_000,
      onWait: (wait) => (wait === undefined ? view.clear() : view.wait(wait)),
    });
    run = new DeleteRun({
      session,
      view,
      stopped: interrupts.stopped,
      evenEncryption: values["even-encryption"] === true,
    });
    const certificates = await run.look(ids);
    if (certificates.length > 0 && mustAsk) {
      view.found(certificates);
      const prompts = createPrompts(io, { beforeQuestion: () => view.clear(), isForSeveral: false });
      if (!(await prompts.confirm(deleteQuestion(certificates)))) {
        view.note("Nothing was deleted.");
        return view.counts.failed > 0 ? ExitCode.FAILED : ExitCode.DONE;
      }
    }
    let failure: unknown;
    try {
      await run.delete(certificates);
    } catch (error) {
      if (!wasInterrupted()) failure = error;
    }
    view.clear();
    const stop = failure instanceof CliError && !isJson ? failure : undefined;
    if (stop !== undefined) view.note(`Stopped: ${stop.message}`);
    view.end(wasInterrupted());
    if (stop !== undefined) return stop.exitCode;
    if (failure !== undefined) throw failure;
    if (wasInterrupted()) return ExitCode.INTERRUPTED;
    return view.counts.failed > 0 ? ExitCode.FAILED : ExitCode.DONE;
  } catch (error) {
    // A request that was cut off while nothing was being deleted.
    throw wasInterrupted() ? interrupted() : error;
  } finally {
    view.clear();
    interrupts.dispose();
  }
}
