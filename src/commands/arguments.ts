/** Reads the command line of `intune-pfx-gateway`. */
import { parseArgs } from "node:util";
import { userPrincipalNameProblem } from "../schema/validation/rules.ts";

export interface Arguments {
  readonly command: "serve" | "doctor" | "help" | "version";
  /** `doctor --json`. */
  readonly asJson: boolean;
  /** `doctor --survey --user UPN`. */
  readonly survey: SurveyArguments | undefined;
  /** `--port`, as text; overrides PORT. */
  readonly port: string | undefined;
}

export interface SurveyArguments {
  /** The test user's name. */
  readonly user: string;
  /** `--yes`: the survey may write. */
  readonly isConfirmed: boolean;
}

/** The command line is wrong. The message names the argument, and is for standard error. */
export class UsageError extends Error {
  override name = "UsageError";
}

const options = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
  json: { type: "boolean" },
  port: { type: "string", short: "p" },
  survey: { type: "boolean" },
  user: { type: "string" },
  yes: { type: "boolean" },
} as const;

/** @param given the arguments after the program's name. @throws {UsageError} */
export function readArguments(given: readonly string[]): Arguments {
  const { values, positionals, tokens } = parseArgs({
    args: [...given],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option" && !Object.hasOwn(options, token.name)) throw unknown(token.rawName);
  }
  const nothing = { asJson: false, survey: undefined, port: undefined };
  if (values.help || positionals[0] === "help") return { ...nothing, command: "help" };
  if (values.version) return { ...nothing, command: "version" };
  const [command, ...more] = positionals;
  if (command !== undefined && command !== "doctor") throw unknown(command);
  if (more[0] !== undefined) throw unknown(more[0]);
  if (values.json && command !== "doctor") throw new UsageError("--json belongs to doctor.");
  const { port } = values;
  if (port === true || port === "")
    throw new UsageError("--port needs a port number, such as --port 4000; see intune-pfx-gateway --help.");
  if (typeof port === "string" && command === "doctor") throw new UsageError("doctor takes no --port.");
  const users = tokens.filter((token) => token.kind === "option" && token.name === "user");
  return {
    command: command ?? "serve",
    asJson: values.json === true,
    survey: readSurvey(command, values, users.length),
    port: typeof port === "string" ? port : undefined,
  };
}

type Value = string | boolean | undefined;

function readSurvey(
  command: string | undefined,
  { survey, user, yes }: { survey?: Value; user?: Value; yes?: Value },
  userCount: number,
): SurveyArguments | undefined {
  if (survey === undefined) {
    if (user !== undefined) throw new UsageError("--user belongs to doctor --survey.");
    if (yes !== undefined) throw new UsageError("--yes belongs to doctor --survey.");
    return undefined;
  }
  if (command !== "doctor") throw new UsageError("--survey belongs to doctor.");
  // Only the bare word confirms: --yes=false must not.
  if (survey !== true) throw new UsageError("--survey takes no value.");
  if (yes !== undefined && yes !== true) throw new UsageError("--yes takes no value.");
  if (user === undefined) {
    throw new UsageError("--survey needs --user UPN: a test user, for whom certificates are made and deleted again.");
  }
  if (userCount > 1) throw new UsageError("--user must be given once.");
  const problem = userPrincipalNameProblem(user);
  if (typeof user !== "string" || problem !== undefined) throw new UsageError(`--user ${problem}.`);
  return { user, isConfirmed: yes === true };
}

/** Repeats an argument only if it looks like a name: anything else may be a secret in the wrong place. */
function unknown(argument: string): UsageError {
  const name = /^-{0,2}[A-Za-z][\w-]{0,40}$/.test(argument) ? ` ${argument}` : "";
  return new UsageError(
    `Unknown argument${name}; see intune-pfx-gateway --help. Environment variables configure the gateway.`,
  );
}
