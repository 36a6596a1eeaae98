/** Reads the variables of an environment. Problems are collected by name and rule, never by value. */
import { type Parser, readText } from "./parsers.ts";
import { rows, type Values } from "./variables.ts";

/** All problems of an environment, each by variable name and rule, never by value. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Reads one environment, and has its problems. */
export type Reader = ReturnType<typeof readerOf>;

/** Returns functions that read one environment and add to one list of problems. */
export function readerOf(env: NodeJS.ProcessEnv) {
  const problems: string[] = [];
  const problem = (name: string, rule: string): void => {
    problems.push(`${name}: ${rule}`);
  };
  const secretOf = (name: string): string | undefined => {
    const path = env[`${name}_FILE`];
    if (!path) return env[name];
    if (env[name]) problem(name, `must not be set together with ${name}_FILE`);
    return readText(path, (rule) => problem(`${name}_FILE`, rule));
  };
  /** Reads a variable that is not in the table. */
  const readAs = <Value>(name: string, parser: Parser<Value>): Value => {
    const text = parser.isSecret ? secretOf(name) : env[name];
    return text ? parser.parse(text, (rule) => problem(name, rule)) : parser.fallback;
  };
  /** Reads a variable of the table. */
  const read = <Name extends keyof Values>(name: Name): Values[Name] => readAs(name, rows[name].parser);
  return { problems, problem, read, readAs };
}
