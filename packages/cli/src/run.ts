/**
 * From arguments to a command and an exit code. Data and help go to standard output, everything else to standard error; whatever
 * ends a run ends here, in words and never as a stack.
 */

import { isCommand } from "./arguments/options.ts";
import { type Invocation, parseArguments } from "./arguments/parse-arguments.ts";
import { suggest } from "./arguments/suggest.ts";
import { CliError, ExitCode, usageError } from "./cli-error.ts";
import { runCommand } from "./commands/run-command.ts";
import { commandHelp } from "./help/commands.ts";
import { generalHelp, introduction } from "./help/general.ts";
import { topics } from "./help/topics.ts";
import { version } from "./help/version.ts";
import type { Io } from "./io.ts";
import { JsonLines } from "./output/json-lines.ts";
import { wrap } from "./output/wrap.ts";

/** @returns the exit code */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await perform(parseArguments(args), io);
  } catch (error) {
    // `--json` counts also where the arguments can't be used.
    return tell(error, args.includes("--json"), io);
  }
}

async function perform(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { command, values } = invocation;
  const text = helpFor(invocation);
  if (text !== undefined) {
    io.stdout.write(text);
    return ExitCode.DONE;
  }
  if (values.version || command === undefined || command === "help") {
    io.stdout.write(values.version ? `intune-pfx ${version()}, Node.js ${process.versions.node}\n` : introduction);
    return ExitCode.DONE;
  }
  return runCommand(command, invocation, io);
}

function helpFor({ command, positionals: [topic], values }: Invocation): string | undefined {
  if (command === undefined) return values.help ? generalHelp() : undefined;
  if (command !== "help") return values.help ? commandHelp[command] : undefined;
  if (topic === undefined) return generalHelp();
  if (isCommand(topic)) return commandHelp[topic];
  const found = Object.entries(topics).find(([name]) => name === topic);
  if (found !== undefined) return found[1];
  const closest = suggest(topic, [...Object.keys(topics), ...Object.keys(commandHelp)]);
  throw usageError(
    "TOPIC_UNKNOWN",
    `There is no such topic of help.${closest === undefined ? "" : ` Did you mean ${closest}?`} The topics are ${Object.keys(topics).join(", ")}.`,
  );
}

function tell(error: unknown, isJson: boolean, io: Io): ExitCode {
  const { exitCode, code, message, option } =
    error instanceof CliError
      ? error
      : // The message of an error that nobody foresaw may hold anything.
        new CliError(
          ExitCode.STOPPED,
          "BUG",
          `this is a bug of intune-pfx (${nameOf(error)}); report it, and how it came`,
        );
  if (isJson) {
    new JsonLines(io).write("error", { code, message, option });
    return exitCode;
  }
  const stopped = exitCode === ExitCode.STOPPED || exitCode === ExitCode.SIGN_IN;
  io.stderr.write(`${wrap(stopped ? `Stopped: ${message}` : message, io.stderr)}\n`);
  return exitCode;
}

function nameOf(error: unknown): string {
  const place =
    error instanceof Error
      ? /\((?:file:\/\/)?[^()]*?([\w-]+\.[jt]s:\d+)(?::\d+)?\)/.exec(error.stack ?? "")?.[1]
      : undefined;
  return [error instanceof Error ? error.name : typeof error, place].filter(Boolean).join(" at ");
}
