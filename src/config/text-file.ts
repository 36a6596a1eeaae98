/** Reads text files that other programs and people write: in UTF-8, or in UTF-16 as Windows writes it. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** Adds a problem: the rule that the value breaks. */
export type Report = (rule: string) => void;

/** The bytes of a file; `undefined` after a problem. Reads once, because the file may be a pipe. */
export function readBytes(path: string, problem: Report): Buffer | undefined {
  const bytes = attempt(() => readFileSync(path));
  if (bytes === undefined) problem("must name a file that can be read");
  return bytes;
}

/** The text of a file, with all its white space; empty after a problem. */
export function readText(path: string, problem: Report): string {
  const bytes = readBytes(path, problem);
  if (bytes === undefined) return "";
  const text = decode(bytes);
  if (text === undefined) problem("must name a file in UTF-8, or in UTF-16 with a byte order mark");
  if (text?.trim() === "") problem("must name a file that is not empty");
  return text?.trim() ? text : "";
}

/**
 * The token in a file that has been checked at the start, and that the platform may have replaced since.
 *
 * @throws {Error} if there is none now.
 */
export async function readToken(path: string): Promise<string> {
  const token = decode(await readFile(path))?.trim() ?? "";
  if (token === "") throw Object.assign(new Error("the file holds no token"), { code: "NO_TOKEN_IN_FILE" });
  return token;
}

/** UTF-8, or UTF-16 by its byte order mark; `undefined` for anything else, as for UTF-16 without a mark. */
export function decode(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  const isLittle = first === 0xff && second === 0xfe;
  const isBig = first === 0xfe && second === 0xff;
  const decoder = new TextDecoder(isLittle ? "utf-16le" : isBig ? "utf-16be" : "utf-8", { fatal: true });
  const text = attempt(() => decoder.decode(bytes));
  return text?.includes("\0") ? undefined : text;
}

/** Returns undefined instead of an error. Errors of OpenSSL and of the operating system may reveal too much. */
export function attempt<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
