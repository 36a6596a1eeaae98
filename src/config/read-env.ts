/** Reads the variables of an environment. Problems are collected by name and rule, never by value. */

import type { Parser } from "./parsers.ts";
import { oddCharacterInSecret } from "./secret-characters.ts";
import { readText } from "./text-file.ts";
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

/** Returns functions that read one environment and add to one list of problems. @param earlier the first problems of the list. */
export function readerOf(env: NodeJS.ProcessEnv, earlier: readonly string[]) {
  const problems: string[] = [...earlier];
  const problem = (name: string, rule: string): void => {
    problems.push(`${name}: ${rule}`);
  };
  const textOf = (name: string, isSecret: boolean): { text: string | undefined; source: string } => {
    const source = `${name}_FILE`;
    const path = isSecret ? env[source] : undefined;
    if (!path) return { text: env[name], source: name };
    if (env[name]) {
      problem(name, `must not be set together with ${source}`);
      return { text: undefined, source };
    }
    // Editors and `echo` end a file with one line end.
    return { text: readText(path, (rule) => problem(source, rule)).replace(/\r?\n$/, ""), source };
  };
  /** Reads a variable that is not in the table. */
  const readAs = <Value>(name: string, { parse, fallback, isSecret = false }: Parser<Value>): Value => {
    const { text, source } = textOf(name, isSecret);
    if (!text) return fallback;
    const earlier = problems.length;
    const value = parse(text, (rule) => problem(name, rule));
    const hidden = isSecret && problems.length === earlier ? oddCharacterInSecret(text) : undefined;
    if (hidden !== undefined) problem(source, `must not have ${hidden}`);
    return value;
  };
  /** Reads a variable of the table. */
  const read = <Name extends keyof Values>(name: Name): Values[Name] => readAs(name, rows[name].parser);
  return { problems, problem, read, readAs };
}
