/** One password in a file or on standard input. Nothing of it is in any message. */
import { decodeText } from "intune-pfx-client/lists";
import type { Io } from "../io.ts";
import { FileError, isMissing, whyUnreadable } from "./file-error.ts";
import { printable } from "./printable.ts";
import { readUpTo } from "./read-file-bytes.ts";

const maxPasswordBytes = 64 * 1024;

/**
 * The password in a file: UTF-8, or UTF-16LE with BOM. A BOM and one line end are cut, nothing else.
 *
 * @param path - absolute
 * @param name - as messages name the file
 * @throws {FileError} `PASSWORD_FILE_NOT_FOUND`, `PASSWORD_FILE_UNREADABLE`
 */
export async function readPasswordFile(path: string, name: string): Promise<string> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readUpTo(path, maxPasswordBytes);
  } catch (error) {
    if (isMissing(error))
      throw new FileError("PASSWORD_FILE_NOT_FOUND", `there is no password file ${printable(name)}`);
    throw unreadable(name, `can't be read: ${whyUnreadable(error)}`);
  }
  if (bytes === undefined) throw unreadable(name, "is larger than 64 KiB; a password file has one password only");
  return passwordIn(bytes, name);
}

/**
 * The password on standard input: all of it, or of a terminal one line, which standard error asks for.
 *
 * @throws {FileError} `PASSWORD_FILE_UNREADABLE`
 */
export async function readPasswordFromStdin({ stdin, stderr }: Pick<Io, "stdin" | "stderr">): Promise<string> {
  const name = "standard input";
  const isTerminal = stdin.isTTY === true;
  if (isTerminal) {
    stderr.write("--password-stdin: type the password of the .pfx files, then Enter. It will be visible.\n");
  }
  let bytes: Buffer | undefined;
  try {
    bytes = await readStream(stdin, { untilLineEnd: isTerminal });
  } catch (error) {
    throw unreadable(name, `can't be read: ${whyUnreadable(error)}`);
  }
  if (bytes === undefined) throw unreadable(name, "has more than 64 KiB; --password-stdin takes one password");
  if (bytes.length === 0) throw unreadable(name, "is empty");
  return passwordIn(bytes, name);
}

/** Returns `undefined` where there is more than a password's size. */
async function readStream(
  stdin: Io["stdin"],
  { untilLineEnd }: { untilLineEnd: boolean },
): Promise<Buffer | undefined> {
  // The stream stays open: a question may follow on the same terminal.
  const chunks: AsyncIterable<unknown> = { [Symbol.asyncIterator]: () => stdin.iterator({ destroyOnReturn: false }) };
  let bytes = Buffer.alloc(0);
  for await (const chunk of chunks) {
    bytes = Buffer.concat([bytes, chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))]);
    if (bytes.length > maxPasswordBytes) return undefined;
    if (untilLineEnd && bytes.includes("\n")) break;
  }
  stdin.pause();
  return bytes;
}

function passwordIn(bytes: Uint8Array, name: string): string {
  const text = decodeText(bytes);
  if (text === undefined) throw unreadable(name, "is neither UTF-8 nor UTF-16; save it as UTF-8");
  return text.replace(/\r?\n$/, "");
}

function unreadable(name: string, problem: string): FileError {
  return new FileError("PASSWORD_FILE_UNREADABLE", `${printable(name)} ${problem}`);
}
