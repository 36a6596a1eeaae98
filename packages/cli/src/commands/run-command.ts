/** Which command does what. */
import type { CommandName } from "../arguments/options.ts";
import { type Invocation, type OptionValues, refuseLongDash } from "../arguments/parse-arguments.ts";
import type { ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { deleteCommand } from "./delete.ts";
import { doctorCommand } from "./doctor.ts";
import { encryptCommand } from "./encrypt.ts";
import { importCommand } from "./import.ts";
import { inspectCommand } from "./inspect.ts";
import { listCommand } from "./list.ts";
import { setupCommand } from "./setup.ts";

type Command = (positionals: readonly string[], values: OptionValues, io: Io) => Promise<ExitCode>;

const commands: Readonly<Record<CommandName, Command>> = {
  import: importCommand,
  inspect: inspectCommand,
  list: listCommand,
  delete: deleteCommand,
  setup: setupCommand,
  doctor: doctorCommand,
  encrypt: encryptCommand,
};

export function runCommand(command: CommandName, { positionals, values }: Invocation, io: Io): Promise<ExitCode> {
  for (const argument of positionals) refuseLongDash(argument);
  return commands[command](positionals, values, io);
}
