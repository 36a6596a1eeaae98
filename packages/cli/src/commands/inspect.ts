/** `intune-pfx inspect`: what is in files, and what an import would send. It needs no gateway and no key. */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { ExitCode } from "../cli-error.ts";
import { collectEntries } from "../import/entries.ts";
import { ImportChecks } from "../import/import-checks.ts";
import type { Io } from "../io.ts";
import { JsonLines } from "../output/json-lines.ts";
import { count } from "../output/words.ts";
import { wrap } from "../output/wrap.ts";
import { readFilePasswords } from "./file-passwords.ts";
import { inspectFile, throwAwayConnector } from "./inspect/inspect-file.ts";
import { inspectJson } from "./inspect/inspect-json.ts";
import { inspectText } from "./inspect/inspect-text.ts";
import { createNote } from "./notes.ts";
import { untilInterrupted } from "./until-interrupted.ts";

/**
 * @returns 0, or 1 where a file has something that can't be imported
 * @throws {CliError} exit code 64 for wrong options, paths and lists
 */
export async function inspectCommand(positionals: readonly string[], values: OptionValues, io: Io): Promise<ExitCode> {
  const isJson = values.json === true;
  const note = createNote(io, isJson);
  const json = new JsonLines(io);
  const { entries, notes } = await collectEntries(positionals, values, "inspect", io);
  const passwords = await readFilePasswords(values, io, { isForSeveral: entries.length > 1, note });
  for (const each of notes) note(each);
  const checks = new ImportChecks({ allowExpired: values["allow-expired"] === true });
  let failed = 0;
  await untilInterrupted(io, async (signal) => {
    const context = {
      connector: await throwAwayConnector(),
      passwords,
      all: values.all === true,
      now: io.now(),
      signal,
    };
    for (const entry of entries) {
      const file = await inspectFile(entry, context, checks);
      signal.throwIfAborted();
      if (file.opened.some((opened) => "result" in opened && opened.result.outcome === "failed")) failed += 1;
      if (isJson) json.write("file", inspectJson(file));
      else
        io.stdout.write(
          `${inspectText(file)
            .map((line) => wrap(line, io.stdout, 4))
            .join("\n")}\n`,
        );
    }
  });
  if (isJson) json.write("end", { files: entries.length, failed });
  else note(closing(entries.length, failed));
  return failed > 0 ? ExitCode.FAILED : ExitCode.DONE;
}

function closing(files: number, failed: number): string {
  if (files === 0) return "There are no .pfx or .p12 files.";
  if (failed === 0) return `${count(files, "file")} can be imported.`;
  return `${failed} of ${count(files, "file")} can't be imported as ${failed === 1 ? "it is" : "they are"}.`;
}
