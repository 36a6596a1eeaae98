/** Reads the command line of `intune-pfx-gateway`. */
import { parseArgs } from "node:util";

export interface Arguments {
  readonly command: "serve" | "doctor" | "help" | "version";
  /** `doctor --json`. */
  readonly asJson: boolean;
  /** `--port`, as text; overrides PORT. */
  readonly port: string | undefined;
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
  if (values.help || positionals[0] === "help") return { command: "help", asJson: false, port: undefined };
  if (values.version) return { command: "version", asJson: false, port: undefined };
  const [command, ...more] = positionals;
  if (command !== undefined && command !== "doctor") throw unknown(command);
  if (more[0] !== undefined) throw unknown(more[0]);
  if (values.json && command !== "doctor") throw new UsageError("--json belongs to doctor.");
  const { port } = values;
  if (port === true || port === "")
    throw new UsageError("--port needs a port number, such as --port 4000; see intune-pfx-gateway --help.");
  if (typeof port === "string" && command === "doctor") throw new UsageError("doctor takes no --port.");
  return {
    command: command ?? "serve",
    asJson: values.json === true,
    port: typeof port === "string" ? port : undefined,
  };
}

/** Repeats an argument only if it looks like a name: anything else may be a secret in the wrong place. */
function unknown(argument: string): UsageError {
  const name = /^-{0,2}[A-Za-z][\w-]{0,40}$/.test(argument) ? ` ${argument}` : "";
  return new UsageError(
    `Unknown argument${name}; see intune-pfx-gateway --help. Environment variables configure the gateway.`,
  );
}
