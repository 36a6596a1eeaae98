/** The passwords of .pfx files for commands that read files: from the options, or asked for. */
import type { OptionValues } from "../arguments/parse-arguments.ts";
import { Passwords } from "../files/passwords.ts";
import { canPrompt, type Io } from "../io.ts";
import { createPrompts } from "../output/prompts.ts";
import type { Note } from "./notes.ts";

/**
 * @param isForSeveral - whether a password may be used for other files as well
 * @throws {CliError} exit code 64
 */
export function readFilePasswords(
  values: OptionValues,
  io: Io,
  { isForSeveral, note }: { isForSeveral: boolean; note: Note },
): Promise<Passwords> {
  const isPersonThere = canPrompt(io) && values["no-input"] !== true && values.json !== true;
  const prompt = isPersonThere ? createPrompts(io, { beforeQuestion() {}, isForSeveral }) : undefined;
  const { "password-file": passwordFile, "password-stdin": passwordStdin, "password-beside": passwordBeside } = values;
  return Passwords.read({ passwordFile, passwordStdin, passwordBeside }, io, { prompt, onNote: note });
}
