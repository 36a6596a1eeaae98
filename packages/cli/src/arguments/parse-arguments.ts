/** From the command line to a command and its options. What is wrong is said in our own words, without any value. */
import { parseArgs } from "node:util";
import { type CliError, usageError } from "../cli-error.ts";
import { printable } from "../files/printable.ts";
import { type CommandName, commandNames, isCommand, type OptionName, options, optionsOf } from "./options.ts";
import { suggestByBeginning } from "./suggest.ts";

type OptionValue<Name extends OptionName> = (typeof options)[Name]["type"] extends "boolean" ? true : string;

/** Only what was given. */
export type OptionValues = { readonly [Name in OptionName]?: OptionValue<Name> };

export interface Invocation {
  /** `undefined`: only options that every command has. */
  readonly command: CommandName | "help" | undefined;
  /** What stands after the command: paths, ids, or a topic of help. */
  readonly positionals: readonly string[];
  readonly values: OptionValues;
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];

const onTheCommandLine: ReadonlyMap<string, string> = new Map([
  [
    "password",
    "passwords on the command line are visible to others; use --password-file, --password-stdin or INTUNE_PFX_PASSWORD",
  ],
  ["token", "tokens on the command line are visible to others; use --token-file or INTUNE_PFX_TOKEN"],
]);

/** @throws {CliError} exit code 64 */
export function parseArguments(args: readonly string[]): Invocation {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const positionals = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  const [name, ...others] = positionals;
  refuseLongDash(name);
  if (name !== undefined && name !== "help" && !isCommand(name)) {
    // An option that does not exist makes the value behind it look like a command, and the value may be a secret.
    refuseSecrets(tokens);
    const unknown = tokens.find((token) => token.kind === "option" && !Object.hasOwn(options, token.name));
    if (unknown?.kind === "option") throw unknownOption(unknown.rawName, undefined, Object.keys(options));
    throw usageError(
      "COMMAND_UNKNOWN",
      `intune-pfx has no command "${shorten(name)}".${didYouMean(name, commandNames)}`,
    );
  }
  const command = name;
  const values: Record<string, string | true> = {};
  for (const token of tokens) {
    if (token.kind === "option") values[token.name] = checkOption(token, command);
  }
  return { command, positionals: others, values };
}

function refuseSecrets(tokens: readonly Token[]): void {
  for (const token of tokens) {
    const message = token.kind === "option" ? onTheCommandLine.get(token.name) : undefined;
    if (message !== undefined) throw usageError("SECRET_IN_ARGUMENTS", message);
  }
}

function checkOption(token: Token & { kind: "option" }, command: CommandName | "help" | undefined): string | true {
  refuseSecrets([token]);
  const known: readonly OptionName[] =
    command === undefined || command === "help"
      ? ["help", "version", "json", "no-input", "config"]
      : optionsOf(command);
  const option = known.find((each) => each === token.name);
  if (option === undefined) throw unknownOption(token.rawName, command, known);
  const spec = options[option];
  const { value, inlineValue } = token;
  if (spec.type === "boolean") {
    if (inlineValue === true)
      throw usageError("OPTION_INVALID", `--${option} takes no value`, { option: `--${option}` });
    return true;
  }
  if (value === undefined || value === "" || (inlineValue === false && value.startsWith("-"))) {
    throw usageError("OPTION_INVALID", `--${option} needs a value: --${option} ${spec.value}`, {
      option: `--${option}`,
    });
  }
  const choices: readonly string[] | undefined = "choices" in spec ? spec.choices : undefined;
  if (choices !== undefined && !choices.includes(value)) {
    throw usageError("OPTION_INVALID", `--${option} must be one of ${choices.join(", ")}`, { option: `--${option}` });
  }
  return value;
}

function unknownOption(rawName: string, command: string | undefined, known: readonly string[]): CliError {
  const hint = didYouMean(
    rawName,
    known.map((each) => `--${each}`),
  );
  return usageError("OPTION_UNKNOWN", `${command ?? "intune-pfx"} has no option ${shorten(rawName)}.${hint}`);
}

/** Word processors turn two hyphens into one long dash. */
export function refuseLongDash(argument: string | undefined): void {
  if (argument === undefined || !/^[\u2013\u2014]/.test(argument)) return;
  const option = argument.replace(/^[\u2013\u2014]+-*/, "--");
  throw usageError(
    "OPTION_INVALID",
    `"${shorten(argument)}" begins with a long dash. Type two hyphens: ${shorten(option)}`,
  );
}

function didYouMean(name: string, known: readonly string[]): string {
  const closest = suggestByBeginning(name, known);
  return closest === undefined ? "" : ` Did you mean ${closest}?`;
}

/** An argument in the wrong place may be a secret: no more of it is shown than a name has, and nothing a terminal obeys. */
function shorten(argument: string): string {
  const [name = ""] = argument.split("=");
  return printable(name.length <= 24 ? name : `${name.slice(0, 8)}...`);
}
