/**
 * From arguments to output and an exit code. Data and help go to standard output, everything else to standard error; the text
 * of `parseArgs`' own errors is never shown.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { help, introduction, version } from "./help.ts";

/** The two streams that a run writes to; those of `process`, or a test's. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** 64 (EX_USAGE): arguments that can't be used. Nothing was done. */
const exit = { done: 0, usage: 64 } as const;

const options = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/** Returns the exit code. */
export function run(args: readonly string[], { stdout, stderr }: Output): number {
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    const problem = problemOf(token);
    if (problem === undefined) continue;
    stderr.write(`${problem}; 'intune-pfx --help' lists what there is.\n`);
    return exit.usage;
  }
  if (values.help) stdout.write(help());
  else if (values.version) stdout.write(`intune-pfx ${version()}, Node.js ${process.versions.node}\n`);
  else stdout.write(introduction);
  return exit.done;
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];

/** Names an option, but never its value, which may be a secret. */
function problemOf(token: Token): string | undefined {
  switch (token.kind) {
    case "positional":
      return `intune-pfx has no command ${JSON.stringify(token.value)}`;
    case "option":
      if (!Object.hasOwn(options, token.name)) return `intune-pfx has no option ${token.rawName}`;
      return token.inlineValue ? `${token.rawName} takes no value` : undefined;
    case "option-terminator":
      return undefined;
  }
}
