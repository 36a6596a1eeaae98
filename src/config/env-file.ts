/**
 * Reads `.env`. Node.js's own parser passes over a line that it does not understand, and then other settings than the wanted
 * ones start. So the lines are told apart here, and a line that is no assignment is a problem. Node.js's parser reads the
 * values.
 */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { decode, type Report } from "./text-file.ts";

const assignment = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*/;
const nothingOrComment = /^[ \t]*(?:#.*)?$/;
/** More than the lines that a person gets wrong; the file is then something else. */
const maxNamedLines = 20;

/** The variables of a file; none if there is no file. Problems name lines, never their content. */
export function readEnvFile(path: string, problem: Report): Readonly<Record<string, string>> {
  const bytes = readIfPresent(path, problem);
  if (bytes === undefined) return {};
  const text = decode(bytes);
  if (text === undefined) problem("must be a file in UTF-8, or in UTF-16 with a byte order mark");
  return text === undefined ? {} : variablesIn(text, problem);
}

function readIfPresent(path: string, problem: Report): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent) problem("exists but can't be read"); // without it, another configuration would start
    return undefined;
  }
}

function variablesIn(text: string, problem: Report): Record<string, string> {
  const content = text.replaceAll("\r\n", "\n");
  const variables: [name: string, value: string][] = [];
  const broken: string[] = [];
  let lineNumber = 1;
  for (let start = 0; start < content.length; ) {
    let end = endOfLine(content, start);
    const line = content.slice(start, end);
    const [head = "", name] = assignment.exec(line) ?? [];
    if (line.includes("\r") || (name === undefined && !nothingOrComment.test(line))) {
      broken.push(`line ${lineNumber} must be NAME=value, a comment or empty`);
    } else if (name !== undefined) {
      const valueStart = start + head.length;
      const quote = content.charAt(valueStart);
      const closing = /["'`]/.test(quote) ? content.indexOf(quote, valueStart + 1) : -1;
      if (closing !== -1) end = endOfLine(content, closing); // the value may have several lines
      if (closing !== -1 && !nothingOrComment.test(content.slice(closing + 1, end))) {
        const lastLine = lineNumber + lineEndsIn(content.slice(start, closing));
        broken.push(`line ${lastLine} must have nothing but a comment after the closing quotation mark`);
      }
      variables.push([name, parseEnv(`${name}=${content.slice(valueStart, end)}\n`)[name] ?? ""]);
    }
    lineNumber += lineEndsIn(content.slice(start, end)) + 1;
    start = end + 1;
  }
  for (const each of broken.slice(0, maxNamedLines)) problem(each);
  if (broken.length > maxNamedLines) problem(`${broken.length - maxNamedLines} more lines are no variables`);
  return Object.fromEntries(variables);
}

function endOfLine(content: string, from: number): number {
  const end = content.indexOf("\n", from);
  return end === -1 ? content.length : end;
}

function lineEndsIn(text: string): number {
  return text.split("\n").length - 1;
}
