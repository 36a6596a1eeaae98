/** Files with one secret: UTF-8, or UTF-16LE with a byte order mark. The mark and one line end are cut. */
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";

const maxBytes = 256 * 1024;

/**
 * @param path relative to the current folder.
 * @param option that names the file, for messages.
 * @throws CliError with exit code 64; its message has nothing of the content.
 */
export async function readSecretFile(path: string, option: string, { folder }: Io): Promise<string> {
  const problem = (what: string) => usageError("FILE_UNREADABLE", `${path} (${option}) ${what}.`, { option });
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(resolve(folder, path), { end: maxBytes })) chunks.push(chunk);
  } catch (error) {
    throw problem(whyUnreadable(error));
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > maxBytes) throw problem(`is larger than ${maxBytes / 1024} KiB`);
  const text = decode(bytes);
  bytes.fill(0);
  if (text === undefined) throw problem("is neither UTF-8 nor UTF-16 text");
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw problem("is empty");
  return secret;
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "does not exist";
  if (code === "EISDIR") return "is a folder";
  return code === "EACCES" || code === "EPERM" ? "can't be read: no permission" : "can't be read";
}

function decode(bytes: Buffer): string | undefined {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
